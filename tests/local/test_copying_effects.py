"""What COPY leaves besides rows: the load views, defaults, encodings, statistics. AWS pages beside each test."""

from __future__ import annotations

import contextlib

import psycopg
import pytest


@pytest.fixture
def copy(pg, stage):
    """copy(table, data, parameters, name) loads one object."""

    def run(table, data, parameters="", name="file", connection=pg):
        uri = stage.put(name, data)
        connection.execute(f"COPY {table} FROM '{uri}' IAM_ROLE '{stage.role}' {parameters}")
        return uri

    return run


def rows(pg, query):
    return pg.execute(query).fetchall()


THIS = "WHERE query = pg_last_copy_id()"


def test_each_column_up_to_the_bad_one_is_told(pg, copy):
    # r_STL_LOADERROR_DETAIL: "all data columns including and prior to the column where the parse error occurred"
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(5), c INTEGER, d INTEGER)")
    with pytest.raises(psycopg.errors.InternalError_):
        copy("t", "1|x|2|3\n1201|\\N|aaa|4\n")
    told = rows(
        pg,
        "SELECT line_number, field, trim(colname), trim(value), is_null, trim(type), trim(col_length) "
        f"FROM stl_loaderror_detail {THIS} ORDER BY field",
    )
    assert told == [
        (2, 0, "a", "1201", 0, "int4", "0"), (2, 1, "b", "\\N", 0, "varchar", "5"), (2, 2, "c", "aaa", 0, "int4", "0"),
    ]  # fmt: skip


def test_no_more_than_20_errors_of_a_load_are_told_in_detail(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    copy("t", "x\n" * 25, "MAXERROR 100")
    assert rows(pg, f"SELECT count(*) FROM stl_loaderror_detail {THIS}") == [(20,)]
    assert rows(pg, f"SELECT count(*), count(DISTINCT line_number) FROM stl_load_errors {THIS}") == [(25, 25)]


def test_replacements(pg, copy):
    # r_STL_REPLACEMENTS
    pg.execute("CREATE TABLE t (a INTEGER, city VARCHAR(9), more VARCHAR(9))")
    uri = copy("t", b"1|a\xff|\xfe\n2|b|c\n3|d|\xe9\n", "ACCEPTINVCHARS '^'")
    told = rows(
        pg, f"SELECT trim(filename), line_number, trim(colname), trim(raw_line) FROM stl_replacements {THIS} ORDER BY 2"
    )
    assert told == [(uri, 1, "city", "1|a.|."), (uri, 3, "more", "3|d|.")]
    assert rows(pg, "SELECT * FROM t ORDER BY a") == [(1, "a^", "^"), (2, "b", "c"), (3, "d", "^")]
    copy("t", b"1|\xff|\n" * 450, "ACCEPTINVCHARS")
    assert rows(pg, f"SELECT count(*) FROM stl_replacements {THIS}") == [(100,)]


def test_one_row_for_each_copy(pg, stage, copy):
    # SYS_LOAD_HISTORY, SYS_LOAD_DETAIL, r_STL_LOAD_COMMITS
    pg.execute("CREATE TABLE t (a INTEGER)")
    stage.put("m/1", "1\n2\n")
    stage.put("m/2", "3\nx\n")
    source = f"{stage.uri}/m/"
    pg.execute(f"COPY t FROM '{source}' IAM_ROLE '{stage.role}' CSV MAXERROR 5")
    history = (
        "SELECT trim(table_name), status, data_source, file_format, loaded_rows, loaded_bytes, source_file_count, "
        "error_count, session_id = pg_backend_pid(), end_time >= start_time, duration >= 0, trim(database_name) = "
        "current_database() FROM sys_load_history WHERE query_id = pg_last_copy_id()"
    )
    assert rows(pg, history) == [("t", "completed", source, "csv", 3, 8, 2, 1, True, True, True, True)]
    detail = "SELECT trim(file_name), lines_scanned FROM sys_load_detail WHERE query_id = pg_last_copy_id() ORDER BY 1"
    assert rows(pg, detail) == [(source + "1", 2), (source + "2", 2)]
    commits = f"SELECT trim(filename), lines_scanned, trim(file_format), slice FROM stl_load_commits {THIS} ORDER BY 1"
    assert rows(pg, commits) == [(source + "1", 2, "Text", 0), (source + "2", 2, "Text", 1)]
    with pytest.raises(psycopg.errors.InternalError_):
        pg.execute(f"COPY t FROM '{source}' IAM_ROLE '{stage.role}' CSV")
    assert rows(pg, history)[0][:8] == ("t", "aborted", source, "csv", 0, 4, 1, 1)


def test_a_row_about_a_file_outlives_a_rollback(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    pg.execute("BEGIN")
    uri = copy("t", "1\n", name="rolled-back")
    pg.execute("ROLLBACK")
    assert rows(pg, f"SELECT count(*) FROM stl_load_commits WHERE trim(filename) = '{uri}'") == [(1,)]
    assert rows(pg, "SELECT * FROM t") == []


def test_others_do_not_see_it(pg, copy, local_server, shared, schema):
    # c_visibility-of-data
    pg.execute("CREATE TABLE t (a INTEGER)")
    name, password = f"u_{schema}", "Passw0rd1"
    pg.execute(f"CREATE USER {name} PASSWORD '{password}'")
    try:
        pg.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
        pg.execute(f"GRANT INSERT ON t TO {name}")
        with contextlib.closing(
            psycopg.connect(
                host=local_server["host"], port=local_server["port"], user=name, password=password, dbname=shared,
                sslmode="disable", autocommit=True,
            )
        ) as other:  # fmt: skip
            mine = copy("t", "1\nx\n", "MAXERROR 2", name="mine")
            own = copy(f"{schema}.t", "1\nx\n", "MAXERROR 2", name="own", connection=other)
            for view, column in (("stl_load_errors", "filename"), ("stl_load_commits", "filename")):
                seen = {row[0].strip() for row in other.execute(f"SELECT {column} FROM {view}").fetchall()}
                assert seen == {own}
                assert {mine, own} <= {row[0].strip() for row in pg.execute(f"SELECT {column} FROM {view}").fetchall()}
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="owner"):
                copy(f"{schema}.t", "1\n", "STATUPDATE ON", connection=other)
    finally:
        pg.execute("DROP TABLE t")
        pg.execute(f"REVOKE ALL ON SCHEMA {schema} FROM {name}")
        pg.execute(f"DROP USER {name}")


def test_a_default_has_one_value_for_a_copy(pg, copy):
    # c_loading_default_values
    pg.execute(
        "CREATE TABLE t (a INTEGER, b DOUBLE PRECISION DEFAULT RANDOM(), c INTEGER DEFAULT 7, "
        "d TIMESTAMP DEFAULT SYSDATE, e VARCHAR(3))"
    )
    copy("t (a)", "1\n2\n3\n")
    assert rows(pg, "SELECT count(DISTINCT b), min(c), max(c), count(DISTINCT d), count(e) FROM t") == [(1, 7, 7, 1, 0)]
    copy("t (a)", "4\n5\n")
    assert rows(pg, "SELECT count(DISTINCT b) FROM t") == [(2,)]
    pg.execute("INSERT INTO t (a) VALUES (6)")
    pg.execute("INSERT INTO t (a) VALUES (7)")
    assert rows(pg, "SELECT count(DISTINCT b) FROM t") == [(4,)]
    pg.execute("CREATE TABLE n (a INTEGER, b INTEGER NOT NULL, c INTEGER NOT NULL DEFAULT 1)")
    with pytest.raises(psycopg.errors.NotNullViolation, match="column b"):
        copy("n (a)", "1\n")


def encodings(pg, table="t"):
    return [row[0].strip() for row in rows(pg, f"SELECT encoding FROM pg_table_def WHERE tablename = '{table}'")]


DESIGN = "(a INTEGER ENCODE {0}, b VARCHAR(9) ENCODE {0}, c BOOLEAN ENCODE {0}, d DATE ENCODE {0} SORTKEY)"


@pytest.mark.parametrize(
    ("before", "parameters", "after"),
    [
        # Omitted: chosen by type, only if no column has an encoding other than RAW.
        ("RAW", "", ["az64", "lzo", "none", "none"]),
        ("ZSTD", "", ["zstd"] * 4),
        ("ZSTD", "COMPUPDATE PRESET", ["az64", "lzo", "none", "none"]),
        ("RAW", "COMPUPDATE OFF", ["none"] * 4),
        ("RAW", "COMPUPDATE FALSE", ["none"] * 4),
        # Too few rows for a sample: nothing changes.
        ("RAW", "COMPUPDATE ON", ["none"] * 4),
        ("RAW", "COMPUPDATE", ["none"] * 4),
    ],
)
def test_encodings_of_an_empty_table(pg, copy, before, parameters, after):
    # copy-parameters-data-load, COMPUPDATE
    pg.execute(f"CREATE TABLE t {DESIGN.format(before)}")
    copy("t", "1|x|t|2013-01-31\n", parameters)
    assert encodings(pg) == after
    # The table is not empty any more.
    copy("t", "1|x|t|2013-01-31\n", "COMPUPDATE PRESET" if before == "RAW" else "")
    assert encodings(pg) == after


def test_encodings_by_a_sample(pg, copy):
    pg.execute(f"CREATE TABLE t {DESIGN.format('RAW')}")
    copy("t", "1|x|t|2013-01-31\n" * 400_000, "COMPUPDATE ON COMPROWS 1000000")
    a, b, _, d = encodings(pg)
    assert a != "none" and b != "none" and d == "none"


def test_statistics(pg, copy, local_server, shared, schema):
    # copy-parameters-data-load, STATUPDATE: by default of a table that was empty.
    def estimate():
        return int(rows(pg, f"SELECT reltuples::bigint FROM pg_class WHERE oid = '{schema}.t'::regclass")[0][0])

    pg.execute("CREATE TABLE t (a INTEGER)")
    copy("t", "1\n" * 100)
    assert estimate() == 100
    copy("t", "1\n" * 50)
    assert estimate() == 100
    copy("t", "1\n" * 50, "STATUPDATE ON")
    assert estimate() == 200
    pg.execute("CREATE TABLE u (a INTEGER)")
    copy("u", "1\n" * 100, "STATUPDATE OFF")
    assert rows(pg, f"SELECT reltuples::bigint <= 0 FROM pg_class WHERE oid = '{schema}.u'::regclass") == [(True,)]
