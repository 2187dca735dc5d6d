"""A database of an earlier version of this server gets the catalog of this one, and keeps all that users made in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from warehouse.local import catalog
from warehouse.local.place import EPHEMERAL, POSTGRES
from warehouse.local.postgres import SUPERUSER, Postgres
from warehouse.local.wire.upstream import Upstream
from warehouse.settings import STATE_FOLDER

Sql = Callable[..., list[Any]]


@pytest.fixture
def upstream(local_server: dict[str, Any], database: str) -> Iterator[Upstream]:
    """The administrator's way into the test's database, past the wire."""
    socket = Postgres(local_server["home"] / STATE_FOLDER / EPHEMERAL / POSTGRES).socket
    connection = Upstream(socket, {"user": SUPERUSER, "database": database})
    yield connection
    connection.close()


def _upgrade(upstream: Upstream) -> None:
    upstream.run("COMMENT ON SCHEMA pg_redshift IS 'an earlier version'")
    assert catalog.install(upstream)
    assert not catalog.install(upstream)


def test_designs_of_tables_are_kept(upstream: Upstream, sql: Sql) -> None:
    sql("CREATE TABLE sale (id INTEGER ENCODE az64) DISTSTYLE KEY DISTKEY (id)")
    design = "SELECT \"column\", encoding, distkey FROM pg_table_def WHERE tablename = 'sale'"
    before = sql(design)
    assert before == [["id", "az64", True]]
    assert not catalog.install(upstream)
    _upgrade(upstream)
    assert sql(design) == before


def test_defaults_and_views_that_use_the_catalog_are_kept(upstream: Upstream, sql: Sql) -> None:
    sql(
        "CREATE TABLE sale (id INTEGER, at TIMESTAMP DEFAULT GETDATE())",
        "CREATE VIEW listed AS SELECT table_name + '!' AS name FROM svv_tables WHERE table_name = 'sale'",
    )
    _upgrade(upstream)
    assert sql("INSERT INTO sale (id) VALUES (1)", "SELECT at IS NOT NULL FROM sale") == [[True]]
    assert sql("SELECT name FROM listed") == [["sale!"]]


def test_what_has_changed_its_shape_is_replaced(upstream: Upstream, sql: Sql) -> None:
    upstream.run("DROP FUNCTION pg_redshift.getdate() CASCADE")
    upstream.run(
        "CREATE FUNCTION pg_redshift.getdate() RETURNS text LANGUAGE sql AS 'SELECT ''then'''; "
        "CREATE FUNCTION pg_redshift.no_more() RETURNS text LANGUAGE sql AS 'SELECT 1::text'; "
        "DROP VIEW pg_redshift.svv_interleaved_columns CASCADE; "
        "CREATE VIEW pg_redshift.svv_interleaved_columns AS SELECT 7 AS gone; "
        "GRANT SELECT ON pg_redshift.svv_interleaved_columns TO PUBLIC"
    )
    sql(
        "CREATE VIEW old_function AS SELECT GETDATE() AS at",
        "CREATE VIEW old_view AS SELECT gone FROM svv_interleaved_columns",
    )
    _upgrade(upstream)
    assert sql("SELECT GETDATE() < '2000-01-01'") == [[False]]
    assert sql("SELECT tbl, interleaved_skew FROM svv_interleaved_columns") == []
    # What was built on the old shape still finds it.
    assert sql("SELECT at, gone FROM old_function, old_view") == [["then", 7]]
    assert upstream.rows("SELECT FROM pg_proc WHERE proname = 'no_more'") == []
    sql("DROP VIEW old_function", "DROP VIEW old_view")
    _upgrade(upstream)
    left = "SELECT FROM pg_proc WHERE proname ~ '^was_' UNION ALL SELECT FROM pg_class WHERE relname ~ '^was_'"
    assert upstream.rows(left) == []
