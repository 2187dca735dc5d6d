"""Migration operations of Redshift's own, one file per op: the op, its reverse, its SQL, how it is rendered.

Importing a module registers its op with Alembic, once per process; `register()` imports them all.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

OPS = ("alter_distribution", "alter_encoding", "alter_sort_key")


def register() -> None:
    """Make `op.alter_distribution`, `op.alter_encoding` and `op.alter_sort_key` known to Alembic."""
    for name in OPS:
        import_module(f"{__name__}.{name}")


def table_name(preparer: Any, operation: Any) -> str:
    """The op's table, quoted, with its schema if it names one."""
    name: str = preparer.quote(operation.table_name)
    return f"{preparer.quote_schema(operation.schema)}.{name}" if operation.schema else name


def call(name: str, *arguments: object, **options: object) -> str:
    """The Python text of one op call in a revision; options that are None are left out."""
    parts = [repr(argument) for argument in arguments]
    parts += [f"{key}={value!r}" for key, value in options.items() if value is not None]
    return f"op.{name}({', '.join(parts)})"
