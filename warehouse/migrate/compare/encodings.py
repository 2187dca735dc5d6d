"""Encodings: declared against real. A column without a declared encoding has no opinion."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import ModifyTableOps
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult

from warehouse.migrate.ops.alter_encoding import AlterEncodingOp
from warehouse.migrate.reflect import physical_design
from warehouse.redshift.encodings import canonical_encoding
from warehouse.schema.design import TableDesign


def compare_encodings(
    context: AutogenContext,
    changes: ModifyTableOps,
    schema: str | None,
    name: str,
    real: sa.Table | None,
    declared: sa.Table | None,
) -> PriorityDispatchResult:
    """Append ALTER COLUMN … ENCODE for each column that both sides have and whose encodings differ."""
    design = physical_design(context, schema, name) if real is not None and declared is not None else None
    if design is None or declared is None:
        return PriorityDispatchResult.CONTINUE
    for column in TableDesign.from_table(declared).columns:
        existing = design.encodings.get(column.name)
        if column.encode is None or existing is None:
            continue
        wanted = canonical_encoding(column.encode)
        if wanted != canonical_encoding(existing):
            changes.ops.append(AlterEncodingOp(name, column.name, wanted, schema=schema, existing_encode=existing))
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(compare_encodings, "table", "warehouse_encodings", qualifier="redshift")
