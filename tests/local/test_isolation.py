"""Concurrent transactions: write locks, error 1023 and the row conflict (AWS c_serial_isolation, r_CREATE_DATABASE)."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

Run = Callable[[str], Any]
_numbers = itertools.count(1)


@pytest.fixture(params=["SERIALIZABLE", "SNAPSHOT"])
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sessions(local_server: dict[str, Any], level: str) -> Iterator[tuple[Run, Run]]:
    """Two sessions of a database with tab1 (0, 1) and tab2 (empty); an error comes back as (SQLSTATE, text)."""
    name = f"isolation_{next(_numbers)}"
    administrator = psycopg2.connect(local_server["psql"])
    administrator.autocommit = True
    administrator.cursor().execute(f"CREATE DATABASE {name} ISOLATION LEVEL {level}")
    opened = [psycopg2.connect(local_server["psql"].replace("/dev?", f"/{name}?")) for _ in range(2)]

    def runner(connection: Any) -> Run:
        connection.autocommit = True

        def run(statement: str) -> Any:
            with connection.cursor() as cursor:
                try:
                    cursor.execute(statement)
                except psycopg2.Error as error:
                    return error.pgcode, str(error)
                return cursor.fetchall() if cursor.description else cursor.statusmessage

        return run

    one, two = (runner(connection) for connection in opened)
    for statement in (
        "CREATE TABLE tab1 (n int)",
        "CREATE TABLE tab2 (n int)",
        "INSERT INTO tab1 VALUES (0), (1)",
    ):
        one(statement)
    yield one, two
    for connection in opened:
        connection.close()
    administrator.cursor().execute(f"DROP DATABASE {name} FORCE")
    administrator.close()


def judged(answer: Any, level: str) -> None:
    """COMMIT of a transaction that fits no order of execution."""
    if level == "SNAPSHOT":
        assert answer == "COMMIT"
        return
    state, text = answer
    assert state == "XX000"
    assert text.startswith("1023")
    assert "Serializable isolation violation on table - " in text


def test_each_reads_what_the_other_writes(sessions: tuple[Run, Run], level: str) -> None:
    one, two = sessions
    one("BEGIN"), two("BEGIN")
    one("SELECT * FROM tab1"), one("INSERT INTO tab2 VALUES (1)")
    two("INSERT INTO tab1 VALUES (1)")
    assert two("SELECT * FROM tab2") == []
    assert one("END") == "COMMIT"
    judged(two("END"), level)


def test_each_updates_other_rows_of_one_table(sessions: tuple[Run, Run], level: str) -> None:
    one, two = sessions
    one("BEGIN"), two("BEGIN")
    one("SELECT n FROM tab1"), two("SELECT n FROM tab1")
    one("UPDATE tab1 SET n = 10 WHERE n = 0")
    assert one("COMMIT") == "COMMIT"
    assert two("UPDATE tab1 SET n = 11 WHERE n = 1") == "UPDATE 1"
    judged(two("COMMIT"), level)


def test_both_update_the_same_rows(sessions: tuple[Run, Run], level: str) -> None:
    one, two = sessions
    one("BEGIN"), two("BEGIN")
    one("SELECT n FROM tab1"), two("SELECT n FROM tab1")
    one("UPDATE tab1 SET n = 10"), one("COMMIT")
    state, text = two("UPDATE tab1 SET n = 11")
    assert state == "XX000"
    assert ("1023" if level == "SERIALIZABLE" else "conflict with concurrent transaction") in text
    assert two("SELECT 1")[0] == "25P02"
    assert two("ROLLBACK") == "ROLLBACK"


def test_both_only_insert(sessions: tuple[Run, Run]) -> None:
    one, two = sessions
    one("BEGIN"), two("BEGIN")
    one("INSERT INTO tab1 VALUES (5)"), one("COMMIT")
    two("INSERT INTO tab1 VALUES (6)")
    assert two("COMMIT") == "COMMIT"


def test_a_snapshot_is_taken_by_the_first_statement_not_by_begin(sessions: tuple[Run, Run]) -> None:
    one, two = sessions
    two("BEGIN")
    one("INSERT INTO tab1 VALUES (5)")
    assert two("SELECT count(*) FROM tab1") == [(3,)]
    one("INSERT INTO tab1 VALUES (6)")
    assert two("SELECT count(*) FROM tab1") == [(3,)]
    assert two("COMMIT") == "COMMIT"


def test_lock_first_and_nothing_is_violated(sessions: tuple[Run, Run]) -> None:
    one, two = sessions
    found: list[Any] = []
    one("BEGIN"), one("LOCK tab1"), one("UPDATE tab1 SET n = n + 1")

    def other() -> None:
        found.extend(two(s) for s in ("BEGIN", "LOCK tab1", "UPDATE tab1 SET n = n + 1", "COMMIT"))

    thread = threading.Thread(target=other)
    thread.start()
    one("COMMIT")
    thread.join(20)
    assert found == ["BEGIN", "LOCK TABLE", "UPDATE 2", "COMMIT"]


@pytest.mark.parametrize("write", ["INSERT INTO tab1 VALUES (9)", "UPDATE tab1 SET n = n + 1", "DELETE FROM tab1"])
def test_writers_wait_and_readers_do_not(sessions: tuple[Run, Run], write: str) -> None:
    one, two = sessions
    one("BEGIN"), one("INSERT INTO tab1 VALUES (5)")
    assert two("SELECT count(*) FROM tab1") == [(2,)]
    two("SET statement_timeout TO 300")
    assert two(write) == ("57014", "Query (0) canceled on user's request\n")
    two("SET statement_timeout TO 0")
    one("COMMIT")
    assert two(write).split()[0] == write.split()[0]
