"""Unmodified clients: redshift_connector, psycopg2, psycopg 3, psql, and SQLAlchemy through sqlalchemy-redshift."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import gc
import os
import shutil
import socket
import subprocess
import threading
import warnings
from pathlib import Path

import psycopg
import psycopg2
import pytest
import redshift_connector
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from warehouse import migrate
from warehouse.discipline.config import FOREIGN_TABLES
from warehouse.models import Customer, Flight
from warehouse.objectstore import ObjectStore
from warehouse.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]
LIMIT = 30


def connect(driver, server, database, **given):
    address = {
        "host": server["host"], "port": server["port"], "user": server["user"], "password": server["password"], **given
    }  # fmt: skip
    if driver is redshift_connector:
        return driver.connect(database=database, ssl=False, **address)
    return driver.connect(dbname=database, sslmode="disable", **address)


drivers = pytest.mark.parametrize("driver", [redshift_connector, psycopg2, psycopg], ids=lambda driver: driver.__name__)


# Of a statement that takes hours, and holds no more than it needs for it.
SLOW = "SELECT count(*) FROM pg_type a, pg_type b, pg_type c, pg_type d, pg_type e"


def in_schema(driver, server, database, schema, **given):
    connection = connect(driver, server, database, **given)
    run(connection, f"SET search_path TO {schema}")
    if not given:
        connection.commit()
    return connection


@pytest.fixture
def opened(driver, local_server, shared, schema):
    with contextlib.closing(in_schema(driver, local_server, shared, schema)) as connection:
        yield connection


def sqlstate(error):
    """The SQLSTATE of an error, where each driver keeps it."""
    if isinstance(error, redshift_connector.Error):
        return error.args[0]["C"]
    return getattr(error, "pgcode", None) or error.sqlstate


def run(connection, statement, parameters=None):
    cursor = connection.cursor()
    cursor.execute(statement, parameters) if parameters is not None else cursor.execute(statement)
    return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


# --- each driver ------------------------------------------------------------------------------------------------------


@drivers
def test_a_wrong_password_is_told_as_such(driver, local_server):
    with warnings.catch_warnings():
        # redshift_connector leaves the socket of a refused login open.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(driver.Error) as caught:
            connect(driver, local_server, "dev", password="wrong")
        assert 'password authentication failed for user "awsuser"' in str(caught.value)
        del caught
        gc.collect()


@drivers
def test_transactions(driver, opened):
    run(opened, "CREATE TABLE t (a INTEGER)")
    opened.commit()
    run(opened, "INSERT INTO t VALUES (1)")
    opened.rollback()
    assert run(opened, "SELECT count(*) FROM t") == [(0,)]
    run(opened, "INSERT INTO t VALUES (2)")
    run(opened, "CREATE TABLE u (a INTEGER) SORTKEY(a)")
    opened.rollback()
    assert run(opened, "SELECT count(*) FROM pg_table_def WHERE tablename = 'u'") == [(0,)]
    run(opened, "INSERT INTO t VALUES (3)")
    opened.commit()
    assert run(opened, "SELECT a FROM t") == [(3,)]


VALUES = [
    ("SMALLINT", -32768),
    ("INTEGER", 2**31 - 1),
    ("BIGINT", -(2**63)),
    ("DECIMAL(20,4)", decimal.Decimal("-1234567890123456.7890")),
    ("DOUBLE PRECISION", 1.5e300),
    ("REAL", 0.25),
    ("BOOLEAN", True),
    ("VARCHAR(40)", "it's \\ % %s $1 é 雪"),
    ("CHAR(3)", "abc"),
    ("DATE", dt.date(2013, 1, 31)),
    ("TIMESTAMP", dt.datetime(2013, 1, 31, 23, 59, 59, 999999)),
    ("TIMESTAMPTZ", dt.datetime(2013, 1, 31, 23, 59, 59, tzinfo=dt.UTC)),
    ("TIME", dt.time(23, 59, 59)),
    ("VARCHAR(5)", None),
    ("INTEGER", None),
]


@drivers
def test_parameters_of_every_type_come_back(driver, opened):
    columns = ", ".join(f"c{i} {kind}" for i, (kind, _) in enumerate(VALUES))
    run(opened, f"CREATE TABLE t ({columns})")
    marks = ", ".join(["%s"] * len(VALUES))
    given = [value for _, value in VALUES]
    run(opened, f"INSERT INTO t VALUES ({marks})", given)
    assert run(opened, "SELECT * FROM t") == [tuple(given)]
    assert run(opened, "SELECT c7 FROM t WHERE c7 = %s AND c9 = %s", [given[7], given[9]]) == [(given[7],)]


@drivers
def test_executemany(driver, opened):
    run(opened, "CREATE TABLE t (a INTEGER, b VARCHAR(10))")
    rows = [(i, f"'{i}\\") for i in range(500)]
    opened.cursor().executemany("INSERT INTO t VALUES (%s, %s)", rows)
    opened.commit()
    assert run(opened, "SELECT a, b FROM t ORDER BY a") == rows


@drivers
@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("SELECT nonsense", "42703"),
        ("SELECT * FROM nowhere", "42P01"),
        ("SELECT 1/0", "22012"),
        ("SELECT 'x'::INTEGER", "22P02"),
        ("SELECT 40000::SMALLINT", "22003"),
        ("INSERT INTO t VALUES ('abcd')", "22001"),
        ("INSERT INTO t VALUES ('ééé')", "22001"),
        ("INSERT INTO t VALUES (NULL)", "XX000"),
        ("INSERT INTO t VALUES ('a') RETURNING a", "42601"),
        ("CREATE TABLE t (a INTEGER)", "42P07"),
        ("CREATE TABLE u (a INTEGER DISTKEY) DISTSTYLE ALL", "42P16"),
        ("SAVEPOINT s", "0A000"),
        ("CREATE INDEX i ON t (a)", "0A000"),
        ("COPY t FROM 's3://nowhere/x' IAM_ROLE default", "XX000"),
        ("SELEC 1", "0A000"),
        ("SELECT (", "42601"),
    ],
)
def test_errors_carry_their_sqlstate_and_abort_the_transaction(driver, opened, statement, state):
    run(opened, "CREATE TABLE t (a VARCHAR(3) NOT NULL)")
    with pytest.raises(driver.Error) as caught:
        run(opened, statement)
    assert sqlstate(caught.value) == state
    for next_one in ("SELECT 1", "CREATE INDEX i ON t (a)", "COPY t FROM 's3://nowhere/x' IAM_ROLE default"):
        with pytest.raises(driver.Error) as caught:
            run(opened, next_one)
        assert sqlstate(caught.value) == "25P02"
    opened.commit()  # which rolls back, and says no error
    assert run(opened, "SELECT count(*) FROM pg_table_def WHERE tablename = 't'") == [(0,)]
    opened.rollback()
    assert run(opened, "SELECT 1") == [(1,)]


@drivers
def test_a_large_result_and_a_large_statement(driver, opened):
    run(opened, "CREATE TABLE t (a INTEGER, b VARCHAR(65535))")
    text = "x" * 65_535
    statement = "INSERT INTO t VALUES " + ", ".join(f"({i}, '{text}')" for i in range(40))
    run(opened, statement)  # 2.6 MB
    rows = run(opened, "SELECT a, b FROM t ORDER BY a")
    assert rows == [(i, text) for i in range(40)]
    assert run(opened, "SELECT count(*) FROM t x, t y, t z, t w WHERE x.a < 10") == [(10 * 40**3,)]


@pytest.mark.parametrize("driver", [psycopg2, psycopg], ids=lambda driver: driver.__name__)
def test_a_statement_can_be_cancelled(driver, opened):
    run(opened, f"SET statement_timeout TO {LIMIT * 1000}")
    cancel = opened.cancel if driver is psycopg2 else opened.cancel_safe
    done = threading.Event()

    def keep_cancelling():  # the first may come before the statement
        while not done.wait(0.05):
            cancel()

    canceller = threading.Thread(target=keep_cancelling)
    canceller.start()
    with pytest.raises(driver.Error) as caught:
        run(opened, SLOW)
    done.set()
    canceller.join()
    assert sqlstate(caught.value) == "57014"
    assert "timeout" not in str(caught.value)
    opened.rollback()
    assert run(opened, "SELECT 1") == [(1,)]


@drivers
def test_statement_timeout(driver, opened):
    run(opened, "SET statement_timeout TO 50")
    with pytest.raises(driver.Error) as caught:
        run(opened, SLOW)
    assert sqlstate(caught.value) == "57014"


def test_what_a_client_that_left_was_waiting_for_is_ended(local_server, shared, schema):
    with contextlib.closing(in_schema(psycopg, local_server, shared, schema)) as other:
        other.execute("CREATE TABLE t (a INTEGER)")
        other.commit()
        leaver = in_schema(psycopg, local_server, shared, schema)
        leaver.execute("INSERT INTO t VALUES (1)")
        leaver.pgconn.send_query(SLOW.encode())
        # Not a goodbye: the connection just ends, as when its process is killed.
        with socket.socket(fileno=os.dup(leaver.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)
        leaver.pgconn.finish()
        other.execute(f"SET statement_timeout TO {LIMIT * 1000}")
        other.execute("LOCK t")  # waits for as long as the other still holds the table
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)


# --- one driver's own way ---------------------------------------------------------------------------------------------


def test_pipelines(pg):
    pg.execute("CREATE TABLE t (a INTEGER)")
    with pg.pipeline(), pg.transaction():
        for i in range(50):
            pg.execute("INSERT INTO t VALUES (%s)", [i])
            if i % 10 == 0:
                pg.execute(f"CREATE TABLE u{i} (a INTEGER) DISTKEY(a)")
        cursor = pg.execute("SELECT count(*) FROM t")
    assert cursor.fetchone() == (50,)
    assert pg.execute("SELECT count(*) FROM pg_table_def WHERE distkey").fetchone() == (5,)


def test_a_pipeline_whose_answers_are_larger_than_any_buffer(pg):
    pg.execute("CREATE TABLE t (a VARCHAR(65535))")
    pg.execute("INSERT INTO t VALUES (%s)", ["x" * 60_000])
    with pg.pipeline():
        cursors = [pg.execute("SELECT a FROM t WHERE %s = 1", [1]) for _ in range(300)]
    assert {len(cursor.fetchone()[0]) for cursor in cursors} == {60_000}


def test_nothing_of_a_pipeline_stays_when_a_part_is_refused(pg):
    pg.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(psycopg.errors.FeatureNotSupported), pg.pipeline():
        pg.execute("INSERT INTO t VALUES (1)")
        pg.execute("SAVEPOINT s")
        pg.execute("INSERT INTO t VALUES (2)")
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_prepared_statements_are_used_again(pg):
    pg.execute("CREATE TABLE t (a INTEGER)")
    for i in range(20):  # psycopg prepares a statement when it is run for the fifth time
        pg.execute("INSERT INTO t VALUES (%s)", [i], prepare=i > 2)
        pg.execute("SET query_group TO 'x'", prepare=True)
    assert pg.execute("SELECT sum(a) FROM t").fetchone() == (190,)


def test_binary_results(pg):
    cursor = pg.cursor(binary=True)
    row = cursor.execute(
        "SELECT 1::SMALLINT, 2::BIGINT, 1.25::DECIMAL(5,2), 'x'::VARCHAR, DATE '2013-01-31', true"
    ).fetchone()
    assert row == (1, 2, decimal.Decimal("1.25"), "x", dt.date(2013, 1, 31), True)


def test_a_copy_tells_how_many_records_it_loaded(pg, local_server):
    settings = load_settings({}, home=local_server["home"])
    ObjectStore.from_settings(settings).put(f"{settings.stage}/clients/a.csv", b"1\n2\n")
    told = []
    pg.add_notice_handler(lambda notice: told.append((notice.severity, notice.message_primary)))
    pg.execute("CREATE TABLE t (a INTEGER)")
    cursor = pg.execute(f"COPY t FROM '{settings.stage}/clients/a.csv' IAM_ROLE '{local_server['iam_role']}' CSV")
    assert cursor.statusmessage.startswith("COPY")
    assert told == [("INFO", "Load into table 't' completed, 2 record(s) loaded successfully.")]
    assert pg.execute("SELECT pg_last_copy_count()").fetchone() == (2,)


anything = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@trials(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=anything)
@example(value="\\")
@example(value="\\'")
@example(value="it's \\n not")
@example(value="$1 %s :x ? {}")
def test_any_text_comes_back_as_literal_parameter_and_name(pg, value):
    # Redshift's quoting (REDSHIFT.md, section 9): quotes are doubled, and so are backslashes.
    literal = "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    name = value[:12] + "n"
    quoted = '"' + name.replace('"', '""') + '"'
    result = pg.pgconn.exec_(f"SELECT {literal} AS {quoted}".encode())
    assert result.error_message == b""
    assert result.get_value(0, 0).decode() == value
    assert result.fname(0).decode() == "".join(c.lower() if c.isascii() else c for c in name)
    assert pg.execute("SELECT %s::VARCHAR", [value]).fetchone() == (value,)


# --- psql -------------------------------------------------------------------------------------------------------------

needs_psql = pytest.mark.skipif(shutil.which("psql") is None, reason="no psql on this machine")


def psql(server, database, *arguments, password=None):
    url = f"postgresql://{server['user']}@{server['host']}:{server['port']}/{database}?sslmode=disable"
    return subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", url, *arguments],
        env={**os.environ, "PGPASSWORD": server["password"] if password is None else password, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@needs_psql
def test_psql_describes(local_server, shared, schema, pg):
    """The commands that people look around with; psql of today asks for more than PostgreSQL 8.0 had."""
    pg.execute("CREATE TABLE seen (id int NOT NULL, name varchar(20) DEFAULT 'x')")
    pg.execute("CREATE VIEW shown AS SELECT id FROM seen")
    pg.execute("CREATE FUNCTION f_one(int) RETURNS int IMMUTABLE AS $$ SELECT $1 $$ LANGUAGE sql")
    wanted = {
        f"\\dt {schema}.*": f"{schema}|seen|table|awsuser",
        f"\\dv {schema}.*": f"{schema}|shown|view|awsuser",
        f"\\dn {schema}": f"{schema}|awsuser",
        "\\l": f"{shared}|awsuser|UTF8",
        "\\du": "awsuser|Superuser",
        f"\\df {schema}.*": f"{schema}|f_one|integer|integer|func",
        f"\\dp {schema}.*": f"{schema}|seen|table",
        f"\\d {schema}.seen": "id|integer||not null|\nname|character varying(20)|||'x'::character varying",
        f"\\d {schema}.shown": "id|integer|||",
    }
    for command, line in wanted.items():
        assert line in psql(local_server, shared, "-At", "-c", command).stdout, command


@needs_psql
def test_psql(local_server, shared, schema, tmp_path):
    script = tmp_path / "script.sql"
    script.write_text(
        f"SET search_path TO {schema};\n"
        "CREATE TABLE t (a INTEGER ENCODE az64, b VARCHAR(9)) DISTKEY(a) SORTKEY(b);\n"
        "BEGIN; INSERT INTO t VALUES (1, 'é;''x'); COMMIT;\n"
        "SELECT a, b FROM t;\n"
    )
    done = psql(local_server, shared, "-At", "-f", str(script))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["SET", "CREATE TABLE", "BEGIN", "INSERT 0 1", "COMMIT", "1|é;'x"]

    design = "SELECT \"column\", distkey, sortkey FROM pg_table_def WHERE tablename = 't'"
    shown = psql(local_server, shared, "-At", "-c", f"SET search_path TO {schema}", "-c", design)
    assert shown.stdout.splitlines() == ["SET", "a|t|0", "b|f|1"]

    failed = psql(local_server, shared, "-c", "CREATE INDEX i ON t (a)")
    assert failed.returncode == 1
    assert "CREATE INDEX is not supported" in failed.stderr
    assert psql(local_server, shared, "-c", "SELECT 1", password="wrong").returncode == 2


# --- SQLAlchemy -------------------------------------------------------------------------------------------------------


def urls(server, database):
    url = server["url"].replace("/dev?", f"/{database}?")
    return {
        "redshift_connector": url,
        "psycopg2": url.replace("redshift_connector", "psycopg2").replace("ssl=false", "sslmode=disable"),
    }


@pytest.fixture(params=["redshift_connector", "psycopg2"])
def engine(request, local_server, database):
    made = sa.create_engine(urls(local_server, database)[request.param], poolclass=sa.NullPool)
    yield made
    made.dispose()


def test_sqlalchemy_core_and_orm(engine):
    table = sa.Table(
        "sale",
        sa.MetaData(),
        sa.Column("a", sa.Integer, primary_key=True, autoincrement=False, redshift_encode="az64"),
        sa.Column("b", sa.String(20)),
        redshift_distkey="a",
        redshift_sortkey=("b", "a"),
    )
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"a": 1, "b": "x%"}, {"a": 2, "b": None}])
        connection.execute(table.update().where(table.c.a == 2).values(b=table.c.b))
    with Session(engine) as session:
        assert session.execute(sa.select(table).order_by(table.c.a)).all() == [(1, "x%"), (2, None)]
    options = sa.inspect(engine).get_table_options("sale")
    assert options["redshift_distkey"] == "a" and options["redshift_sortkey"] == ("b", "a")
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection, connection.begin_nested():
        pytest.fail("a savepoint was made")
    table.drop(engine)
    assert not sa.inspect(engine).has_table("sale")


@pytest.fixture(scope="module")
def migrated(local_server):
    """A database of which `alembic upgrade head` made the reference warehouse."""
    name = "reference_warehouse"
    with contextlib.closing(connect(psycopg, local_server, "dev", autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        migrate.upgrade(Settings(url=urls(local_server, name)["redshift_connector"], home=ROOT))
        yield name
        connection.execute(f"DROP DATABASE {name} FORCE")


@pytest.fixture(params=["redshift_connector", "psycopg2"])
def inspector(request, local_server, migrated):
    made = sa.create_engine(urls(local_server, migrated)[request.param], poolclass=sa.NullPool)
    yield sa.inspect(made)
    made.dispose()


def test_the_inspector_reads_the_design_of_flight_as_declared(inspector):
    options = inspector.get_table_options("flight")
    assert options["redshift_diststyle"] == "KEY"
    assert options["redshift_distkey"] == "time_hour"
    assert options["redshift_sortkey"] == ("time_hour", "origin")
    assert options["redshift_interleaved_sortkey"] is None

    found = inspector.get_columns("flight")
    declared = Flight.__table__.columns
    assert [column["name"] for column in found] == [column.name for column in declared]
    for column, wanted in zip(found, declared, strict=True):
        encode = {"raw": "none"}.get(
            wanted.dialect_options["redshift"]["encode"], wanted.dialect_options["redshift"]["encode"]
        )
        assert (column["info"].get("encode") or "none") == encode, column
        assert column["comment"] == wanted.comment
        assert column["nullable"] == wanted.nullable
        assert column["type"].compile(inspector.dialect) == wanted.type.compile(inspector.dialect)

    assert inspector.get_pk_constraint("flight")["constrained_columns"] == ["carrier", "flight", "time_hour"]
    keys = {
        (*key["constrained_columns"],): (key["referred_table"], *key["referred_columns"])
        for key in inspector.get_foreign_keys("flight")
    }
    assert keys == {
        ("carrier",): ("airline", "carrier"),
        ("dest",): ("airport", "faa"),
        ("origin",): ("airport", "faa"),
        ("origin", "time_hour"): ("weather", "origin", "time_hour"),
        ("tailnum",): ("plane", "tailnum"),
    }
    assert inspector.get_table_comment("flight") == {"text": Flight.__table__.comment}


def test_the_inspector_reads_identity_and_the_other_tables(inspector):
    key, *_ = inspector.get_columns("customer")
    assert key["default"].startswith('"identity"(') and "'1,1'::text" in key["default"]
    assert not key["nullable"]
    options = inspector.get_table_options("customer")
    assert options["redshift_sortkey"] == ("customer_key",)
    # Code 9, AUTO, is none that sqlalchemy-redshift knows (REDSHIFT.md, section 10).
    assert options["redshift_diststyle"] is None
    assert inspector.get_table_comment("customer") == {"text": Customer.__table__.comment}
    # Of Alembic's own tables those are there that a migration has needed.
    assert set(inspector.get_table_names()) - FOREIGN_TABLES == set(Flight.metadata.tables)
    assert inspector.get_table_options("airline")["redshift_diststyle"] == "ALL"


@drivers
def test_every_driver_reads_the_design_of_flight(driver, local_server, migrated):
    with contextlib.closing(connect(driver, local_server, migrated)) as connection:
        design = run(
            connection,
            'SELECT "column", trim(encoding), distkey, sortkey FROM pg_table_def '
            "WHERE tablename = 'flight' AND (distkey OR sortkey <> 0) ORDER BY sortkey",
        )
        assert design == [("time_hour", "none", True, 1), ("origin", "bytedict", False, 2)]


@needs_psql
def test_psql_reads_the_design_of_flight(local_server, migrated):
    question = (
        'SELECT "column", trim(encoding), distkey, sortkey FROM pg_table_def '
        "WHERE tablename = 'flight' AND sortkey > 0"
    )
    answer = psql(local_server, migrated, "-At", "-c", question)
    assert sorted(answer.stdout.splitlines()) == ["origin|bytedict|f|2", "time_hour|none|t|1"]


def test_a_statement_that_fails_late_leaves_the_driver_in_order(local_server):
    """The key is checked after CREATE TABLE itself has succeeded behind the server: the client must not see that."""
    connection = connect(redshift_connector, local_server, "dev")
    try:
        cursor = connection.cursor()
        for number in range(3):
            with pytest.raises(redshift_connector.ProgrammingError, match="nowhere"):
                cursor.execute("CREATE TABLE late (id int, other int REFERENCES nowhere (id))")
            connection.rollback()
            cursor.execute(f"SELECT {number}")
            assert cursor.fetchall() == ([number],)
    finally:
        connection.close()


@pytest.mark.parametrize("driver", [redshift_connector])
def test_intervals_reach_redshift_s_own_driver_whole(opened):
    """It reads them as microseconds and two bytes for months."""
    run(opened, "CREATE TABLE t (n INTEGER, a INTERVAL YEAR TO MONTH, b INTERVALD2S)")
    run(opened, "INSERT INTO t VALUES (1, '1-2', '1 02:03:04.5'), (2, '-0-5', '40000 00:00:00'), (3, NULL, NULL)")
    (a, b), (c, d), nothing = run(opened, "SELECT a, b FROM t ORDER BY n")
    assert (a.months, a.days, a.microseconds) == (14, 0, 0)
    assert b == dt.timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500)
    assert (c.months, d, nothing) == (-5, dt.timedelta(days=40_000), (None, None))
