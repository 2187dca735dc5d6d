"""`op.alter_distribution`: change how a table's rows are spread, in place.

    op.alter_distribution("flight", "key", "time_hour", existing_style="even")

Redshift redistributes in the background; it refuses tables with an interleaved sort key.
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from warehouse.db.system import table_columns
from warehouse.discipline import AlterDistribution
from warehouse.migrate.ops import RedshiftOp, call, table_name
from warehouse.redshift.keys import DistStyle
from warehouse.schema.design import Distribution


@Operations.register_operation("alter_distribution")
class AlterDistributionOp(RedshiftOp):
    """ALTER DISTSTYLE of a table, from `old` to `new`. None as `old` is "not known", and then there is no way back."""

    word = "alter_distribution"

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
            raise self.no_reverse("the former style", "existing_style= (and existing_key=)")
        return AlterDistributionOp(self.table_name, self.old, self.new, schema=self.schema)

    def to_diff_tuple(self) -> tuple[object, ...]:
        return (self.word, self.schema, self.table_name, self.old, self.new)

    def sql(self, preparer: object) -> tuple[str]:
        key = f" DISTKEY {preparer.quote(self.new.key)}" if self.new.key is not None else ""  # type: ignore[attr-defined]
        return (f"ALTER TABLE {table_name(preparer, self)} ALTER DISTSTYLE {self.new.style.upper()}{key}",)

    def run(self, impl: Any) -> None:
        self.refuse_keys(impl, (self.new.key,) if self.new.key else ())
        impl.perform(self)

    def is_done(self, connection: sa.Connection) -> bool:
        """Does the catalog show the new distribution already?"""
        columns = table_columns(connection, self.schema, self.table_name)
        keys = [column.name for column in columns if column.is_distkey]
        if self.new.style == "key":
            return keys == [self.new.key]
        return bool(columns) and columns[0].dist_style == self.new.style

    def changes(self) -> tuple[AlterDistribution]:
        return (AlterDistribution(self.table_name, self.schema, self.new, self.old),)

    def render(self) -> str:
        new, old = self.new, self.old
        return call(
            self.word,
            self.table_name,
            new.style,
            *([new.key] if new.key is not None else []),
            schema=self.schema,
            existing_style=old.style if old else None,
            existing_key=old.key if old else None,
        )
