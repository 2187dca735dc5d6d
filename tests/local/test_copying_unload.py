"""UNLOAD on the embedded server: AWS r_UNLOAD; REDSHIFT.md, section 7."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
from pathlib import Path

import boto3
import psycopg
import pyarrow.parquet as pq
import pytest

from warehouse.errors import ObjectStoreError
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.unload import execute, prepare
from warehouse.local.translate import Unload
from warehouse.local.wire.upstream import Upstream

SLICES = 4


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


def test_csv_is_what_pythons_csv_reads(pg, stage, unload):
    pg.execute("CREATE TABLE t (a VARCHAR(20), b INTEGER)")
    pg.execute("INSERT INTO t VALUES ('x, \"y\"', 1), ('', NULL), (NULL, 3)")
    unload("SELECT a, b FROM t ORDER BY b NULLS FIRST", parameters="CSV HEADER PARALLEL OFF")
    text = stage.read(f"{stage.uri}/u/000").decode()
    assert text == 'a,b\n"",\n"x, ""y""",1\n,3\n'
    assert list(csv.reader(io.StringIO(text)))[2] == ['x, "y"', "1"]


def test_names_of_the_files(numbers, stage, unload):
    def slices(prefix, suffix=""):
        return [f"{prefix}{number:04}_part_00{suffix}" for number in range(SLICES)]

    assert unload("SELECT * FROM n", "p/") == slices("p/")
    assert [stage.read(f"{stage.uri}/{name}").count(b"\n") for name in stage.names()] == [25] * SLICES
    assert unload("SELECT * FROM n", "q_", "CSV PARALLEL OFF")[4:] == ["q_000"]
    assert unload("SELECT * FROM n", "r_", "CSV GZIP")[5:] == slices("r_", ".gz")
    assert gzip.decompress(stage.read(f"{stage.uri}/r_0000_part_00.gz")).count(b"\n") == 25
    assert unload("SELECT * FROM n", "s_", "PARQUET")[9:] == slices("s_", ".parquet")
    assert unload("SELECT * FROM n", "t_", "CSV PARALLEL FALSE BZIP2")[13:] == ["t_000.bz2"]
    assert unload("SELECT * FROM n", "u_", "GZIP EXTENSION 'txt.gz' PARALLEL OFF")[14:] == ["u_000.txt.gz"]
    assert unload("SELECT * FROM n", "v_", "GZIP EXTENSION '' PARALLEL OFF")[15:] == ["v_000"]
    assert unload("SELECT * FROM n WHERE a = 1", "w_", "ZSTD")[16:] == ["w_0000_part_00.zst"]


def test_an_ordered_serial_unload_is_in_order(numbers, stage, unload):
    unload("SELECT a FROM n ORDER BY a DESC", "o/", "CSV PARALLEL OFF")
    assert stage.read(f"{stage.uri}/o/000").split() == [str(i).encode() for i in range(99, -1, -1)]


def test_what_is_there_is_not_overwritten_unless_asked(numbers, stage, unload):
    stage.put("c/old", "old")
    with pytest.raises(psycopg.errors.InternalError_, match="not empty"):
        unload("SELECT * FROM n", "c/")
    assert stage.names() == ["c/old"]
    assert unload("SELECT * FROM n", "c/", "CSV ALLOWOVERWRITE PARALLEL OFF") == ["c/000", "c/old"]
    assert unload("SELECT * FROM n WHERE a < 2", "c/", "CSV ALLOWOVERWRITE PARALLEL OFF") == ["c/000", "c/old"]
    assert stage.read(f"{stage.uri}/c/000") == b"0\n1\n"
    assert unload("SELECT * FROM n WHERE a = 0", "c/", "CSV CLEANPATH") == ["c/0000_part_00"]
    # Only what is under the path.
    stage.put("cc", "beside")
    assert unload("SELECT * FROM n WHERE a = 0", "c/", "PARQUET CLEANPATH") == ["c/0000_part_00.parquet", "cc"]


def test_a_manifest_lists_what_was_written(pg, numbers, stage, unload, reload):
    assert unload("SELECT * FROM n", "m_", "CSV MANIFEST PARALLEL OFF") == ["m_000", "m_manifest"]
    (file,) = stage.store.list(f"{stage.uri}/m_0")
    manifest = json.loads(stage.read(f"{stage.uri}/m_manifest"))
    assert manifest == {"entries": [{"url": file.uri, "meta": {"content_length": file.size}}]}
    pg.execute("CREATE TABLE back (a INTEGER)")
    assert len(reload("back", "m_manifest", "CSV MANIFEST")) == 100


def test_a_verbose_manifest_counts_rows_and_tells_the_columns(pg, stage, unload):
    pg.execute(
        "CREATE TABLE t (venueid INTEGER, venuename VARCHAR(25), state CHAR(2), price DECIMAL(8,2), at TIMESTAMP)"
    )
    pg.execute("INSERT INTO t VALUES (1, 'x', 'OH', 1, '2013-01-31'), (2, 'y', 'NY', 2, '2013-01-31')")
    unload("SELECT *, price * 2 AS double FROM t", "m_", "HEADER MANIFEST VERBOSE PARALLEL OFF")
    (file,) = stage.store.list(f"{stage.uri}/m_0")
    meta = {"content_length": file.size, "record_count": 3}  # the header is a line, too
    assert json.loads(stage.read(f"{stage.uri}/m_manifest")) == {
        "entries": [{"url": file.uri, "meta": meta}],
        "schema": {
            "elements": [
                {"name": "venueid", "type": {"base": "integer"}},
                {"name": "venuename", "type": {"base": "character varying", "max_length": 25}},
                {"name": "state", "type": {"base": "character", "max_length": 2}},
                {"name": "price", "type": {"base": "numeric", "precision": 8, "scale": 2}},
                {"name": "at", "type": {"base": "timestamp without time zone"}},
                {"name": "double", "type": {"base": "numeric"}},
            ]
        },
        "meta": meta,
        "author": {"name": "Amazon Redshift", "version": "1.0.0"},
    }


def test_an_empty_result(pg, numbers, stage, unload, reload):
    nothing = "SELECT * FROM n WHERE a < 0"
    assert unload(nothing, "e_", "CSV") == ["e_0000_part_00"]
    assert stage.read(f"{stage.uri}/e_0000_part_00") == b""
    assert pg.execute("SELECT pg_last_unload_count()").fetchone() == (0,)
    for prefix, how in (("f_", "PARQUET"), ("g_", "JSON"), ("h_", "CSV PARTITION BY (a)")):
        query = "SELECT a, a AS b FROM n WHERE a < 0"
        assert unload(query, prefix, how + " MANIFEST")[-1] == f"{prefix}{'/' * (prefix == 'h_')}manifest"
        assert not [name for name in stage.names() if name.startswith(prefix) and not name.endswith("manifest")]
    unload(nothing, "i_", "CSV HEADER PARALLEL OFF")
    assert stage.read(f"{stage.uri}/i_000") == b"a\n"


def test_parquet_has_the_columns_types(pg, stage, unload):
    pg.execute("CREATE TABLE t (a INTEGER, b DECIMAL(9,2), c VARCHAR(9), d TIMESTAMP, e DATE, f BOOLEAN)")
    pg.execute("INSERT INTO t VALUES (1, 1.5, 'x', '2013-01-31 01:02:03', '2013-01-31', true)")
    unload("SELECT * FROM t", parameters="PARQUET")
    file = pq.ParquetFile(io.BytesIO(stage.read(f"{stage.uri}/u/0000_part_00.parquet")))
    assert file.metadata.format_version == "1.0"
    assert file.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert file.schema_arrow.names == ["a", "b", "c", "d", "e", "f"]
    kinds = [str(field.type) for field in file.schema_arrow]
    assert kinds == ["int32", "decimal128(9, 2)", "string", "timestamp[us]", "date32[day]", "bool"]


@pytest.mark.parametrize("how", ["", "CSV", "JSON", "PARQUET", "FIXEDWIDTH 'b:6'"])
def test_partitions_are_folders(pg, stage, unload, how):
    pg.execute("CREATE TABLE t (d DATE, s VARCHAR(9), b VARCHAR(9))")
    rows = [
        ("1992-01-02", "x=/y", "one"),
        ("1992-01-02", None, "two"),
        (None, "é", "three"),
        ("1992-01-02", "", "four"),
    ]
    rows += [("1992-01-02", "many", f"row {i}") for i in range(10)]
    pg.cursor().executemany("INSERT INTO t VALUES (%s, %s, %s)", rows)
    spec = how.replace("b:6", "d:1,s:1,b:6")  # the columns of the query, those of the folders too
    names = unload("SELECT d, s, b FROM t", "p", spec + " PARTITION BY (d, s) MANIFEST")
    day, suffix, absent = "p/d=1992-01-02/", ".parquet" * (how == "PARQUET"), "__HIVE_DEFAULT_PARTITION__"
    assert names == [
        f"{day}s={absent}/0000_part_00{suffix}",
        f"{day}s={absent}/0001_part_00{suffix}",
        *(f"{day}s=many/{number:04}_part_00{suffix}" for number in range(SLICES)),
        f"{day}s=x%3D%2Fy/0000_part_00{suffix}",
        f"p/d={absent}/s=é/0000_part_00{suffix}",
        "p/manifest",
    ]
    assert len(json.loads(stage.read(f"{stage.uri}/p/manifest"))["entries"]) == 8
    data = stage.read(f"{stage.uri}/{day}s=x%3D%2Fy/0000_part_00{suffix}")
    if how == "PARQUET":
        assert pq.read_table(io.BytesIO(data)).to_pylist() == [{"b": "one"}]
    else:
        assert data == {"JSON": b'{"b":"one"}\n', "FIXEDWIDTH 'b:6'": b"one   \n"}.get(how, b"one\n")


def test_partition_columns_stay_when_included(pg, numbers, stage, unload):
    query = "SELECT a, a % 2 AS odd FROM n WHERE a < 4 ORDER BY a DESC"
    unload(query, "p/", "PARQUET PARTITION BY (odd) INCLUDE PARALLEL OFF")
    data = io.BytesIO(stage.read(f"{stage.uri}/p/odd=1/000.parquet"))
    assert pq.read_table(data).to_pylist() == [{"a": 3, "odd": 1}, {"a": 1, "odd": 1}]
    # CLEANPATH empties the folders that get files, and no other.
    stage.put("p/odd=0/old", "old")
    stage.put("p/odd=7/old", "old")
    assert unload(query, "p/", "PARQUET PARTITION BY (odd) PARALLEL OFF CLEANPATH") == [
        "p/odd=0/000.parquet", "p/odd=1/000.parquet", "p/odd=7/old",
    ]  # fmt: skip


def test_encryption_by_s3_is_asked_of_s3(local_server, numbers, stage, unload):
    key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    unload("SELECT * FROM n", "k_", f"CSV PARALLEL OFF MANIFEST ENCRYPTED KMS_KEY_ID '{key}'")
    bucket, _, prefix = stage.uri.removeprefix("s3://").partition("/")
    s3 = local_server["s3"]
    client = boto3.client(
        "s3", endpoint_url=s3["endpoint_url"], region_name=s3["region"], aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
    )  # fmt: skip
    with contextlib.closing(client):
        for name in ("k_000", "k_manifest"):
            head = client.head_object(Bucket=bucket, Key=f"{prefix}/{name}")
            assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert stage.read(f"{stage.uri}/k_000").startswith(b"0\n")
    assert "a_0000_part_00" in unload("SELECT * FROM n", "a_", "CSV ENCRYPTED AUTO")
    assert "b_000.parquet" in unload("SELECT * FROM n", "b_", "FORMAT PARQUET PARALLEL OFF ENCRYPTED")


def test_what_was_unloaded_is_in_the_log(pg, numbers, stage, unload):
    unload("SELECT * FROM n", "l_", "CSV GZIP")
    (query,) = pg.execute("SELECT pg_last_unload_id()").fetchone()
    assert pg.execute("SELECT pg_last_query_id()").fetchone() == (query,)
    found = pg.execute(
        "SELECT slice, TRIM(path), line_count, transfer_size, TRIM(file_format) FROM stl_unload_log "
        "WHERE query = pg_last_query_id() ORDER BY path"
    ).fetchall()
    sizes = [info.size for info in stage.store.list(f"{stage.uri}/l_")]
    paths = [f"{stage.uri}/l_{number:04}_part_00.gz" for number in range(SLICES)]
    assert found == [(i, paths[i], 25, sizes[i], "Text") for i in range(SLICES)]
    assert pg.execute(
        "SELECT TRIM(file_name), line_count, transfer_size FROM sys_unload_detail WHERE query_id = %s ORDER BY 1",
        (query,),
    ).fetchall() == [(paths[i], 25, sizes[i]) for i in range(SLICES)]
    assert pg.execute(
        "SELECT status, file_format, compression_type, unloaded_location, unloaded_rows, unloaded_files_count, "
        "unloaded_files_size, error_message FROM sys_unload_history WHERE query_id = %s AND duration >= 0", (query,)
    ).fetchall() == [("completed", "Text", "gzip", f"{stage.uri}/l_", 100, SLICES, sum(sizes), "")]  # fmt: skip
    with pytest.raises(psycopg.Error):
        unload("SELECT a / (a - 50) FROM n", "f_", "PARQUET")
    (failed, count) = pg.execute("SELECT pg_last_unload_id(), pg_last_unload_count()").fetchone()
    assert (failed > query, count) == (True, 0)
    assert pg.execute(
        "SELECT status, file_format, unloaded_files_count, error_message FROM sys_unload_history WHERE query_id = %s",
        (failed,),
    ).fetchall() == [("aborted", "Parquet", 0, "division by zero")]
    # What was refused before a row was read has changed nothing.
    with pytest.raises(psycopg.Error):
        unload("SELECT nothing FROM n", "g_")
    assert pg.execute("SELECT pg_last_unload_id()").fetchone() == (failed,)


def test_the_query_may_stand_between_dollars(pg, numbers, stage):
    pg.execute(f"UNLOAD ($$SELECT a, 'x' AS b FROM n WHERE a = 1$$) TO '{stage.uri}/d_' IAM_ROLE DEFAULT FORMAT AS CSV")
    assert stage.read(f"{stage.uri}/d_0000_part_00") == b"1,x\n"


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
        ("SELECT * FROM n", "CSV ADDQUOTES", "0A000"),
        ("SELECT * FROM n", "CSV FIXEDWIDTH 'a:3'", "0A000"),
        ("SELECT * FROM n", "CSV VERBOSE", "42601"),
        ("SELECT * FROM n", "CSV PARQUET", "42601"),
        ("SELECT * FROM n", "CSV GZIP BZIP2", "42601"),
        ("SELECT * FROM n", "CSV ROWGROUPSIZE 32 MB", "0A000"),
        ("SELECT * FROM n", "PARQUET ROWGROUPSIZE 31 MB", "22023"),
        ("SELECT * FROM n", "PARQUET DELIMITER ','", "0A000"),
        ("SELECT * FROM n", "PARQUET ESCAPE", "0A000"),
        ("SELECT * FROM n", "PARQUET ADDQUOTES", "0A000"),
        ("SELECT * FROM n", "PARQUET FIXEDWIDTH 'a:3'", "0A000"),
        ("SELECT * FROM n", "JSON DELIMITER ','", "0A000"),
        ("SELECT * FROM n", "JSON HEADER", "0A000"),
        ("SELECT * FROM n", "JSON FIXEDWIDTH 'a:3'", "0A000"),
        ("SELECT * FROM n", "JSON ADDQUOTES", "0A000"),
        ("SELECT * FROM n", "JSON ESCAPE", "0A000"),
        ("SELECT * FROM n", "JSON NULL AS 'x'", "0A000"),
        ("SELECT a, a FROM n", "JSON", "42701"),
        ("SELECT * FROM n", "FIXEDWIDTH 'a:3' HEADER", "0A000"),
        ("SELECT * FROM n", "FIXEDWIDTH 'a:3' DELIMITER ','", "0A000"),
        ("SELECT * FROM n", "FIXEDWIDTH 'a:3,b:2'", "42601"),
        ("SELECT * FROM n", "FIXEDWIDTH 'a'", "22023"),
        ("SELECT * FROM n", "FIXEDWIDTH 'a:1'", "XX000"),
        ("SELECT * FROM n", "DELIMITER ',,'", "22023"),
        ("SELECT * FROM n", "KMS_KEY_ID 'k'", "42601"),
        ("SELECT * FROM n", "ENCRYPTED AUTO KMS_KEY_ID 'k'", "0A000"),
        ("SELECT * FROM n", "ENCRYPTED MASTER_SYMMETRIC_KEY 'k'", "0A000"),
        ("SELECT * FROM n", "PARTITION BY (a)", "0A000"),
        ("SELECT * FROM n", "PARTITION BY (nowhere)", "42703"),
        ("SELECT a, a::DOUBLE PRECISION AS d FROM n", "PARTITION BY (d)", "0A000"),
        ("SELECT * FROM n", "PARTITION BY ('a')", "42601"),
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


@pytest.mark.parametrize("rows", [10, 2_000_000])
def test_an_object_that_s3_refuses_stops_the_unload(local_server, rows):
    """With few rows it is refused at the end, with many while they still come; those are in nobody's way then."""

    class Refusing:
        def list(self, uri):
            return []

        def put(self, uri, body, *, kms_key=""):
            if hasattr(body, "read"):
                body.read(1 << 20)
            raise ObjectStoreError("no", uri=uri, status=503, code="SlowDown")

    session = Upstream(Path(local_server["postgres"]), {"user": "awsuser", "database": "dev"})
    try:
        session.run("BEGIN")
        query = f"SELECT i, md5(i::text) FROM generate_series(1, {rows}) AS i"
        plan = Unload(query, "s3://bucket/x", {"IAM_ROLE": "default"})
        with pytest.raises(CopyError, match=r"S3ServiceException:.*,Status 503,Error SlowDown"):
            execute(prepare(plan, session), session, Refusing())
        session.run("ROLLBACK")
        assert session.rows("SELECT 1") == [["1"]]
    finally:
        session.close()


def test_a_bucket_that_is_not_there(pg, stage):
    with pytest.raises(psycopg.errors.InternalError_, match="S3ServiceException"):
        pg.execute(f"UNLOAD ('SELECT 1 AS a') TO 's3://no-such-bucket/x' IAM_ROLE '{stage.role}' CSV")
