"""Reading a table or a query as a stream: types, NULL and '', order, what is left in the staging area."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from warehouse.errors import LoadError
from warehouse.load import load, read
from warehouse.objectstore import ObjectStore
from warehouse.schema import Base, column, even
from warehouse.schema.types import (
    BIGINT,
    BOOLEAN,
    CHAR,
    DATE,
    DECIMAL,
    DOUBLE_PRECISION,
    INTEGER,
    REAL,
    SMALLINT,
    SUPER,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    VARBYTE,
    VARCHAR,
)


@pytest.fixture(scope="module")
def everything() -> sa.Table:
    """A table with a column of each type that Parquet or a detour holds."""

    class Own(Base):
        __abstract__ = True

    Own.metadata = sa.MetaData()
    types = {
        "big": BIGINT, "small": SMALLINT, "whole": INTEGER, "price": DECIMAL(38, 10), "flag": BOOLEAN, "r": REAL,
        "share": DOUBLE_PRECISION, "code": CHAR(3), "name": VARCHAR(20), "day": DATE, "hour": TIME, "at": TIMESTAMP,
        "moment": TIMESTAMPTZ, "more": SUPER, "digest": VARBYTE(8),
    }  # fmt: skip
    columns = {name: column(kind, comment=name) for name, kind in types.items()}
    columns["id"] = column(INTEGER, primary_key=True, autoincrement=False, comment="Number.")
    made = type(
        "Everything", (Own,), {"__tablename__": "everything", **columns}, dist=even(), encode="auto", comment="One."
    )
    table: sa.Table = made.__table__  # type: ignore[attr-defined]
    return table


ROWS: list[dict[str, Any]] = [
    {
        "id": 1, "big": 2**63 - 1, "small": -(2**15), "whole": 2**31 - 1, "price": Decimal("1234567890.0123456789"),
        "flag": True, "r": 0.5, "share": 0.1, "code": "ab", "name": "Zürich, \"ß\"\n", "day": dt.date(9999, 12, 31),
        "hour": dt.time(23, 59, 59, 999999), "at": dt.datetime(2300, 1, 1, 0, 0, 0, 1),
        "moment": dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC), "more": {"a": [1, None]}, "digest": b"\x00\xff",
    },
    {"id": 2, "name": ""},
    {"id": 3},
]  # fmt: skip
# SUPER is read as its text, CHAR with the blanks that fill it.
READ = [ROWS[0] | {"more": '{"a":[1,null]}', "code": "ab "}, *ROWS[1:]]


@pytest.fixture
def filled(engine: sa.Engine, everything: sa.Table, own: dict[str, Any]) -> sa.Table:
    everything.create(engine)
    names = [one.name for one in everything.columns]
    load(everything, [dict.fromkeys(names) | row for row in ROWS], **own)
    return everything


def staged(stores: ObjectStore, own: dict[str, Any]) -> list[str]:
    return [info.uri for info in stores.list(f"{own['settings'].stage}/")]


def test_a_model_is_read_as_it_was_loaded(filled: sa.Table, own: dict[str, Any], stores: ObjectStore) -> None:
    with read(filled, **own) as rows:
        found = {row["id"]: row for row in pa.Table.from_batches(list(rows), rows.schema).to_pylist()}
    assert found[1] == READ[0]
    for number in (2, 3):
        wanted = dict.fromkeys(one.name for one in filled.columns) | READ[number - 1]
        assert {name: value for name, value in found[number].items() if value is not None} == {
            name: value for name, value in wanted.items() if value is not None
        }
    kinds = {name: str(kind) for name, kind in zip(rows.schema.names, rows.schema.types, strict=True)}
    assert kinds == {
        "id": "int32", "big": "int64", "small": "int16", "whole": "int32", "price": "decimal128(38, 10)",
        "flag": "bool", "r": "float", "share": "double", "code": "string", "name": "string", "day": "date32[day]",
        "hour": "time64[us]", "at": "timestamp[us]", "moment": "timestamp[us, tz=UTC]", "more": "string",
        "digest": "binary",
    }  # fmt: skip
    assert (rows.report.kind, rows.report.rows_read) == ("unload", 3)
    assert staged(stores, own) == []


def test_a_query_has_the_types_of_its_result(filled: sa.Table, own: dict[str, Any]) -> None:
    columns = "id, big, small, price, flag, share, name, day, hour, at, moment, more, price * 2 AS twice"
    with read(f"SELECT {columns} FROM everything WHERE id < 3", **own) as rows:
        found = {row["id"]: row for row in pa.Table.from_batches(list(rows), rows.schema).to_pylist()}
    assert {name: value for name, value in found[1].items() if name != "twice"} == {
        name: READ[0][name] for name in columns.split(", ")[:-1]
    }
    assert found[1]["twice"] == ROWS[0]["price"] * 2
    assert (found[2]["name"], found[2]["day"]) == ("", None)
    assert rows.schema.field("moment").type == pa.timestamp("us", "UTC")
    assert rows.schema.field("small").type == pa.int16()


def test_frames_keep_whole_numbers_and_missing_values(filled: sa.Table, own: dict[str, Any]) -> None:
    query = sa.select(filled.c.id, filled.c.big, filled.c.name, filled.c.price).order_by(filled.c.id.desc())
    with read(query, rows=2, **own) as rows:
        frames = list(rows.frames())
    assert [len(frame) for frame in frames] == [2, 1]
    frame = pd.concat(frames, ignore_index=True)
    assert frame["id"].tolist() == [3, 2, 1]
    assert frame["big"].isna().tolist() == [True, True, False] and frame["big"][2] == 2**63 - 1
    assert frame["name"].isna().tolist() == [True, False, False] and frame["name"][1] == ""
    assert frame["price"][2] == Decimal("1234567890.0123456789")


def test_an_order_is_kept(own: dict[str, Any], sale: sa.Table) -> None:
    load(sale, [{"id": i, "region": "r", "name": "n", "price": i, "at": "2024-01-01"} for i in range(5000)], **own)
    with read(sa.select(sale.c.id).order_by(sale.c.id.desc()), rows=700, **own) as rows:
        batches = list(rows)
    assert [value for batch in batches for value in batch.column(0).to_pylist()] == list(range(4999, -1, -1))
    assert max(batch.num_rows for batch in batches) == 700
    with read("SELECT id FROM sale ORDER BY id", ordered=True, **own) as rows:
        assert pa.Table.from_batches(rows).column("id").to_pylist() == list(range(5000))


def test_what_reads_arrow_reads_it(filled: sa.Table, sale: sa.Table, own: dict[str, Any]) -> None:
    query = sa.select(
        filled.c.id, sa.literal("r").label("region"), sa.literal("n").label("name"), sa.literal(1).label("price"),
        filled.c.at,
    ).where(filled.c.at.is_not(None))  # fmt: skip
    with read(query, **own) as rows:
        assert load(sale, rows, **own).inserted == 1
    with read(query, **own) as rows:
        assert pa.table(rows).num_rows == 1


def test_no_rows_have_a_schema(filled: sa.Table, own: dict[str, Any], stores: ObjectStore) -> None:
    with read("SELECT id, moment FROM everything WHERE id > 9", **own) as rows:
        assert list(rows) == []
    assert rows.schema.names == ["id", "moment"]
    assert staged(stores, own) == []


def test_the_rows_are_there_once(filled: sa.Table, own: dict[str, Any], stores: ObjectStore) -> None:
    rows = read(filled, **own)
    assert len(staged(stores, own)) > 1
    assert sum(batch.num_rows for batch in rows) == 3
    assert staged(stores, own) == [], "a reading that was read to its end removes what was unloaded"
    with pytest.raises(LoadError, match="once"):
        iter(rows)


def test_stopping_early_removes_what_was_unloaded(filled: sa.Table, own: dict[str, Any], stores: ObjectStore) -> None:
    with read(filled, rows=1, **own) as rows:
        assert next(iter(rows)).num_rows == 1
    assert staged(stores, own) == []


def test_a_failure_keeps_what_was_unloaded(filled: sa.Table, own: dict[str, Any], stores: ObjectStore) -> None:
    with pytest.raises(RuntimeError) as raised, read(filled, **own) as rows:
        raise RuntimeError("the consumer's own")
    kept = staged(stores, own)
    assert kept and raised.value.__notes__ == [
        f"What was unloaded is kept: {kept[0].rpartition('_')[0].rpartition('/')[0]}/rows_."
    ]
    assert rows.report.files[0] in kept


@pytest.mark.parametrize("how", ["lost", "damaged", "short"])
def test_rows_that_are_not_all_there(filled: sa.Table, own: dict[str, Any], stores: ObjectStore, how: str) -> None:
    rows = read(filled, **own)
    files = rows.report.files
    if how == "lost":
        stores.delete(files[:1])
    elif how == "damaged":
        stores.put(files[0], b"PAR1 of old, damaged since")
    else:
        with stores.open(files[-1]) as first:
            stores.put(files[0], first.read())
        rows.report.__dict__["rows_read"] = 4  # as if one more had been unloaded
    with pytest.raises(Exception, match="kept: s3://") as raised:
        list(rows)
    assert {"lost": "refused", "damaged": "cannot be read", "short": "4 rows were unloaded, 3 were read"}[how] in str(
        raised.value
    )
    assert staged(stores, own)


def test_a_query_that_fails_leaves_an_error(own: dict[str, Any], stores: ObjectStore) -> None:
    with pytest.raises(LoadError):
        read("SELECT nothing FROM nowhere", **own)
    with pytest.raises(LoadError, match="no LIMIT in the outermost"):
        read("SELECT id FROM sale LIMIT 1", **own)
    with pytest.raises(LoadError, match="0 rows"):
        read("SELECT 1", rows=0, **own)
    assert staged(stores, own) == []


def test_two_files_at_most_are_in_memory(
    filled: sa.Table, own: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = read(filled, **own)
    assert len(rows.report.files) == 3  # a slice writes each
    opened: list[str] = []
    plain = ObjectStore.open
    monkeypatch.setattr(ObjectStore, "open", lambda self, uri: (opened.append(uri), plain(self, uri))[1])
    for done, batch in enumerate(rows):
        assert batch.num_rows == 1
        assert len(opened) <= done + 2
    assert opened == list(rows.report.files)
