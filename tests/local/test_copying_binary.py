"""Columns of Arrow as PostgreSQL's binary COPY: PostgreSQL stores what it stores of their texts."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from warehouse.local.copying import binary
from warehouse.local.copying.target import QUOTED, Column, Target
from warehouse.local.copying.vectors import as_csv
from warehouse.local.postgres import SUPERUSER
from warehouse.local.wire.upstream import Upstream


@pytest.fixture(scope="module")
def behind(local_server, shared):
    """A connection to PostgreSQL itself."""
    connection = Upstream(Path(local_server["postgres"]), {"user": SUPERUSER, "database": shared})
    yield connection
    connection.close()


def column(name, type_, size=0, precision=0, scale=0):
    return Column(name, type_, size, precision, scale, False, "")


def numbers(bits):
    return st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def decimals(precision, scale):
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda n: decimal.Decimal(n).scaleb(-scale, decimal.Context(prec=40)))


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))
zoned = moments.map(lambda moment: moment.replace(tzinfo=dt.UTC))
# Of each column: its type in PostgreSQL, the Arrow type of the file, and values.
KINDS = [
    (column("a", "int2"), "smallint", pa.int16(), numbers(16)),
    (column("b", "int4"), "integer", pa.int32(), numbers(32)),
    (column("c", "int8"), "bigint", pa.int64(), numbers(64)),
    (column("d", "numeric", precision=15, scale=2), "numeric(15,2)", pa.decimal128(15, 2), decimals(15, 2)),
    (column("e", "numeric", precision=18, scale=18), "numeric(18,18)", pa.decimal128(18, 18), decimals(18, 18)),
    (column("f", "numeric", precision=18), "numeric(18,0)", pa.decimal128(7, 0), decimals(7, 0)),
    (column("g", "numeric", precision=9, scale=5), "numeric(9,5)", pa.decimal128(9, 5), decimals(9, 5)),
    (column("r", "numeric", precision=38, scale=20), "numeric(38,20)", pa.decimal128(38, 20), decimals(38, 20)),
    (column("h", "float4"), "real", pa.float32(), st.floats(width=32)),
    (column("i", "float8"), "double precision", pa.float64(), st.floats()),
    (column("j", "bool"), "boolean", pa.bool_(), st.booleans()),
    (column("k", "bpchar", size=3), "char(3)", pa.string(), st.text("abc ", max_size=3)),
    (column("l", "varchar", size=99), "varchar(99)", pa.string(), words),
    (column("m", "varchar", size=9), "varchar(9)", pa.large_string(), st.sampled_from(["xy", "zz"])),
    (column("n", "date"), "date", pa.date32(), st.dates()),
    (column("o", "timestamp"), "timestamp", pa.timestamp("us"), moments),
    (column("p", "timestamp"), "timestamp", pa.timestamp("ms"), moments.map(lambda m: m.replace(microsecond=0))),
    (column("q", "timestamptz"), "timestamptz", pa.timestamp("us", "UTC"), zoned),
]  # fmt: skip
COLUMNS = [kind[0] for kind in KINDS]
TARGET = Target(1, "t", "t", tuple(COLUMNS))


def as_text(array, of):
    if of.kind == "timestamp" and array.type.tz:
        array = array.cast(pa.timestamp("us"))
    return pc.cast(array, pa.string())


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(st.tuples(*(st.none() | kind[3] for kind in KINDS)), min_size=1, max_size=6),
    whole=st.booleans(),
    skip=st.integers(0, 1),
)
@example(table=[(None,) * len(KINDS)], whole=False, skip=0)
def test_binary_rows_are_what_their_texts_are(behind, table, whole, skip):
    if whole:  # no NULLs at all
        table = [row for row in table if None not in row] or [table[0]]
    skip = min(skip, len(table) - 1)
    # A slice begins somewhere within its buffers.
    arrays = [pa.array([row[i] for row in table], kind[2]).slice(skip) for i, kind in enumerate(KINDS)]
    assert all(binary.takes(of, array.type) for of, array in zip(COLUMNS, arrays, strict=True))
    texts = as_csv([as_text(array, of) for array, of in zip(arrays, COLUMNS, strict=True)], [c.name for c in COLUMNS])
    strings = [array.cast(pa.string()) if of.is_text else array for array, of in zip(arrays, COLUMNS, strict=True)]
    listed = ", ".join(f"{of.name} {declared}" for of, declared, *_ in KINDS)
    behind.run(f"BEGIN; CREATE TEMPORARY TABLE t ({listed}, place serial)")
    try:
        behind.copy_in(TARGET.copy_sql(QUOTED), [texts])
        wanted = behind.rows("SELECT (t.*)::text FROM (SELECT * FROM t ORDER BY place) AS t")
        behind.run("TRUNCATE t RESTART IDENTITY")
        writer = binary.Writer(COLUMNS, [array.type for array in arrays])
        behind.copy_in(TARGET.copy_sql(binary.BINARY), [writer.begin(), writer.rows(strings), writer.end()])
        assert behind.rows("SELECT (t.*)::text FROM (SELECT * FROM t ORDER BY place) AS t") == wanted
    finally:
        behind.run("ROLLBACK")


def test_a_number_without_room():
    with pytest.raises(ValueError, match="not in range"):
        binary.Writer([column("a", "int8")], [pa.uint64()]).rows([pa.array([1 << 63], pa.uint64())])
    assert not binary.takes(column("a", "numeric", precision=38, scale=2), pa.decimal256(39, 2))
    assert not binary.takes(column("a", "super"), pa.string())
