"""Make Alembic know Redshift: comparators, ops and the implementation, registered once per process.

Alembic's documentation registers a plugin inside env.py, which runs once per *command*: the second command of one
process then stops with "already registered". `register()` may be called as often as one likes.
"""

from __future__ import annotations

from alembic.runtime import plugins

from warehouse.errors import MigrationError
from warehouse.migrate import compare, ops
from warehouse.migrate.impl import RedshiftImpl, claimed

NAME = "warehouse.redshift"
# What the environment asks Alembic to compare with: ours alone, for it reads the catalog once (compare/).
PLUGINS = [NAME]


def register() -> None:
    """Register everything that is not registered yet. Raises MigrationError when another class took Redshift over."""
    ops.register()
    if NAME not in plugins._all_plugins:
        plugins.Plugin.setup_plugin_from_module(compare, NAME)
    winner = claimed()
    if not issubclass(winner, RedshiftImpl):
        raise MigrationError(
            f"{winner.__module__}.{winner.__qualname__} has claimed Alembic's dialect 'redshift' after "
            "warehouse.migrate, so no gate would stand before the warehouse.",
            next_step="Import that module before warehouse.migrate, or derive its class from "
            "warehouse.migrate.impl.RedshiftImpl.",
        )
