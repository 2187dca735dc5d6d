"""Distribution and sort key: declared against real. AUTO, or nothing declared, means no opinion: no difference."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import ModifyTableOps
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult

from warehouse.migrate.ops.alter_distribution import AlterDistributionOp
from warehouse.migrate.ops.alter_sort_key import AlterSortKeyOp
from warehouse.migrate.reflect import complete_table, physical_design
from warehouse.schema.design import Distribution, SortKey, TableDesign


def compare_keys(
    context: AutogenContext,
    changes: ModifyTableOps,
    schema: str | None,
    name: str,
    real: sa.Table | None,
    declared: sa.Table | None,
) -> PriorityDispatchResult:
    """Append ALTER DISTSTYLE and ALTER SORTKEY where the warehouse differs; complete a table that is about to be
    dropped.
    """
    design = physical_design(context, schema, name) if real is not None else None
    if real is None or design is None:
        return PriorityDispatchResult.CONTINUE
    if declared is None:
        complete_table(real, design)
        return PriorityDispatchResult.CONTINUE
    wanted = TableDesign.from_table(declared)
    if wanted.dist is not None and distribution_differs(wanted.dist, design.dist):
        changes.ops.append(AlterDistributionOp(name, wanted.dist, design.dist, schema=schema))
    if wanted.sort is not None and sort_key_differs(wanted.sort, design.sort):
        changes.ops.append(AlterSortKeyOp(name, wanted.sort, design.sort, schema=schema))
    return PriorityDispatchResult.CONTINUE


def distribution_differs(declared: Distribution, real: Distribution) -> bool:
    """Does the declared distribution have an opinion that the real one does not meet?"""
    return declared.style != "auto" and declared != real


def sort_key_differs(declared: SortKey, real: SortKey) -> bool:
    """Does the declared sort key have an opinion that the real one does not meet?"""
    return declared.style != "auto" and declared != real


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(compare_keys, "table", "warehouse_keys", qualifier="redshift")
