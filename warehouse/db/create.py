"""What `metadata.create_all` does on one of our engines beyond CREATE TABLE: schemas, grants, owners, views.

SQLAlchemy's own events ask; on another dialect, and inside a migration (where operations are explicit), they answer
nothing. `drop_all` drops the views first, for Redshift keeps a table that a view reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.ddl import SchemaDropper, SchemaGenerator

from warehouse.db.dialect import driver_text, is_ours
from warehouse.schema.design import DEFAULT_SCHEMA, INFO, TableDesign, ViewDesign
from warehouse.schema.statements import after_create, create_view, drop_view, qualified_name
from warehouse.schema.views import view_designs


class Statement(ExecutableDDLElement):
    """A statement that is already text."""

    def __init__(self, sql: str) -> None:
        self.sql = sql


@compiles(Statement)  # type: ignore[no-untyped-call,misc,unused-ignore]
def _as_it_is(element: Statement, compiler: Any, **kw: Any) -> str:
    return driver_text(compiler.dialect, element.sql)


def listen() -> None:
    """Answer SQLAlchemy's events from now on; once is enough."""
    if not event.contains(sa.MetaData, "before_create", _before_create):
        event.listen(sa.MetaData, "before_create", _before_create)
        event.listen(sa.Table, "after_create", _after_create_table)
        event.listen(sa.MetaData, "after_create", _after_create)
        event.listen(sa.MetaData, "before_drop", _before_drop)


def _before_create(metadata: sa.MetaData, connection: Any, **kw: Any) -> None:
    if _asked(connection, kw):
        _create_schemas(connection, [table.schema for table in kw["tables"]])


def _after_create_table(table: sa.Table, connection: Any, **kw: Any) -> None:
    if _asked(connection, kw) and table.info.get(INFO):
        _run(connection, after_create(_preparer(connection), TableDesign.from_table(table)))


def _after_create(metadata: sa.MetaData, connection: Any, **kw: Any) -> None:
    views = view_designs(metadata) if _asked(connection, kw) else ()
    if not views or not all(kw.get("checkfirst") and _exists(connection, table) for table in _others(metadata, kw)):
        return
    _create_schemas(connection, [view.schema for view in views])
    preparer = _preparer(connection)
    for view in views:
        if not (kw.get("checkfirst") and _exists(connection, view)):
            _run(connection, [create_view(preparer, view), *_comment(connection, view), *after_create(preparer, view)])


def _before_drop(metadata: sa.MetaData, connection: Any, **kw: Any) -> None:
    views = view_designs(metadata) if _asked(connection, kw) else ()
    if not views or any(not kw.get("checkfirst") or _exists(connection, table) for table in _others(metadata, kw)):
        return
    for view in reversed(views):
        _run(connection, [drop_view(_preparer(connection), view, if_exists=bool(kw.get("checkfirst")))])


def _asked(connection: Any, kw: dict[str, Any]) -> bool:
    # Alembic dispatches the same events, with itself as the runner.
    runner = kw.get("_ddl_runner")
    return is_ours(connection.dialect) and (runner is None or isinstance(runner, SchemaGenerator | SchemaDropper))


def _others(metadata: sa.MetaData, kw: dict[str, Any]) -> list[sa.Table]:
    """The tables that are not created or dropped now: there are (or gone) already, or left out by the caller, and then
    views may read what is not there.
    """
    named = set(kw["tables"])
    return [table for table in metadata.tables.values() if table not in named]


def _exists(connection: Any, one: sa.Table | ViewDesign) -> bool:
    return bool(connection.dialect.has_table(connection, one.name, schema=one.schema))


def _create_schemas(connection: Any, schemas: Iterable[str | None]) -> None:
    for schema in sorted({str(one) for one in schemas if one} - {DEFAULT_SCHEMA}):
        _run(connection, [f"CREATE SCHEMA IF NOT EXISTS {_preparer(connection).quote_schema(schema)}"])


def _comment(connection: Any, view: ViewDesign) -> Iterable[str]:
    # The grammar has comments on the columns of tables only.
    if view.comment:
        text = sa.literal(view.comment).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        yield f"COMMENT ON VIEW {qualified_name(_preparer(connection), view.schema, view.name)} IS {text}"


def _run(connection: Any, statements: Iterable[str]) -> None:
    for sql in statements:
        connection.execute(Statement(sql))


def _preparer(connection: Any) -> Any:
    return connection.dialect.identifier_preparer
