"""COPY on the embedded server: AWS r_COPY and its parameter pages, r_Load_Error_Reference; REDSHIFT.md, section 6."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import gzip
import io
import json
import threading

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st


@pytest.fixture
def copy(pg, stage):
    """Runs COPY of an object or prefix (a name below the stage, or a URI) into a table."""

    def run(table, source, parameters="CSV", authorization=None):
        uri = source if source.startswith("s3://") else f"{stage.uri}/{source}"
        how = authorization or f"IAM_ROLE '{stage.role}'"
        return pg.execute(f"COPY {table} FROM '{uri}' {how} {parameters}")

    return run


def rows(pg, query="SELECT * FROM t"):
    return pg.execute(query).fetchall()


def load_error(pg):
    """The row of stl_load_errors about the last COPY of this session, its texts trimmed."""
    found = rows(
        pg,
        "SELECT trim(filename), line_number, trim(colname), trim(type), trim(col_length), position, "
        "trim(raw_field_value), err_code, trim(err_reason), trim(raw_line) FROM stl_load_errors WHERE query = "
        "pg_last_copy_id()",
    )
    assert len(found) == 1
    return found[0]


# --- formats ----------------------------------------------------------------------------------------------------------


def test_csv_of_every_type(pg, stage, copy):
    pg.execute(
        "CREATE TABLE t (a SMALLINT, b INTEGER, c BIGINT, d DECIMAL(8,2), e REAL, f DOUBLE PRECISION, g BOOLEAN, "
        "h CHAR(3), i VARCHAR(20), j DATE, k TIMESTAMP, l TIMESTAMPTZ, m TIME)"
    )
    stage.put(
        "t.csv",
        '-1,+2,3,20.259,1.5,-2e10,t,ab,"it\'s ""x"", é",2013-01-31,2013-01-31 01:02:03.5,2013-01-31 01:02:03+02,01:02\n'
        ",,,,,,,,,,,,\n"
        " , ,,  ,,,,,,,,,\n",
    )
    copy("t", "t.csv")
    full, empty, blank = rows(pg)
    assert full == (
        -1, 2, 3,
        decimal.Decimal("20.25"),  # COPY cuts what has no place; INSERT rounds
        1.5, -2e10, True, "ab ", 'it\'s "x", é', dt.date(2013, 1, 31), dt.datetime(2013, 1, 31, 1, 2, 3, 500000),
        dt.datetime(2013, 1, 30, 23, 2, 3, tzinfo=dt.UTC), dt.time(1, 2),
    )  # fmt: skip
    # An empty field of a type other than CHAR and VARCHAR is NULL; an empty string stays one.
    nulls = [None] * 7 + ["   ", ""] + [None] * 4
    assert empty == blank == tuple(nulls)
    pg.execute("INSERT INTO t (d) VALUES (20.259)")
    assert rows(pg, "SELECT d FROM t WHERE a IS NULL AND d IS NOT NULL") == [(decimal.Decimal("20.26"),)]


def test_delimited_text_takes_quotes_for_data(pg, stage, copy):
    pg.execute("CREATE TABLE t (a VARCHAR(20), b INTEGER)")
    stage.put("t.txt", 'x "y"|1\n"a|2\n\\N|\\N\n')
    copy("t", "t.txt", "")
    assert rows(pg) == [('x "y"', 1), ('"a', 2), (None, None)]
    pg.execute("DELETE FROM t")
    stage.put("t.tsv", "a|b\t1\n")
    for delimiter in (r"\\t", r"\t", r"\\011"):
        copy("t", "t.tsv", f"DELIMITER '{delimiter}'")
    assert rows(pg) == [("a|b", 1)] * 3


def test_the_parameters_of_the_talk(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b CHAR(3), c VARCHAR(20), d INTEGER)")
    stage.put("t.txt", "1,'abc',\"x, y\",2\n2,None,,None\n'3','  ',\"it's\",\"4\"\n")
    copy("t", "t.txt", "DELIMITER ',' REMOVEQUOTES NULL AS 'None' EMPTYASNULL BLANKSASNULL")
    assert rows(pg) == [(1, "abc", "x, y", 2), (2, None, None, None), (3, None, "it's", 4)]


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ("", ["", " ", "NA", "x "]),
        ("NULL AS 'NA'", ["", " ", None, "x "]),
        ("EMPTYASNULL", [None, " ", "NA", "x "]),
        ("BLANKSASNULL", ["", None, "NA", "x "]),
        ("EMPTYASNULL BLANKSASNULL NULL 'NA'", [None, None, None, "x "]),
        ("NULL AS ''", [None, " ", "NA", "x "]),
    ],
)
@pytest.mark.parametrize("format_", ["CSV", "DELIMITER ','"])
def test_what_becomes_null(pg, stage, copy, format_, parameters, wanted):
    pg.execute("CREATE TABLE t (n INTEGER, a VARCHAR(5))")
    stage.put("t.csv", "1,\n2, \n3,NA\n4,x \n")
    copy("t", "t.csv", f"{format_} {parameters}")
    assert [value for (value,) in rows(pg, "SELECT a FROM t ORDER BY n")] == wanted


def test_headers_blank_lines_and_blanks_beside_quotes(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(9))")
    stage.put("h/1.csv", "a,b\r\n1,x\r\n")
    stage.put("h/2.csv", "a,b\n2,y")
    copy("t", "h/", "CSV IGNOREHEADER 1")
    assert sorted(rows(pg)) == [(1, "x"), (2, "y")]
    stage.put("b.csv", '3,z\n\n4, "q, r" \n\n')
    copy("t", "b.csv", "CSV IGNOREBLANKLINES")
    assert sorted(rows(pg))[2:] == [(3, "z"), (4, "q, r")]
    with pytest.raises(psycopg.Error):
        copy("t", "b.csv", "CSV")
    assert load_error(pg)[1] == 2
    with pytest.raises(psycopg.Error):
        copy("t", "h/", "CSV IGNOREHEADER 0")
    assert len(rows(pg)) == 4


def test_gzip(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("1.gz", gzip.compress(b"1\n2\n") + gzip.compress(b"3\n"))
    copy("t", "1.gz", "CSV GZIP")
    assert rows(pg) == [(1,), (2,), (3,)]
    # It is never guessed from the name, and half a file is no file.
    with pytest.raises(psycopg.Error):
        copy("t", "1.gz", "CSV")
    stage.put("2.gz", gzip.compress(b"4\n" * 10_000)[:-20])
    with pytest.raises(psycopg.Error, match=r"2\.gz"):
        copy("t", "2.gz", "CSV GZIP")
    assert len(rows(pg)) == 3


def parquet(table):
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_parquet_goes_by_position(pg, stage, copy):
    pg.execute(
        "CREATE TABLE t (a INTEGER, b VARCHAR(9), c DECIMAL(9,2), d TIMESTAMP, e BOOLEAN, f DOUBLE PRECISION, g DATE)"
    )
    moment = dt.datetime(2013, 1, 31, 1, 2, 3, 123456)
    table = pa.table(
        {
            "z": pa.array([1, None], pa.int32()),
            "y": pa.array(["é", ""]),
            "x": pa.array([decimal.Decimal("1.25"), None], pa.decimal128(9, 2)),
            "w": pa.array([moment, None], pa.timestamp("us")),
            "v": pa.array([True, None]),
            "u": pa.array([1.5, float("nan")]),
            "s": pa.array([dt.date(2013, 1, 31), None]),
        }
    )
    stage.put("t.parquet", parquet(table))
    copy("t", "t.parquet", "FORMAT AS PARQUET")
    first, second = rows(pg)
    assert first == (1, "é", decimal.Decimal("1.25"), moment, True, 1.5, dt.date(2013, 1, 31))
    assert second[:5] == (None, "", None, None, None) and second[5] != second[5]


values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10) | st.text(
    '",\n\r\\ N|x', max_size=6
)


@trials(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(st.none() | values, st.none() | values), max_size=5))
def test_what_pythons_csv_writes_loads_back_equal(pg, stage, copy, table):
    out = io.StringIO()
    csv.writer(out).writerows((n, *("@null@" if v is None else v for v in row)) for n, row in enumerate(table))
    stage.put("t.csv", out.getvalue())
    pg.execute("DROP TABLE IF EXISTS t")
    pg.execute("CREATE TABLE t (n INTEGER, a VARCHAR(100), b VARCHAR(100))")
    copy("t", "t.csv", "CSV NULL AS '@null@'")
    assert rows(pg, "SELECT a, b FROM t ORDER BY n") == table


# --- sources ----------------------------------------------------------------------------------------------------------


def test_every_object_whose_key_starts_with_the_prefix_loads(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    for number, name in enumerate(("p/a.csv", "p/a.csv.bak", "p/a.csv_2/x", "p/b.csv")):
        stage.put(name, f"{number}\n")
    copy("t", "p/a.csv")
    assert sorted(rows(pg)) == [(0,), (1,), (2,)]
    with pytest.raises(psycopg.Error, match="does not exist"):
        copy("t", "p/nothing")
    assert len(rows(pg)) == 3


def manifest(*entries):
    return json.dumps({"entries": list(entries)})


def test_a_manifest_names_its_files(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    one, two = stage.put("one.csv", "1\n"), stage.put("two.csv", "2\n")
    absent = {"url": f"{stage.uri}/absent.csv"}
    stage.put("m", manifest({"url": one, "mandatory": True}, {"url": two}, {"url": two}, absent))
    copy("t", "m", "MANIFEST CSV")
    assert sorted(rows(pg)) == [(1,), (2,), (2,)]
    for text, message in (
        (manifest({"url": one}, {**absent, "mandatory": True}), "absent.csv is mandatory and was not found"),
        (manifest(absent), "No file of the manifest"),
        (manifest(), "No file of the manifest"),
        ("[]", "not a manifest"),
        ("{", "not a manifest"),
        (manifest({"url": one, "meta": {"content_length": 99}}), "The size of"),
    ):
        stage.put("m", text)
        with pytest.raises(psycopg.Error, match=message):
            copy("t", "m", "MANIFEST CSV")
    with pytest.raises(psycopg.Error, match="S3ServiceException"):
        copy("t", "no-manifest", "MANIFEST CSV")
    # Parquet needs to know how long each file is.
    file = parquet(pa.table({"a": pa.array([7], pa.int32())}))
    uri = stage.put("t.parquet", file)
    stage.put("m", manifest({"url": uri}))
    with pytest.raises(psycopg.Error, match="content_length"):
        copy("t", "m", "MANIFEST PARQUET")
    stage.put("m", manifest({"url": uri, "meta": {"content_length": len(file)}}))
    copy("t", "m", "MANIFEST PARQUET")
    assert sorted(rows(pg)) == [(1,), (2,), (2,), (7,)]


def test_a_bucket_that_is_not_there(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(
        psycopg.errors.InternalError_, match="S3ServiceException:The specified bucket does not exist,Status 404"
    ):
        copy("t", "s3://no-such-bucket/x")


# --- columns ----------------------------------------------------------------------------------------------------------


def test_a_column_list_is_the_order_of_the_file(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(9) DEFAULT 'none', c INTEGER NOT NULL DEFAULT 5)")
    stage.put("t.csv", "7,1\n")
    copy("t (c, a)", "t.csv")
    copy("t (a, c)", "t.csv")
    assert rows(pg) == [(1, "none", 7), (7, "none", 1)]
    for listed, state in (("(a, nope)", "42703"), ("(a, a)", "42701")):
        with pytest.raises(psycopg.Error) as caught:
            copy(f"t {listed}", "t.csv")
        assert caught.value.sqlstate == state
    with pytest.raises(psycopg.errors.UndefinedTable):
        copy("nope", "t.csv")


def test_identity_columns(pg, stage, copy):
    pg.execute("CREATE TABLE t (k INTEGER IDENTITY(1,1), a VARCHAR(9))")
    stage.put("plain.csv", "x\ny\n")
    copy("t", "plain.csv")
    assert len({k for k, _ in rows(pg)}) == 2 and {a for _, a in rows(pg)} == {"x", "y"}
    stage.put("ids.csv", "70,z\n")
    copy("t", "ids.csv", "CSV EXPLICIT_IDS")
    copy("t (k, a)", "ids.csv", "CSV EXPLICIT_IDS")
    assert rows(pg, "SELECT a FROM t WHERE k = 70") == [("z",)] * 2
    for listed, parameters in (("(k, a)", "CSV"), ("(a)", "CSV EXPLICIT_IDS")):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match='"k"'):
            copy(f"t {listed}", "ids.csv", parameters)
    pg.execute("CREATE TABLE d (k INTEGER GENERATED BY DEFAULT AS IDENTITY(1,1), a VARCHAR(9))")
    copy("d", "ids.csv")
    copy("d (a)", "plain.csv")
    assert len(rows(pg, "SELECT * FROM d")) == 3
    assert rows(pg, "SELECT a FROM d WHERE k = 70") == [("z",)]


# --- errors -----------------------------------------------------------------------------------------------------------

# column, field, code, reason, type, length: r_Load_Error_Reference and texts of clusters (REDSHIFT.md, section 6)
MULTIBYTE = "Multibyte character not supported for CHAR (Hint: Try using VARCHAR)."
BAD_MOMENT = "Error in Timestamp value or format [%Y-%m-%d %H:%M:%S]"
BAD_FIELDS = [
    ("INTEGER", "a12", 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer", "int4", "0"),
    ("INTEGER", "12a", 1207, "Invalid digit, Value 'a', Pos 2, Type: Integer", "int4", "0"),
    ("SMALLINT", "1.5", 1207, "Invalid digit, Value '.', Pos 1, Type: Short", "int2", "0"),
    ("BIGINT", "x", 1207, "Invalid digit, Value 'x', Pos 0, Type: Long", "int8", "0"),
    ("INTEGER", "2147483648", 1222, None, "int4", "0"),
    ("VARCHAR(3)", "ééé", 1204, "String length exceeds DDL length", "varchar", "3"),
    ("VARCHAR(3)", "abcd", 1204, "String length exceeds DDL length", "varchar", "3"),
    ("CHAR(3)", "abcd", 1204, "Char length exceeds DDL length", "char", "3"),
    ("CHAR(3)", "é", 1220, f"{MULTIBYTE} Invalid char: c3 a9", "char", "3"),
    ("DATE", "2013-02-30", 1205, None, "date", "0"),
    ("DATE", "30.01.2013", 1205, None, "date", "0"),
    ("TIMESTAMP", "2013-01-01 25:00:00", 1206, BAD_MOMENT, "timestamp", "0"),
    ("DOUBLE PRECISION", "x", 1208, None, "float8", "0"),
    ("DECIMAL(5,2)", "1x", 1209, None, "numeric", "5, 2"),
    ("DECIMAL(5,2)", "1234", 1204, None, "numeric", "5, 2"),
    ("BOOLEAN", "maybe", 1210, None, "boolean", "0"),
    ("INTEGER NOT NULL", "", 1213, "Missing data for not-null field", "int4", "0"),
    ("VARCHAR(3) NOT NULL", "\\N", 1213, "Missing data for not-null field", "varchar", "3"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "code", "reason", "shown", "length"), BAD_FIELDS)
def test_a_bad_field_is_told_with_file_line_column_and_reason(
    pg, stage, copy, kind, field, code, reason, shown, length
):
    pg.execute(f"CREATE TABLE t (k VARCHAR(9), bad {kind})")
    uri = stage.put("t.csv", f"é1,\né2,{field}\n" if not kind.endswith("NULL") else f"é2,{field}\n")
    line = 1 if kind.endswith("NULL") else 2
    with pytest.raises(psycopg.Error) as caught:
        copy("t", "t.csv")
    assert caught.value.sqlstate == "XX000"
    said = "Load into table 't' failed.  Check 'stl_load_errors' system table for details."
    assert caught.value.diag.message_primary == said
    file, number, column, type_, size, position, value, error, why, raw = load_error(pg)
    dotted = field.replace("é", ".")  # multibyte characters are shown as a period
    assert (file, number, column, type_, size, value, error) == (uri, line, "bad", shown, length, dotted, code)
    assert position == len("é2,".encode())
    assert raw == f".2,{dotted}"
    assert why == reason or (reason is None and why)
    assert rows(pg) == []
    (newer,) = rows(
        pg,
        "SELECT trim(file_name), line_number, trim(column_name), error_code, trim(error_message), "
        "table_id, session_id = pg_backend_pid() FROM sys_load_error_detail WHERE query_id = pg_last_copy_id()",
    )
    assert newer[:5] == (uri, line, "bad", code, why) and newer[6]


@pytest.mark.parametrize(
    ("data", "line", "code"),
    [
        (b"1,x\n2\n", 2, 1214),
        (b"1,x\n2,y,z\n", 2, 1202),
        (b'1,x\n2,"y\n3,z\n', 2, 1216),
        (b'1,"x"y\n', 1, 1214),
        (b'1,x"y\n', 1, 1214),
        (b"1,x\n2,\xff\xfe\n", 2, 1220),
        (b"1,x\n\n2,y\n", 2, 1214),
    ],
)
def test_a_bad_line_is_told(pg, stage, copy, data, line, code):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(9))")
    uri = stage.put("t.csv", data)
    with pytest.raises(psycopg.errors.InternalError_):
        copy("t", "t.csv")
    found = load_error(pg)
    assert (found[0], found[1], found[7]) == (uri, line, code)
    assert found[8] and found[9] in data.decode("latin-1").replace("\xff", ".").replace("\xfe", ".")
    assert rows(pg) == []


def test_an_unmatched_quote_under_removequotes(pg, stage, copy):
    pg.execute("CREATE TABLE t (a VARCHAR(9), b INTEGER)")
    stage.put("t.txt", "'x',1\n'y,2\n")
    with pytest.raises(psycopg.errors.InternalError_):
        copy("t", "t.txt", "DELIMITER ',' REMOVEQUOTES")
    assert load_error(pg)[1] == 2
    assert rows(pg) == []


def test_lengths_are_bytes_and_surplus_blanks_are_cut(pg, stage, copy):
    pg.execute("CREATE TABLE t (a VARCHAR(4), b CHAR(2))")
    stage.put("t.csv", "éé,ab\nab    ,a    \n")
    copy("t", "t.csv")
    assert rows(pg) == [("éé", "ab"), ("ab  ", "a ")]


def test_a_copy_is_atomic_over_all_its_files(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    pg.execute("INSERT INTO t VALUES (0)")
    stage.put("f/1.csv", "1\n")
    stage.put("f/2.csv", "2\nx\n")
    stage.put("f/3.csv", "3\n")
    with pytest.raises(psycopg.errors.InternalError_):
        copy("t", "f/")
    assert load_error(pg)[:2] == (f"{stage.uri}/f/2.csv", 2)
    assert rows(pg) == [(0,)]
    assert rows(pg, "SELECT pg_last_copy_count()") == [(0,)]
    stage.put("f/2.csv", "2\n")
    copy("t", "f/")
    assert sorted(rows(pg)) == [(0,), (1,), (2,), (3,)]
    assert rows(pg, "SELECT pg_last_copy_count()") == [(3,)]
    commits = rows(
        pg, "SELECT trim(filename), lines_scanned FROM stl_load_commits WHERE query = pg_last_copy_id() ORDER BY 1"
    )
    assert commits == [(f"{stage.uri}/f/{n}.csv", 1) for n in (1, 2, 3)]


def test_inside_a_transaction(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("good.csv", "1\n")
    stage.put("bad.csv", "x\n")
    pg.execute("BEGIN")
    copy("t", "good.csv")
    assert rows(pg) == [(1,)]
    pg.execute("ROLLBACK")
    assert rows(pg) == []
    pg.execute("BEGIN")
    copy("t", "good.csv")
    with pytest.raises(psycopg.errors.InternalError_):
        copy("t", "bad.csv")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        pg.execute("SELECT 1")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        copy("t", "good.csv")
    pg.execute("COMMIT")
    assert rows(pg) == []
    # What was wrong outlives the transaction that met it.
    told = rows(pg, f"SELECT line_number FROM stl_load_errors WHERE filename LIKE '{stage.uri}/bad.csv%'")
    assert told == [(1,)]


def test_a_copy_that_waits_can_be_cancelled_and_is_not_tried_again(pg, stage, copy, local_server, shared, schema):
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("t.csv", "1\n")
    other = psycopg.connect(local_server["psql"].replace("/dev?", f"/{shared}?"))
    try:
        other.execute(f"LOCK {schema}.t")
        done = threading.Event()

        def keep_cancelling():  # the first may come before the statement
            while not done.wait(0.05):
                pg.cancel_safe()

        canceller = threading.Thread(target=keep_cancelling)
        canceller.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            copy("t", "t.csv")
        done.set()
        canceller.join()
    finally:
        other.close()
    assert rows(pg) == []
    assert rows(pg, f"SELECT count(*) FROM stl_load_errors WHERE filename LIKE '{stage.uri}/%'") == [(0,)]


# --- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "state", "message"),
    [
        ("CSV NONSENSE", "42601", "NONSENSE"),
        ("CSV CSV", "42601", "CSV"),
        ("CSV REMOVEQUOTES", "0A000", "REMOVEQUOTES"),
        ("QUOTE '%'", "42601", "QUOTE needs CSV"),
        ("DELIMITER 'ab'", "22023", "delimiter"),
        ("CSV IGNOREHEADER x", "42601", "x"),
        ("CSV PARALLEL ON", "42601", "PARALLEL"),
        ("CSV IAM_ROLE default", "42601", "IAM_ROLE"),
        ("CSV CREDENTIALS 'aws_iam_role=x'", "42601", "CREDENTIALS"),
        ("CSV ESCAPE", "0A000", "ESCAPE cannot stand with CSV"),
        ("CSV JSON 'auto'", "42601", "CSV and JSON exclude each other"),
        ("MAXERROR 100001", "22023", "MAXERROR is 0 to 100000"),
        ("MAXERROR 2 IGNOREALLERRORS", "42601", "exclude each other"),
        ("GZIP ZSTD", "42601", "exclude each other"),
        ("FIXEDWIDTH 'a:1' DELIMITER ','", "0A000", "DELIMITER cannot stand with FIXEDWIDTH"),
        ("FIXEDWIDTH 'a'", "22023", "FIXEDWIDTH"),
        ("ACCEPTINVCHARS 'ab'", "22023", "ACCEPTINVCHARS"),
        ("DATEFORMAT 'YYYY'", "22007", "no whole date"),
        ("TIMEFORMAT 'YYYY-MM-DD DD HH'", "22007", "twice"),
    ],
)
def test_parameters_that_cannot_be(pg, stage, copy, parameters, state, message):
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("t.csv", "1\n")
    with pytest.raises(psycopg.Error, match=message) as caught:
        copy("t", "t.csv", parameters)
    assert caught.value.sqlstate == state
    assert rows(pg) == []


NOT_EMULATED = ["SHAPEFILE", "LZOP", "ENCRYPTED MASTER_SYMMETRIC_KEY 'k'", "SSH", "READRATIO 50", "DATEFORMAT 'J'"]


@pytest.mark.parametrize("parameter", NOT_EMULATED)
def test_parameters_that_are_not_emulated_are_refused_by_name(pg, stage, copy, parameter):
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("t.csv", "1\n")
    with pytest.raises(psycopg.errors.FeatureNotSupported) as caught:
        copy("t", "t.csv", parameter)
    assert caught.value.diag.message_primary.startswith("not emulated")
    assert parameter.split()[0] in caught.value.diag.message_primary
    assert rows(pg) == []


@pytest.mark.parametrize(
    "authorization",
    [
        "IAM_ROLE default",
        "CREDENTIALS 'aws_iam_role=arn:aws:iam::123456789012:role/x'",
        "WITH CREDENTIALS AS 'aws_access_key_id=AKIAX;aws_secret_access_key=s3cr3t;token=t0ken'",
        "ACCESS_KEY_ID 'AKIAX' SECRET_ACCESS_KEY 's3cr3t' SESSION_TOKEN 't0ken'",
    ],
)
def test_ways_to_authorize(pg, stage, copy, authorization):
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("t.csv", "1\n")
    copy("t", "t.csv", "CSV", authorization)
    assert rows(pg) == [(1,)]


SECRET = "wJalrXUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    "authorization",
    [
        f"ACCESS_KEY_ID 'AKIAX' SECRET_ACCESS_KEY '{SECRET}'",
        f"CREDENTIALS 'aws_access_key_id=AKIAX;aws_secret_access_key={SECRET}'",
        f"CREDENTIALS 'aws_access_key_id=AKIAX; aws_secret={SECRET}'",
        f"IAM_ROLE '{SECRET}'",
        f"'{SECRET}'",
        f"SECRET_ACCESS_KEY '{SECRET}'",
        f"ACCESS_KEY_ID 'AKIAX' SECRET_ACCESS_KEY '{SECRET}' NONSENSE",
    ],
)
def test_a_credential_is_in_no_error_view_or_log(pg, stage, copy, local_server, authorization):
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("t.csv", "x\n")
    with pytest.raises(psycopg.Error) as caught:
        copy("t", "t.csv", "CSV", authorization)
    diagnosis = caught.value.diag
    for text in (
        str(caught.value),
        diagnosis.message_detail,
        diagnosis.message_hint,
        diagnosis.context,
        diagnosis.internal_query,
    ):
        assert SECRET not in (text or "")
    state = local_server["home"] / ".warehouse"
    logs = [path for path in state.rglob("*.log") if path.is_file()]
    assert logs
    for path in logs:
        assert SECRET not in path.read_text(errors="replace")
    assert SECRET not in str(rows(pg, f"SELECT * FROM stl_load_errors WHERE filename LIKE '{stage.uri}/%'"))


def test_the_form_of_a_role(pg, stage):
    pg.execute("CREATE TABLE t (a INTEGER)")
    uri = stage.put("t.csv", "1\n")
    pages = "arn:aws:iam::0123456789012:role/MyRedshiftRole"  # as AWS's pages write it (r_COPY_command_examples)
    pg.execute(f"COPY t FROM '{uri}' IAM_ROLE '{pages}' CSV")
    assert rows(pg, "SELECT a FROM t") == [(1,)]
    for wrong in ("MyRedshiftRole", "arn:aws:iam::mine:role/MyRedshiftRole", "arn:aws:iam::0123456789012:user/me"):
        with pytest.raises(psycopg.Error, match="Must be of the format: arn:aws:iam::<account>:role/<name>"):
            pg.execute(f"COPY t FROM '{uri}' IAM_ROLE '{wrong}' CSV")


def test_without_credentials(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    uri = stage.put("t.csv", "1\n")
    with pytest.raises(psycopg.Error, match="credentials"):
        pg.execute(f"COPY t FROM '{uri}' CSV")
    for source in ("/tmp/t.csv", "s3://", "http://x/y"):
        with pytest.raises(psycopg.Error, match="s3://"):
            copy("t", "s3://") if source == "s3://" else pg.execute(f"COPY t FROM '{source}' IAM_ROLE default CSV")
