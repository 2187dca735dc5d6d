"""UNLOAD on the embedded server: AWS r_UNLOAD; REDSHIFT.md, section 7."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import gzip
import io
import json

import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st


@pytest.fixture
def unload(pg, stage):
    """Runs UNLOAD of a query below the stage and returns the names of all objects there."""

    def run(query, prefix="u/", parameters="CSV"):
        text = query.replace("\\", "\\\\").replace("'", "''")
        pg.execute(f"UNLOAD ('{text}') TO '{stage.uri}/{prefix}' IAM_ROLE '{stage.role}' {parameters}")
        return stage.names()

    return run


@pytest.fixture
def reload(pg, stage):
    def run(table, prefix="u/", parameters="CSV"):
        pg.execute(f"COPY {table} FROM '{stage.uri}/{prefix}' IAM_ROLE '{stage.role}' {parameters}")
        return pg.execute(f"SELECT * FROM {table}").fetchall()

    return run


@pytest.fixture
def numbers(pg):
    pg.execute("CREATE TABLE n (a INTEGER)")
    pg.execute("INSERT INTO n VALUES " + ", ".join(f"({i})" for i in range(100)))


EVERY = (
    "a SMALLINT, b BIGINT, c DECIMAL(20,3), d REAL, e DOUBLE PRECISION, f BOOLEAN, g CHAR(3), h VARCHAR(20), i DATE, "
    "j TIMESTAMP, k TIMESTAMPTZ, l TIME"
)
ROWS = [
    (
        -1, 2**62, decimal.Decimal("-12345678901234567.125"), 0.25, 1e-300, True, "abc", 'é "x", \\ \n\r\t|',
        dt.date(2013, 1, 31),
        dt.datetime(2013, 1, 31, 1, 2, 3, 456789), dt.datetime(2013, 1, 31, 1, 2, 3, tzinfo=dt.UTC), dt.time(1, 2, 3),
    ),
    (None,) * 12,
    (0, 0, decimal.Decimal("0.000"), 0.0, 0.0, False, "   ", "", dt.date(1, 1, 1), dt.datetime(1999, 12, 31),
     None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("out", "into"),
    [
        ("CSV NULL AS '@'", "CSV NULL AS '@'"),
        ("CSV NULL AS '@' GZIP", "CSV NULL AS '@' GZIP"),
        ("CSV NULL AS '@' DELIMITER '|'", "CSV NULL AS '@' DELIMITER '|'"),
        ("CSV NULL AS '@' HEADER", "CSV NULL AS '@' IGNOREHEADER 1"),
        ("FORMAT AS PARQUET", "FORMAT AS PARQUET"),
        ("CSV NULL AS '@' PARALLEL OFF", "CSV NULL AS '@'"),
    ],
)
def test_a_round_trip_keeps_every_value_and_null_apart_from_empty(pg, unload, reload, out, into):
    pg.execute(f"CREATE TABLE t ({EVERY})")
    pg.cursor().executemany(f"INSERT INTO t VALUES ({', '.join(['%s'] * 12)})", ROWS)
    unload("SELECT * FROM t", parameters=out)
    assert pg.execute("SELECT pg_last_unload_count()").fetchone() == (3,)
    pg.execute(f"CREATE TABLE back ({EVERY})")
    key = repr
    assert sorted(reload("back", parameters=into), key=key) == sorted(ROWS, key=key)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.text('",\n\r\\ @|', max_size=5)


@trials(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(st.none() | texts, st.none() | texts), min_size=1, max_size=4), parquet=st.booleans())
def test_any_text_survives_a_round_trip(pg, stage, unload, reload, table, parquet):
    pg.execute("DROP TABLE IF EXISTS t")
    pg.execute("DROP TABLE IF EXISTS back")
    pg.execute("CREATE TABLE t (n INTEGER, a VARCHAR(50), b VARCHAR(50))")
    pg.execute("CREATE TABLE back (n INTEGER, a VARCHAR(50), b VARCHAR(50))")
    pg.cursor().executemany("INSERT INTO t VALUES (%s, %s, %s)", [(n, *row) for n, row in enumerate(table)])
    stage.store.delete([info.uri for info in stage.store.list(f"{stage.uri}/")])
    how = "PARQUET" if parquet else "CSV NULL AS '@null@'"
    unload("SELECT * FROM t", parameters=how)
    assert sorted(reload("back", parameters=how)) == [(n, *row) for n, row in enumerate(table)]


def test_csv_is_what_pythons_csv_reads(pg, stage, unload):
    pg.execute("CREATE TABLE t (a VARCHAR(20), b INTEGER)")
    pg.execute("INSERT INTO t VALUES ('x, \"y\"', 1), ('', NULL), (NULL, 3)")
    unload("SELECT a, b FROM t ORDER BY b NULLS FIRST", parameters="CSV HEADER PARALLEL OFF")
    text = stage.read(f"{stage.uri}/u/000").decode()
    assert text == 'a,b\n"",\n"x, ""y""",1\n,3\n'
    assert list(csv.reader(io.StringIO(text)))[2] == ['x, "y"', "1"]


def test_names_of_the_files(numbers, stage, unload):
    assert unload("SELECT * FROM n", "p/") == ["p/0000_part_00"]
    assert unload("SELECT * FROM n", "q_", "CSV PARALLEL OFF")[1:] == ["q_000"]
    assert unload("SELECT * FROM n", "r_", "CSV GZIP")[2:] == ["r_0000_part_00.gz"]
    assert gzip.decompress(stage.read(f"{stage.uri}/r_0000_part_00.gz")).count(b"\n") == 100
    assert unload("SELECT * FROM n", "s_", "PARQUET")[3:] == ["s_0000_part_00.parquet"]


def test_an_ordered_serial_unload_is_in_order(numbers, stage, unload):
    unload("SELECT a FROM n ORDER BY a DESC", "o/", "CSV PARALLEL OFF")
    assert stage.read(f"{stage.uri}/o/000").split() == [str(i).encode() for i in range(99, -1, -1)]


def test_what_is_there_is_not_overwritten_unless_asked(numbers, stage, unload):
    stage.put("c/old", "old")
    with pytest.raises(psycopg.errors.InternalError_, match="not empty"):
        unload("SELECT * FROM n", "c/")
    assert stage.names() == ["c/old"]
    assert unload("SELECT * FROM n", "c/", "CSV ALLOWOVERWRITE") == ["c/0000_part_00", "c/old"]
    assert unload("SELECT * FROM n WHERE a < 2", "c/", "CSV ALLOWOVERWRITE") == ["c/0000_part_00", "c/old"]
    assert stage.read(f"{stage.uri}/c/0000_part_00") == b"0\n1\n"
    assert unload("SELECT * FROM n", "c/", "CSV CLEANPATH") == ["c/0000_part_00"]
    # Only what is under the path.
    stage.put("cc", "beside")
    assert unload("SELECT * FROM n", "c/", "PARQUET CLEANPATH") == ["c/0000_part_00.parquet", "cc"]


def test_a_manifest_lists_what_was_written(pg, numbers, stage, unload, reload):
    assert unload("SELECT * FROM n", "m_", "CSV MANIFEST") == ["m_0000_part_00", "m_manifest"]
    entries = json.loads(stage.read(f"{stage.uri}/m_manifest"))["entries"]
    (file,) = stage.store.list(f"{stage.uri}/m_0")
    assert entries == [{"url": file.uri, "meta": {"content_length": file.size}}]
    pg.execute("CREATE TABLE back (a INTEGER)")
    assert len(reload("back", "m_manifest", "CSV MANIFEST")) == 100


def test_an_empty_result(pg, numbers, stage, unload, reload):
    unload("SELECT * FROM n WHERE a < 0", "e_", "CSV")
    unload("SELECT * FROM n WHERE a < 0", "f_", "PARQUET")
    assert pg.execute("SELECT pg_last_unload_count()").fetchone() == (0,)
    assert all(stage.read(f"{stage.uri}/{name}") == b"" for name in stage.names() if name.startswith("e_"))


def test_parquet_has_the_columns_types(pg, stage, unload):
    pg.execute("CREATE TABLE t (a INTEGER, b DECIMAL(9,2), c VARCHAR(9), d TIMESTAMP, e DATE, f BOOLEAN)")
    pg.execute("INSERT INTO t VALUES (1, 1.5, 'x', '2013-01-31 01:02:03', '2013-01-31', true)")
    unload("SELECT * FROM t", parameters="PARQUET")
    schema = pq.read_schema(io.BytesIO(stage.read(f"{stage.uri}/u/0000_part_00.parquet")))
    assert schema.names == ["a", "b", "c", "d", "e", "f"]
    kinds = [str(field.type) for field in schema]
    assert kinds == ["int32", "decimal128(9, 2)", "string", kinds[3], "date32[day]", "bool"]
    assert kinds[3].startswith("timestamp[")


def test_large_files_are_cut(pg, stage, unload, reload):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(65535))")
    pg.execute("INSERT INTO t VALUES " + ", ".join(f"({i}, '{'x' * 65_000}')" for i in range(180)))  # 11.7 MB
    unload("SELECT * FROM t", "l/", "CSV PARALLEL OFF MAXFILESIZE 5 MB")
    assert stage.names() == ["l/000", "l/001", "l/002"]
    pg.execute("CREATE TABLE back (a INTEGER, b VARCHAR(65535))")
    assert sorted(a for a, _ in reload("back", "l/")) == list(range(180))


@pytest.mark.parametrize(
    ("query", "parameters", "state"),
    [
        ("SELECT * FROM n LIMIT 5", "CSV", "0A000"),
        ("SELECT * FROM nowhere", "CSV", "42P01"),
        ("SELECT a/0 FROM n", "CSV", "22012"),
        ("DELETE FROM n", "CSV", "42601"),
        ("SELECT (", "CSV", "42601"),
        ("SELECT * FROM n", "CSV NONSENSE", "42601"),
        ("SELECT * FROM n", "CSV ALLOWOVERWRITE CLEANPATH", "0A000"),
        ("SELECT * FROM n", "PARQUET GZIP", "0A000"),
        ("SELECT * FROM n", "PARQUET HEADER", "0A000"),
        ("SELECT * FROM n", "PARQUET NULL AS 'x'", "0A000"),
        ("SELECT * FROM n", "CSV MAXFILESIZE 1 MB", "22023"),
        ("SELECT * FROM n", "CSV MAXFILESIZE 7 GB", "22023"),
    ],
)
def test_what_cannot_be_unloaded(pg, numbers, stage, unload, query, parameters, state):
    with pytest.raises(psycopg.Error) as caught:
        unload(query, parameters=parameters)
    assert caught.value.sqlstate == state
    assert stage.names() == []
    assert pg.execute("SELECT count(*) FROM n").fetchone() == (100,)
    # A nested LIMIT is the documented way.
    unload("SELECT * FROM (SELECT * FROM n ORDER BY a LIMIT 5)", "nested/", "CSV")
    assert pg.execute("SELECT pg_last_unload_count()").fetchone() == (5,)


LATER = [
    "",
    "ADDQUOTES",
    "ESCAPE",
    "FIXEDWIDTH 'a:3'",
    "JSON",
    "CSV BZIP2",
    "CSV ZSTD",
    "CSV EXTENSION 'x'",
    "PARQUET PARTITION BY (a)",
]


@pytest.mark.parametrize("parameter", LATER)
def test_parameters_that_are_not_done_yet_are_refused_by_name(numbers, stage, unload, parameter):
    try:
        unload("SELECT a, a AS b FROM n", parameters=parameter)
    except psycopg.Error as error:  # as soon as it is done, its own tests tell more
        assert error.sqlstate == "0A000"
        assert error.diag.message_primary.startswith("not emulated")
        assert stage.names() == []


def test_an_unload_is_seen_by_nobody_else_s_transaction(pg, numbers, unload):
    pg.execute("BEGIN")
    pg.execute("DELETE FROM n WHERE a >= 10")
    unload("SELECT * FROM n")
    assert pg.execute("SELECT pg_last_unload_count()").fetchone() == (10,)
    with pytest.raises(psycopg.Error):
        unload("SELECT * FROM n")  # there are files now
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        pg.execute("SELECT 1")
    pg.execute("ROLLBACK")
    assert pg.execute("SELECT count(*) FROM n").fetchone() == (100,)


def test_a_bucket_that_is_not_there(pg, stage):
    with pytest.raises(psycopg.errors.InternalError_, match="S3ServiceException"):
        pg.execute(f"UNLOAD ('SELECT 1 AS a') TO 's3://no-such-bucket/x' IAM_ROLE '{stage.role}' CSV")
