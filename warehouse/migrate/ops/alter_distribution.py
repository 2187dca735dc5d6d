"""`op.alter_distribution`: change how a table's rows are spread, in place.

    op.alter_distribution("flight", "key", "time_hour", existing_style="even")

Redshift redistributes in the background; it refuses tables with an interleaved sort key.
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations

from warehouse.db.system import table_columns
from warehouse.errors import MigrationError
from warehouse.migrate.ops import call, table_name
from warehouse.redshift.keys import DistStyle
from warehouse.schema.design import Distribution


@Operations.register_operation("alter_distribution")
class AlterDistributionOp(MigrateOperation):
    """ALTER DISTSTYLE of a table, from `old` to `new`. None as `old` is "not known", and then there is no way back."""

    def __init__(
        self, table_name: str, new: Distribution, old: Distribution | None = None, *, schema: str | None = None
    ) -> None:
        self.table_name = table_name
        self.new = new
        self.old = old
        self.schema = schema

    @classmethod
    def alter_distribution(
        cls,
        operations: Operations,
        table_name: str,
        style: DistStyle,
        key: str | None = None,
        *,
        schema: str | None = None,
        existing_style: DistStyle | None = None,
        existing_key: str | None = None,
    ) -> None:
        """Change a table's distribution: style "auto", "even", "all", or "key" with the column."""
        old = Distribution(existing_style, existing_key) if existing_style else None
        operations.invoke(cls(table_name, Distribution(style, key), old, schema=schema))

    def reverse(self) -> AlterDistributionOp:
        if self.old is None:
            raise MigrationError(
                f"alter_distribution of {self.table_name} has no reverse: the former style is not said.",
                next_step="Say existing_style= (and existing_key=).",
            )
        return AlterDistributionOp(self.table_name, self.old, self.new, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("alter_distribution", self.schema, self.table_name, self.old, self.new)

    def sql(self, preparer: Any) -> str:
        """The statement, identifiers quoted by the dialect's preparer."""
        key = f" DISTKEY {preparer.quote(self.new.key)}" if self.new.key is not None else ""
        return f"ALTER TABLE {table_name(preparer, self)} ALTER DISTSTYLE {self.new.style.upper()}{key}"

    def is_done(self, connection: sa.Connection) -> bool:
        """Does the catalog show the new distribution already?"""
        columns = table_columns(connection, self.schema, self.table_name)
        keys = [column.name for column in columns if column.is_distkey]
        if self.new.style == "key":
            return keys == [self.new.key]
        return bool(columns) and columns[0].dist_style == self.new.style


@Operations.implementation_for(AlterDistributionOp)
def _run(operations: Operations, operation: AlterDistributionOp) -> None:
    operations.impl.alter_design(operation)  # type: ignore[union-attr]


@renderers.dispatch_for(AlterDistributionOp)
def _render(context: AutogenContext, operation: AlterDistributionOp) -> str:
    new, old = operation.new, operation.old
    return call(
        "alter_distribution",
        operation.table_name,
        new.style,
        *([new.key] if new.key is not None else []),
        schema=operation.schema,
        existing_style=old.style if old else None,
        existing_key=old.key if old else None,
    )
