"""Staging: parts, manifest, and that the rows that arrive are the rows that were given. The stage is a folder here."""

from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import io
import json
import zipfile
from datetime import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse.errors import LoadError, ObjectStoreError, SourceError
from warehouse.load import stage as module
from warehouse.load.copy import CopyOptions
from warehouse.load.fit import fit
from warehouse.load.source import describe
from warehouse.load.stage import Staged, part_count, stage
from warehouse.objectstore import ObjectInfo, ObjectStore, file_uri
from warehouse.schema import ColumnDesign, TableDesign

TABLE = TableDesign(
    "t",
    columns=(
        ColumnDesign("id", "integer", nullable=False),
        ColumnDesign("text", "character varying(8)"),
        ColumnDesign("code", "character(2)"),
        ColumnDesign("price", "numeric(8,2)"),
        ColumnDesign("at", "timestamp without time zone"),
    ),
    primary_key=("id",),
)


def columns_of(source: Any, design: TableDesign, options: CopyOptions, store: ObjectStore) -> Any:
    described = describe(source, options, store)
    return described, fit(described, design)


def staged(tmp_path: Path, source: Any, design: TableDesign = TABLE, **options: Any) -> Staged:
    more = {name: options.pop(name) for name in ("compress", "keys", "store") if name in options}
    store = more.pop("store", ObjectStore())
    copy = CopyOptions(**options)
    described, columns = columns_of(source, design, copy, store)
    return stage(described, design, columns, store=store, prefix=file_uri(tmp_path / "stage"), options=copy, **more)


def body(part: Any) -> bytes:
    with ObjectStore().open(part.uri) as stream:
        data = stream.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def arrow(found: Staged) -> pa.Table:
    return pa.concat_tables(pq.read_table(pa.BufferReader(body(part))) for part in found.parts)


def csv_of(rows: int) -> bytes:
    lines = "".join(f'{number},"line\n{number}",ab,1.5,2013-01-01\n' for number in range(rows))
    return ("id,text,code,price,at\n" + lines).encode()


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("packing", ["plain", "zip"])
def test_text_is_cut_into_parts_that_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compress: bool, packing: str
) -> None:
    monkeypatch.setattr(module, "_LEAST_PART_BYTES", 1000)
    content = csv_of(500)
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    if packing == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", content)
        path = tmp_path / "a.zip"
    found = staged(tmp_path, path, compress=compress)
    assert len(found.parts) == 4
    assert found.compression == ("gzip" if compress else "")
    assert found.options.ignoreheader == 0
    bodies = [body(part) for part in found.parts]
    assert b"".join(bodies) == content.partition(b"\n")[2]
    assert max(map(len, bodies)) < 1.1 * min(map(len, bodies))
    with ObjectStore().open(found.manifest) as stream:
        entries = json.load(stream)["entries"]
    assert entries == [
        {"url": part.uri, "mandatory": True, "meta": {"content_length": part.size}} for part in found.parts
    ]
    lines = content.split(b"\n")
    for part, data in zip(found.parts, bodies, strict=True):
        source, line = found.origin(part.uri, 3)
        assert source == str(path)
        assert line is not None
        assert lines[line - 1] == data.split(b"\n")[2]


def test_gzip_passes_through_with_its_header(tmp_path: Path) -> None:
    packed = gzip.compress(csv_of(3))
    (tmp_path / "a.csv.gz").write_bytes(packed)
    found = staged(tmp_path, tmp_path / "a.csv.gz", compress=False)
    with ObjectStore().open(found.parts[0].uri) as stream:
        assert stream.read() == packed
    assert (found.compression, found.options.ignoreheader, found.origin(found.parts[0].uri, 2)[1]) == ("gzip", 1, 2)


def test_gzip_among_plain_files_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(csv_of(2))
    (tmp_path / "b.csv").write_bytes(gzip.compress(csv_of(3)))
    found = staged(tmp_path, str(tmp_path / "*.csv"), compress=False)
    assert b"".join(map(body, found.parts)) == b"".join(csv_of(rows).partition(b"\n")[2] for rows in (2, 3))
    assert found.options.ignoreheader == 0


def test_a_delivery_without_rows_is_one_empty_part(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,text,code,price,at\n")
    found = staged(tmp_path, tmp_path / "a.csv")
    assert [body(part) for part in found.parts] == [b""]
    empty = pd.DataFrame({"id": [], "text": [], "code": [], "price": [], "at": []})
    assert arrow(staged(tmp_path, empty)).num_rows == 0


def test_a_truncated_gzip_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(csv_of(1))
    noisy = "id,text,code,price,at\n" + "".join(f"{n},{hash(str(n))},a,1,\n" for n in range(200_000))
    (tmp_path / "b.csv").write_bytes(gzip.compress(noisy.encode())[:-1000])
    with pytest.raises(SourceError, match=r"b\.csv cannot be read to its end"):
        staged(tmp_path, str(tmp_path / "*.csv"))
    assert list((tmp_path / "stage").iterdir()) == []


def test_a_store_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_PART_BYTES", 1000)

    class Fills(ObjectStore):
        def put(self, uri: str, body: Any) -> ObjectInfo:
            if uri.endswith(("part-00002.csv.gz",)):
                raise ObjectStoreError("full", uri=uri, status=507)
            return super().put(uri, body)

    (tmp_path / "a.csv").write_bytes(csv_of(500))
    with pytest.raises(ObjectStoreError, match="full"):
        staged(tmp_path, tmp_path / "a.csv", store=Fills())
    assert list((tmp_path / "stage").iterdir()) == []


def test_without_a_stage_the_setting_is_named() -> None:
    described = describe(pd.DataFrame({"id": [1]}), CopyOptions(), ObjectStore())
    with pytest.raises(LoadError, match="WAREHOUSE_STAGE"):
        stage(described, TABLE, ("id",), store=ObjectStore(), prefix="", options=CopyOptions())


@pytest.mark.parametrize(("size", "parts"), [(0, 1), (1 << 20, 1), (4 << 20, 4), (32 << 20, 4), (33 << 20, 8)])
def test_part_counts_are_multiples_of_the_slices(size: int, parts: int) -> None:
    assert part_count(size) == parts


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(csv_of(500))
    calls: list[tuple[str, int, int | None]] = []
    described, columns = columns_of(tmp_path / "a.csv", TABLE, CopyOptions(), ObjectStore())
    stage(
        described, TABLE, columns, store=ObjectStore(), prefix=file_uri(tmp_path / "stage"), options=CopyOptions(),
        progress=lambda *call: calls.append(call),
    )  # fmt: skip
    size = len(csv_of(500))
    assert calls[0] == ("stage", 0, size)
    assert calls[-1] == ("stage", size, size)
    assert [call[1] for call in calls] == sorted(call[1] for call in calls)


# Frames

ROWS = {
    "id": [1, 2, 3],
    "text": ["", None, "NA"],
    "code": ["ab", None, "x"],
    "price": [decimal.Decimal("1.50"), None, decimal.Decimal("2")],
    "at": [datetime.datetime(2013, 1, 1, 5), None, datetime.datetime(2013, 1, 2)],
}


def test_a_frame_arrives_with_the_types_of_the_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": [1.0, 2.0, 3.0],
            "text": ["", None, "NA"],
            "code": ["ab", float("nan"), "x"],
            "price": [1.5, float("nan"), 2.0],
            "at": pd.to_datetime(["2013-01-01 05:00", None, "2013-01-02 00:00"]),
        }
    )
    found = staged(tmp_path, frame)
    assert (found.format, found.rows, found.compression) == ("parquet", 3, "")
    assert arrow(found).to_pydict() == ROWS
    assert arrow(found).schema.field("id").type == pa.int32()


def test_columns_go_by_name_whatever_their_order(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS)[["at", "price", "id", "text", "code"]]
    found = staged(tmp_path, frame)
    assert found.columns == ("at", "price", "id", "text", "code")
    assert arrow(found).select(list(ROWS)).to_pydict() == ROWS


def test_parquet_passes_through_when_its_types_fit(tmp_path: Path) -> None:
    schema = pa.schema(
        {
            "id": pa.int32(),
            "text": pa.large_string(),
            "code": pa.dictionary(pa.int8(), pa.string()),
            "price": pa.decimal128(8, 2),
            "at": pa.timestamp("ns"),
        }
    )
    pq.write_table(pa.table(ROWS, schema=schema), tmp_path / "a.parquet")
    found = staged(tmp_path, tmp_path / "a.parquet")
    assert body(found.parts[0]) == (tmp_path / "a.parquet").read_bytes()
    assert found.rows == 3


def test_parquet_of_other_types_is_rewritten(tmp_path: Path) -> None:
    table = pa.table({**ROWS, "id": pa.array([1, 2, 3], pa.int64()), "price": pa.array([1.5, None, 2.0])})
    pq.write_table(table, tmp_path / "a.parquet")
    found = staged(tmp_path, tmp_path / "a.parquet")
    assert arrow(found).to_pydict() == ROWS
    assert arrow(found).schema.field("price").type == pa.decimal128(8, 2)


def test_frames_are_cut_into_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_PART_BYTES", 1000)
    rows = 10_001
    table = pa.table(
        {"id": range(rows), "text": ["x"] * rows, "code": ["a"] * rows, "price": [1] * rows, "at": [None] * rows}
    )
    found = staged(tmp_path, table)
    assert len(found.parts) == 4
    assert arrow(found)["id"].to_pylist() == list(range(rows))


def test_a_stream_of_unknown_length_is_cut_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART_BYTES", 20_000)
    rows = 10_000
    table = pa.table(
        {"id": range(rows), "text": ["x"] * rows, "code": ["a"] * rows, "price": [1] * rows, "at": [None] * rows}
    )
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=1000))
    found = staged(tmp_path, reader)
    assert len(found.parts) > 1
    assert found.rows == rows
    assert arrow(found)["id"].to_pylist() == list(range(rows))


def test_zones_become_utc(tmp_path: Path) -> None:
    aware = pd.to_datetime(["2013-01-01 05:00"]).tz_localize("America/New_York")
    frame = pd.DataFrame({"id": [1], "text": ["x"], "code": ["a"], "price": [1], "at": aware})
    assert arrow(staged(tmp_path, frame))["at"].to_pylist() == [datetime.datetime(2013, 1, 1, 10)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": ["ok", "größer ist es", "x"]}, r"row 1, column text: 'größer ist es': 15 bytes do not fit"),
        ({"code": ["ok", "x", "é"]}, r"row 2, column code: 'é': CHAR takes ASCII only"),
        ({"id": [1, 2, None]}, r"row 2, column id: the column is NOT NULL"),
        ({"id": [1, 2.5, 3]}, r"row 1, column id: 2\.5: it cannot become integer"),
        ({"id": [1, 2, 2**31]}, r"row 2, column id: 2147483648: it cannot become integer"),
        ({"id": ["1", "2", "x"]}, r"row 2, column id: 'x': it cannot become integer"),
        ({"price": [1.5, 1e9, 0.0]}, r"row 1, column price"),
        ({"at": ["2013-01-01", "2013-13-01", None]}, r"row 1, column at: '2013-13-01'"),
        ({"text": ["x", 1, b"y"]}, r"row 2, column text: b'y': bytes go with bytes only"),
    ],
)
def test_what_the_table_cannot_take_is_named_by_row_and_column(
    tmp_path: Path, wrong: dict[str, list[Any]], said: str
) -> None:
    frame = pd.DataFrame({**ROWS, **wrong})
    with pytest.raises(SourceError, match=said):
        staged(tmp_path, frame)


def test_rows_are_counted_over_batches(tmp_path: Path) -> None:
    rows = 100_000
    text = ["x"] * rows
    text[90_000] = "much too long"
    frame = pd.DataFrame({"id": range(rows), "text": text, "code": "a", "price": 1, "at": None})
    with pytest.raises(SourceError, match="row 90000"):
        staged(tmp_path, frame)


def test_trailing_blanks_do_not_count(tmp_path: Path) -> None:
    frame = pd.DataFrame({**ROWS, "text": ["12345678    ", "é        ", "y "]})
    assert arrow(staged(tmp_path, frame))["text"].to_pylist() == ["12345678", "é      ", "y "]


def test_keys_of_an_upsert_may_be_null(tmp_path: Path) -> None:
    frame = pd.DataFrame({**ROWS, "id": [1, None, 3]})
    assert arrow(staged(tmp_path, frame, keys=("id",)))["id"].to_pylist() == [1, None, 3]


def test_a_type_that_no_frame_holds_is_refused(tmp_path: Path) -> None:
    design = TableDesign("t", columns=(ColumnDesign("a", "geometry"), ColumnDesign("b", "hllsketch")))
    with pytest.raises(SourceError, match=r"a \(geometry\), b \(hllsketch\)"):
        staged(tmp_path, pd.DataFrame({"a": ["{}"], "b": ["05:00"]}), design)


def test_types_that_copy_takes_from_text_only_travel_as_csv(tmp_path: Path) -> None:
    kinds = {"a": "super", "b": "time without time zone", "c": "binary varying(8)", "d": "character varying(8)"}
    design = TableDesign("t", columns=tuple(ColumnDesign(name, kind) for name, kind in kinds.items()))
    rows = [
        {"a": {"x": [1, None]}, "b": time(5), "c": b"\x00\xff", "d": ""},
        {"a": "text", "b": "05:00:01", "c": "00ff", "d": None},
        {"a": None, "b": None, "c": None, "d": 'a,"b'},
    ]
    found = staged(tmp_path, rows, design)
    assert (found.format, found.rows, found.options.ignoreheader) == ("text", 3, 0)
    marker = found.options.null_as
    lines = list(csv.reader(io.StringIO(body(found.parts[0]).decode(), newline="")))
    assert lines == [
        ['{"x": [1, null]}', "05:00:00", "00ff", ""],
        ['"text"', "05:00:01", "00ff", marker],
        [marker, marker, marker, 'a,"b'],
    ]
