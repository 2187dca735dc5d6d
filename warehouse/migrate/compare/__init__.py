"""What differs between the models and the warehouse, as operations: a file per aspect, each a function of two designs.

Alembic's own comparison reflects table by table into SQLAlchemy's objects and knows nothing of distribution, sort keys,
encodings, rights or views. This one takes its place for Redshift: it reads the catalog once (`warehouse.db.catalog`),
reads the models once (`TableDesign`), and compares frozen values. An aspect answers with changes in place or with
reasons to build the table anew (difference.py); warehouse.py puts them in an order that runs.

Declared nothing, or AUTO, means no opinion.
"""

from __future__ import annotations

from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import UpgradeOps
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult

from warehouse.migrate.compare.warehouse import changes


def compare(context: AutogenContext, upgrade: UpgradeOps) -> PriorityDispatchResult:
    """Fill in the operations that make the warehouse what the models declare."""
    assert context.connection is not None
    version_schema = context.migration_context.version_table_schema
    upgrade.ops.extend(changes(context.connection, _metadata(context.metadata), version_schema=version_schema))
    return PriorityDispatchResult.CONTINUE


def _metadata(given: Any) -> Any:
    # Alembic takes a list as well; an environment of ours hands over one.
    return given[0] if isinstance(given, list | tuple) else given


def setup(plugin: Plugin) -> None:
    """Register the comparison; Alembic calls this once per plugin."""
    plugin.add_autogenerate_comparator(compare, "autogenerate", "warehouse", qualifier="redshift")
