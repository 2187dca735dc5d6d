"""IDENTITY: declared against real. Redshift cannot add, drop or change one in place, so a difference is refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import ModifyTableOps
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult

from warehouse.errors import MigrationError
from warehouse.migrate.reflect import physical_design
from warehouse.schema.design import TableDesign


def compare_identity(
    context: AutogenContext,
    changes: ModifyTableOps,
    schema: str | None,
    name: str,
    real: sa.Table | None,
    declared: sa.Table | None,
) -> PriorityDispatchResult:
    """Raise MigrationError when a column's IDENTITY in the models is not the warehouse's."""
    design = physical_design(context, schema, name) if real is not None and declared is not None else None
    if design is None or declared is None:
        return PriorityDispatchResult.CONTINUE
    for column in TableDesign.from_table(declared).columns:
        if column.name not in design.encodings:
            continue
        existing = design.identities.get(column.name)
        if existing != column.identity:
            raise MigrationError(
                f"{name}.{column.name}: the model says {_shown(column.identity)}, the warehouse {_shown(existing)}; "
                "Redshift cannot change an identity in place.",
                next_step="Put the model back, or create a new table, INSERT … SELECT the rows, drop the old one "
                "and rename.",
            )
    return PriorityDispatchResult.CONTINUE


def _shown(identity: tuple[int, int] | None) -> str:
    return "no IDENTITY" if identity is None else f"IDENTITY({identity[0]},{identity[1]})"


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(compare_identity, "table", "warehouse_identity", qualifier="redshift")
