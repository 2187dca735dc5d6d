"""The query log over both protocols: what is kept, what is hidden, what it costs nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
import redshift_connector

from warehouse.local.translate import Pass, Refuse, translate
from warehouse.local.wire.history import KEPT, Entry, History
from warehouse.local.wire.statement import redacted

Sql = Callable[..., list[Any]]


def test_statements_of_the_extended_protocol_are_kept(sql: Sql) -> None:
    found = sql(
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (1)",
        "SELECT a FROM t",
        "SELECT trim(querytxt), trim(database) = current_database() FROM stl_query WHERE query = pg_last_query_id()",
    )
    assert found == [["SELECT a FROM t", True]]


def test_a_prepared_statement_reads_the_log_of_its_moment(local_server: dict[str, Any], database: str) -> None:
    with redshift_connector.connect(
        host=local_server["host"],
        port=local_server["port"],
        user=local_server["user"],
        password=local_server["password"],
        database=database,
        ssl=False,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a int)")
        seen = []
        for text in ("SELECT a FROM t", "SELECT a + 1 FROM t"):
            cursor.execute(text)
            cursor.execute("SELECT trim(querytxt) FROM stl_query WHERE query = pg_last_query_id()")
            seen.append(cursor.fetchone()[0])
        assert seen == ["SELECT a FROM t", "SELECT a + 1 FROM t"]


def test_a_failed_query_is_aborted_in_the_log(sql: Sql) -> None:
    sql("CREATE TABLE t (a int)", "INSERT INTO t VALUES (0)")
    with pytest.raises(redshift_connector.ProgrammingError):
        sql("SELECT 1 / a AS quotient FROM t")
    found = sql("SELECT aborted FROM stl_query WHERE querytxt LIKE 'SELECT 1 / a AS quotient%'")
    assert found == [[1]]
    (row,) = sql(
        "SELECT trim(status), trim(error_message) FROM sys_query_history WHERE query_text LIKE 'SELECT 1 / a AS quot%'"
    )
    assert row == ["failed", "division by zero"]


def test_a_running_query_of_another_session_is_in_flight(local_server: dict[str, Any], sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    begun = psycopg2.connect(local_server["psql"])
    begun.autocommit = True
    cursor = begun.cursor()
    cursor.execute("CREATE TABLE IF NOT EXISTS public.in_flight (a int)")
    holder = psycopg2.connect(local_server["psql"])
    holder.cursor().execute("LOCK public.in_flight")
    waiting = threading.Thread(target=cursor.execute, args=("SELECT a FROM public.in_flight",))
    waiting.start()
    try:
        for _ in range(50):
            found = sql(f"SELECT trim(text) FROM stv_inflight WHERE pid = {begun.info.backend_pid}")
            if found:
                break
        assert found == [["SELECT a FROM public.in_flight"]]
    finally:
        holder.close()
        waiting.join()
        cursor.execute("DROP TABLE public.in_flight")
        begun.close()


def test_a_user_sees_what_he_ran_himself(local_server: dict[str, Any], sql: Sql, database: str) -> None:
    sql(
        "CREATE USER reader_of_logs PASSWORD 'Abc12345'",
        "CREATE TABLE hidden_from_him (a int)",
        "SELECT 1 FROM hidden_from_him",
    )
    connection = redshift_connector.connect(
        host=local_server["host"],
        port=local_server["port"],
        user="reader_of_logs",
        password="Abc12345",
        database=database,
        ssl=False,
    )
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SELECT trim(query_text) FROM sys_query_history")
        assert all("hidden_from_him" not in row[0] for row in cursor.fetchall())
        cursor.execute("SELECT count(*) FROM sys_query_history")
        assert cursor.fetchone()[0] > 0
    finally:
        connection.close()
        sql("DROP USER reader_of_logs")


@pytest.mark.parametrize(
    "text",
    [
        "COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=SECRET;aws_secret_access_key=SECRET' CSV",
        "COPY t FROM 's3://b/k' ACCESS_KEY_ID 'SECRET' SECRET_ACCESS_KEY AS 'SEC''RET' SESSION_TOKEN 'SECRET'",
        "unload ('select 1') to 's3://b/k' with credentials as /* x */ 'SECRET' master_symmetric_key 'SECRET'",
        "CREATE USER u PASSWORD 'SECRET'",
        "ALTER USER u PASSWORD $$SECRET$$",
        "COPY t FROM 's3://b/k' CREDENTIALS 'SECRET",
    ],
)
def test_no_secret_is_kept(text: str) -> None:
    kept = redacted(text, translate(text)[0])
    assert "SEC" not in kept.replace("SECRET_ACCESS_KEY", "")


def test_a_role_is_no_secret() -> None:
    text = "COPY t FROM 's3://b/k' IAM_ROLE 'arn:aws:iam::123456789012:role/r'"
    assert redacted(text, Refuse("")) == text


def entry(history: History, text: str) -> Entry:
    return Entry(history.number(), text, "default", "u", "d", 1, 1, False, (), 1.0)


def test_the_log_is_bounded() -> None:
    history = History()
    for _ in range(KEPT + 10):
        history.finish(entry(history, "x" * 20))
    assert len(history._entries) == KEPT
    for _ in range(2000):
        history.finish(entry(history, "x" * 16_000))
    assert sum(len(one.text) for one in history._entries) <= 16_000_000
    assert len(history.dump(None)) < 9_000_000


def test_numbers_go_on_after_a_restart(tmp_path: Any) -> None:
    file = tmp_path / "query_ids"
    first = History(file)
    given = [first.number() for _ in range(3)]
    assert History(file).number() > max(given)


def test_a_plain_query_costs_no_look_for_secrets() -> None:
    plan = translate("SELECT 'password' AS word")[0]
    assert isinstance(plan, Pass)
    assert redacted("SELECT 'password' AS word", plan) == "SELECT 'password' AS word"
