"""Faults on request: each is met by a real client, as often as it was asked for, and nothing stays behind it."""

from __future__ import annotations

import threading
import time

import psycopg
import psycopg2
import pytest
import redshift_connector

from warehouse.errors import ObjectStoreError
from warehouse.local.translate import Fault, Refuse, translate


@pytest.fixture
def fault(pg):
    def ask(text):
        pg.execute(f"SET warehouse.fault TO '{text}'")

    yield ask
    pg.execute("RESET warehouse.fault")


@pytest.fixture
def connector(local_server, shared, schema):
    """A connection of redshift_connector, whose every statement is a batch of the extended protocol."""
    with redshift_connector.connect(
        host=local_server["host"],
        port=local_server["port"],
        user=local_server["user"],
        password=local_server["password"],
        database=shared,
        ssl=False,
    ) as connection:
        connection.cursor().execute(f"SET search_path TO {schema}")
        connection.commit()
        yield connection


@pytest.fixture
def table(pg):
    pg.execute("CREATE TABLE t (a INT)")
    return "t"


def rows(pg):
    return [row[0] for row in pg.execute("SELECT a FROM t ORDER BY a").fetchall()]


def test_a_conflict_fails_the_commit_and_only_one(pg, fault, connector, table):
    fault("conflict")
    cursor = connector.cursor()
    cursor.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(redshift_connector.ProgrammingError, match="1023") as caught:
        connector.commit()
    details = caught.value.args[0]
    assert details["C"] == "XX000"
    assert details["D"].startswith("Serializable isolation violation on table - ")
    connector.rollback()
    cursor.execute("INSERT INTO t VALUES (2)")
    connector.commit()
    assert rows(pg) == [2]
    # A statement in no block commits by itself.
    fault("conflict")
    with pytest.raises(psycopg.errors.InternalError_, match="1023"):
        pg.execute("INSERT INTO t VALUES (3)")
    assert rows(pg) == [2]


def test_a_disk_that_is_full(pg, fault, table):
    fault("disk full times 2")
    assert rows(pg) == []  # reading needs no room
    with pg.transaction():
        pg.execute("SELECT 1")
        with pytest.raises(psycopg.errors.InternalError_, match="Disk Full") as caught:
            pg.execute("INSERT INTO t VALUES (1)")
        assert "code:      1016" in caught.value.diag.message_detail
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            pg.execute("SELECT 1")
        raise psycopg.Rollback
    with pytest.raises(psycopg.errors.InternalError_, match="Disk Full"):
        pg.execute("UPDATE t SET a = %s", [5])
    pg.execute("INSERT INTO t VALUES (%s)", [1])
    assert rows(pg) == [1]
    query = "SELECT aborted FROM stl_query WHERE querytxt LIKE 'UPDATE t SET a = $1%'"
    assert pg.execute(query).fetchall()[-1] == (1,)


def test_a_full_disk_in_the_middle_of_a_batch_takes_the_batch_with_it(pg, fault, table):
    fault("disk full on DELETE")
    with pytest.raises(psycopg.errors.InternalError_, match="Disk Full"), pg.pipeline():
        pg.execute("INSERT INTO t VALUES (1)")
        pg.execute("DELETE FROM t")
        pg.execute("INSERT INTO t VALUES (2)")
    assert rows(pg) == []


@pytest.mark.parametrize(("asked", "kept"), [("drop connection on COMMIT", []), ("drop connection after COMMIT", [1])])
def test_a_connection_that_is_dropped_at_commit(pg, fault, connector, table, asked, kept):
    fault(asked)
    connector.cursor().execute("INSERT INTO t VALUES (1)")
    with pytest.raises((redshift_connector.InterfaceError, OSError)):
        connector.commit()
    assert rows(pg) == kept
    assert pg.execute("SELECT count(*) FROM stv_sessions WHERE process = 0").fetchone() == (0,)


def test_a_connection_that_is_dropped_at_any_statement(local_server, shared, pg, fault):
    with psycopg.connect(local_server["psql"].replace("/dev?", f"/{shared}?"), autocommit=True) as other:
        other.execute("SELECT 1")
        fault("drop connection on SELECT")
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    assert pg.execute("SELECT 2").fetchone() == (2,)
    # Other databases are not concerned.
    fault("drop connection")
    with psycopg.connect(local_server["psql"], autocommit=True) as elsewhere:
        assert elsewhere.execute("SELECT 1").fetchone() == (1,)


def test_a_slow_copy_can_be_cancelled(local_server, shared, schema, pg, fault, stage, table):
    uri = stage.put("one.csv", "1\n")
    copy = f"COPY t FROM '{uri}' IAM_ROLE '{stage.role}' CSV"
    fault("slow copy seconds 0.3")
    began = time.monotonic()
    pg.execute(copy)
    assert time.monotonic() - began > 0.3
    began = time.monotonic()
    fault("slow copy seconds 600 times 2")
    pg.execute("SET statement_timeout TO 300")
    with pytest.raises(psycopg.errors.QueryCanceled, match="canceled on user's request"):
        pg.execute(copy)
    pg.execute("SET statement_timeout TO 0")
    waiting = threading.Timer(0.3, pg.cancel)
    waiting.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        pg.execute(copy)
    waiting.join()
    assert time.monotonic() - began < 60
    assert rows(pg) == [1]


def test_s3_that_denies_access(pg, fault, stage, table):
    uri = stage.put("one.csv", "1\n")
    copy = f"COPY t FROM '{uri}' IAM_ROLE '{stage.role}' CSV"
    fault("s3 403")
    with pytest.raises(
        psycopg.errors.InternalError_, match="S3ServiceException:Access Denied,Status 403,Error AccessDenied,"
    ):
        pg.execute(copy)
    fault(f"s3 403 times 1 under {stage.uri}/other")
    pg.execute(copy)
    with pytest.raises(ObjectStoreError) as caught:
        stage.put("other.csv", "2\n")
    assert caught.value.status == 403
    assert rows(pg) == [1]


def test_s3_that_asks_to_slow_down_is_asked_again_for_a_while(pg, fault, stage, table):
    uri = stage.put("one.csv", "1\n")
    copy = f"COPY t FROM '{uri}' IAM_ROLE '{stage.role}' CSV"
    fault("s3 503 times 2")
    pg.execute(copy)
    assert rows(pg) == [1]
    fault("s3 503 times 1000")
    with pytest.raises(psycopg.errors.InternalError_, match=r"Status 503,Error SlowDown,Rid .*,CanRetry 1"):
        pg.execute(copy)
    fault("")
    pg.execute(copy)
    assert rows(pg) == [1, 1]
    unload = f"UNLOAD ('SELECT a FROM t') TO '{stage.uri}/out' IAM_ROLE '{stage.role}'"
    fault(f"s3 403 under {stage.uri}/out")
    with pytest.raises(psycopg.errors.InternalError_, match="Access Denied"):
        pg.execute(unload)


def test_the_driver_that_speaks_in_simple_queries_meets_them_too(local_server, shared, schema, fault, table):
    connection = psycopg2.connect(local_server["psql"].replace("/dev?", f"/{shared}?"))
    try:
        cursor = connection.cursor()
        cursor.execute(f"SET search_path TO {schema}")
        fault("disk full")
        with pytest.raises(psycopg2.errors.InternalError_, match="Disk Full"):
            cursor.execute("INSERT INTO t VALUES (%s)", [1])
        connection.rollback()
        fault("drop connection")
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("SELECT 1")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("text", "fault_"),
    [
        ("", Fault()),
        ("conflict", Fault("conflict")),
        ("disk full times 3 on copy", Fault("disk full", 3, on="COPY")),
        ("drop connection after COMMIT", Fault("drop connection", on="COMMIT", after=True)),
        ("slow copy seconds 2.5", Fault("slow copy", seconds=2.5)),
        ("s3 503 under s3://b/p times 2", Fault("s3 503", 2, under="s3://b/p")),
    ],
)
def test_what_can_be_asked_for(text, fault_):
    assert translate(f"SET warehouse.fault TO '{text}'") == [fault_]


@pytest.mark.parametrize(
    "text",
    ["fire", "disk", "conflict times", "conflict times 0", "conflict times -1", "conflict seconds 1", "s3 403 on COPY",
     "conflict after COMMIT", "slow copy seconds nan", "s3 403 under file:///x", "drop connection whenever X"],
)  # fmt: skip
def test_what_cannot_be_asked_for(text):
    [plan] = translate(f"SET warehouse.fault TO '{text}'")
    assert isinstance(plan, Refuse) and plan.sqlstate == "22023"


def test_only_a_superuser_asks_for_faults(local_server, shared, pg, schema):
    user = f"user_{schema}"
    pg.execute(f"CREATE USER {user} PASSWORD 'Abcdefg1'")
    try:
        url = f"postgresql://{user}:Abcdefg1@{local_server['host']}:{local_server['port']}/{shared}?sslmode=disable"
        with psycopg.connect(url, autocommit=True) as other, pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("SET warehouse.fault TO 'conflict'")
    finally:
        pg.execute(f"DROP USER {user}")
