"""How a generated revision is written: complete, and without ties to the models it came from.

Alembic renders `redshift_*` arguments and `Table.info`; it forgets `Column.info`, and it writes types of other packages
without an import.
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import render, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

from warehouse.schema.design import INFO
from warehouse.schema.reading import default_sql

# module of a type -> the import, and the name to write before the type
_IMPORTS = {
    "sqlalchemy_redshift.dialect": ("from sqlalchemy_redshift import dialect as redshift", "redshift"),
    "warehouse.schema.types": ("from warehouse.schema import types", "types"),
}


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Alembic's hook `render_item`; False leaves the item to Alembic."""
    if kind == "type" and type(item).__module__ in _IMPORTS:
        line, prefix = _IMPORTS[type(item).__module__]
        context.imports.add(line)
        return f"{prefix}.{item!r}"
    if kind == "server_default" and type(item) is sa.FetchedValue:
        # "The server fills it": what an identity column says to SQLAlchemy. The DDL has no word for it.
        return ""
    if kind == "server_default" and not isinstance(getattr(item, "arg", ""), str):
        # Alembic would write what it compiles, where a colon begins a parameter and % is doubled.
        text = default_sql(item) or ""
        return f"sa.{'literal_column' if ':' in text else 'text'}({text!r})"
    if kind == "column" and item.info.get(INFO):
        return _column_with_info(item, context)
    return False


def _column_with_info(column: sa.Column[Any], context: AutogenContext) -> str:
    without = context.opts.get("render_item")
    context.opts["render_item"] = lambda kind, item, ctx: kind != "column" and render_item(kind, item, ctx)
    try:
        text = render._render_column(column, context)
    finally:
        context.opts["render_item"] = without
    return f"{text.removesuffix(')')}, info={ {INFO: column.info[INFO]}!r})"


@renderers.dispatch_for(ops.CreatePrimaryKeyOp, replace=True)
def _primary_key(context: AutogenContext, operation: ops.CreatePrimaryKeyOp) -> str:
    """Alembic never compares primary keys, and so never writes one."""
    schema = "" if operation.schema is None else f", schema={str(operation.schema)!r}"
    name, table, columns = str(operation.constraint_name), str(operation.table_name), list(operation.columns)
    return f"op.create_primary_key({name!r}, {table!r}, {columns!r}{schema})"
