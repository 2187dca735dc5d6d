"""A database of an earlier version of this server gets the catalog of this one, and keeps its tables' designs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from warehouse.local import catalog
from warehouse.local.place import EPHEMERAL, POSTGRES
from warehouse.local.postgres import SUPERUSER, Postgres
from warehouse.local.wire.upstream import Upstream
from warehouse.settings import STATE_FOLDER


def test_a_catalog_of_an_earlier_version_is_replaced(
    local_server: dict[str, Any], database: str, sql: Callable[..., list[Any]]
) -> None:
    sql("CREATE TABLE sale (id INTEGER ENCODE az64) DISTSTYLE KEY DISTKEY (id)")
    design = "SELECT \"column\", encoding, distkey FROM pg_table_def WHERE tablename = 'sale'"
    before = sql(design)
    assert before == [["id", "az64", True]]
    socket = Postgres(local_server["home"] / STATE_FOLDER / EPHEMERAL / POSTGRES).socket
    upstream = Upstream(socket, {"user": SUPERUSER, "database": database})
    try:
        assert not catalog.install(upstream)
        upstream.run("COMMENT ON SCHEMA pg_redshift IS 'an earlier version'")
        assert catalog.install(upstream)
        assert not catalog.install(upstream)
    finally:
        upstream.close()
    assert sql(design) == before
