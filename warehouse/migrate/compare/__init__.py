"""What autogenerate compares beyond Alembic's own: one file per aspect, each with a `setup(plugin)`.

Alembic compares tables, columns, types, nullability, constraints and comments; types in Redshift's own spelling
(impl.py).
"""

from __future__ import annotations

from alembic.runtime.plugins import Plugin

from warehouse.migrate.compare import encodings, identity, keys

ASPECTS = (keys, encodings, identity)


def setup(plugin: Plugin) -> None:
    """Register every aspect; Alembic calls this once per plugin."""
    for aspect in ASPECTS:
        aspect.setup(plugin)
