"""Users beside the administrator: they log in, do and see what they may (AWS r_CREATE_USER, r_GRANT)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
import redshift_connector

Sql = Callable[..., list[Any]]
PASSWORD = "Known4test"


@pytest.fixture
def user(sql: Sql, database: str) -> str:
    """A user of this test's own: users belong to the whole server."""
    name = f"teller_{database}"
    sql(f"CREATE USER {name} PASSWORD '{PASSWORD}'")
    return name


@pytest.fixture
def as_user(user: str, local_server: dict[str, Any], database: str) -> Sql:
    def run(*statements: str) -> list[Any]:
        with redshift_connector.connect(
            host=local_server["host"],
            port=local_server["port"],
            user=user,
            password=PASSWORD,
            database=database,
            ssl=False,
        ) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return [list(row) for row in cursor.fetchall()] if cursor.description else []

    return run


def state(run: Callable[[], Any]) -> str:
    with pytest.raises(redshift_connector.ProgrammingError) as caught:
        run()
    return str(caught.value.args[0]["C"])


@pytest.fixture
def log_in(user: str, local_server: dict[str, Any], database: str) -> Callable[[str], None]:
    def attempt(password: str) -> None:
        psycopg2.connect(
            host=local_server["host"],
            port=local_server["port"],
            user=user,
            password=password,
            dbname=database,
            sslmode="disable",
        ).close()

    return attempt


def test_a_new_user_logs_in_with_the_password_and_with_no_other(
    as_user: Sql, user: str, log_in: Callable[[str], None]
) -> None:
    assert as_user("SELECT current_user") == [[user]]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        log_in("Wrong4test")


@pytest.mark.parametrize("change", ["VALID UNTIL '2001-01-01'", "PASSWORD DISABLE"])
def test_a_disabled_and_an_expired_password_do_not_log_in(
    sql: Sql, user: str, log_in: Callable[[str], None], change: str
) -> None:
    log_in(PASSWORD)
    sql(f"ALTER USER {user} {change}")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        log_in(PASSWORD)


def test_a_user_sees_the_catalog_and_only_the_data_that_was_granted(as_user: Sql, sql: Sql, user: str) -> None:
    sql("CREATE TABLE public.ledger (a int, b int)", "INSERT INTO public.ledger VALUES (1, 2)")
    assert state(lambda: as_user("SELECT * FROM public.ledger")) == "42501"
    sql(f"GRANT SELECT (a) ON public.ledger TO {user}")
    assert as_user("SELECT a FROM public.ledger") == [[1]]
    assert state(lambda: as_user("SELECT b FROM public.ledger")) == "42501"
    sql(f"GRANT SELECT ON public.ledger TO {user}")
    assert as_user("SELECT * FROM public.ledger") == [[1, 2]]
    assert state(lambda: as_user("INSERT INTO public.ledger VALUES (3, 4)")) == "42501"
    assert as_user("SELECT count(*) FROM pg_table_def WHERE tablename = 'ledger'") == [[2]]


def test_a_user_makes_alters_and_drops_tables_of_its_own(as_user: Sql) -> None:
    assert as_user(
        "CREATE TABLE mine (a int DISTKEY, b varchar(3) DEFAULT 'x', PRIMARY KEY (a)) SORTKEY (a)",
        "INSERT INTO mine (a) VALUES (1)",
        "ALTER TABLE mine ADD COLUMN c int",
        "ALTER TABLE mine ALTER DISTSTYLE ALL",
        "CREATE TEMP TABLE staged (LIKE mine INCLUDING DEFAULTS)",
        "CREATE TABLE #copied AS SELECT a, b FROM mine",
        "CREATE VIEW shown AS SELECT a FROM mine",
        "CREATE VIEW late AS SELECT b FROM public.mine WITH NO SCHEMA BINDING",
        "SELECT s.a, l.b FROM shown s, late l, #copied c WHERE c.a = s.a",
    ) == [[1, "x"]]


def test_a_user_makes_no_schema_and_no_user(as_user: Sql) -> None:
    assert state(lambda: as_user("CREATE SCHEMA desk")) == "42501"
    assert state(lambda: as_user(f"CREATE USER other PASSWORD '{PASSWORD}'")) == "42501"


def test_a_user_owns_a_schema_that_was_given(as_user: Sql, sql: Sql, user: str) -> None:
    sql(f"CREATE SCHEMA desk AUTHORIZATION {user}")
    assert as_user("CREATE TABLE desk.t (a int)", "SELECT count(*) FROM desk.t") == [[0]]
    assert state(lambda: sql(f"DROP USER {user}")) == "55006"


def test_a_late_binding_view_reads_with_its_owner_s_rights(as_user: Sql, sql: Sql, user: str) -> None:
    sql(
        "CREATE TABLE public.ledger (a int)",
        "INSERT INTO public.ledger VALUES (1)",
        "CREATE SCHEMA desk",
        "CREATE VIEW desk.late AS SELECT a FROM public.ledger WITH NO SCHEMA BINDING",
        f"GRANT USAGE ON SCHEMA desk TO {user}",
        f"GRANT SELECT ON desk.late TO {user}",
    )
    assert as_user("SELECT a FROM desk.late") == [[1]]
    sql("ALTER TABLE public.ledger ADD COLUMN b int")
    sql("ALTER TABLE public.ledger RENAME COLUMN a TO z")
    assert state(lambda: as_user("SELECT a FROM desk.late")) == "42703"
    sql("ALTER TABLE public.ledger RENAME COLUMN z TO a")
    assert as_user("SELECT a FROM desk.late") == [[1]]


def test_the_server_s_own_schema_cannot_be_named(as_user: Sql, user: str) -> None:
    for statement in (
        "SELECT * FROM pg_redshift.table_design",
        "DELETE FROM pg_redshift.table_design",
        "SET search_path TO pg_redshift",
        "TRUNCATE pg_redshift.table_design",
        f"GRANT ALL ON pg_redshift.table_design TO {user}",
        "CREATE TABLE pg_redshift.t (a int)",
    ):
        assert state(lambda statement=statement: as_user(statement)) == "3F000"  # type: ignore[misc]
