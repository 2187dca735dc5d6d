"""`op.append_table`: move all rows of one table to the end of another. The blocks change hands, so it is fast.

    op.append_table("flight", "flight_2014")

Both must have the same design (Redshift says what differs); afterwards the source is empty. It commits by itself and
cannot be undone. https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE_APPEND.html
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from warehouse.db import sql
from warehouse.errors import MigrationError
from warehouse.migrate.ops import RedshiftOp, call, table_name
from warehouse.schema.statements import qualified_name


@Operations.register_operation("append_table")
class AppendTableOp(RedshiftOp):
    """ALTER TABLE … APPEND FROM …"""

    word = "append_table"

    def __init__(
        self,
        table_name: str,
        source: str,
        *,
        schema: str | None = None,
        source_schema: str | None = None,
        ignore_extra: bool = False,
        fill_target: bool = False,
    ) -> None:
        if ignore_extra and fill_target:
            raise MigrationError(
                f"append_table to {table_name}: columns that only one of the tables has can be on one side only.",
                next_step="Say ignore_extra=True or fill_target=True.",
            )
        self.table_name = table_name
        self.source = source
        self.schema = schema
        self.source_schema = source_schema
        self.ignore_extra = ignore_extra
        self.fill_target = fill_target

    @classmethod
    def append_table(cls, operations: Operations, table_name: str, source: str, **kw: Any) -> None:
        """Move all rows of `source` into the table. `ignore_extra` loses columns that only the source has,
        `fill_target` gives columns that only the target has their defaults.
        """
        operations.invoke(cls(table_name, source, **kw))

    def reverse(self) -> AppendTableOp:
        raise MigrationError(
            f"append_table to {self.where} has no reverse: the rows are one with those that were there.",
            next_step="Say in downgrade() which rows go back, or that they stay.",
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, self.source_schema, self.source)

    def sql(self, preparer: Any) -> tuple[str]:
        source = qualified_name(preparer, self.source_schema, self.source)
        mode = " IGNOREEXTRA" if self.ignore_extra else " FILLTARGET" if self.fill_target else ""
        return (f"ALTER TABLE {table_name(preparer, self)} APPEND FROM {source}{mode}",)

    def is_done(self, connection: sa.Connection) -> bool:
        """An empty source has nothing left to append."""
        source = sql.qualified(self.source, self.source_schema)
        return int(connection.execute(sa.text(f"SELECT COUNT(*) FROM {source}")).scalar_one()) == 0

    def render(self) -> str:
        return call(
            self.word,
            self.table_name,
            self.source,
            schema=self.schema,
            source_schema=self.source_schema,
            ignore_extra=self.ignore_extra or None,
            fill_target=self.fill_target or None,
        )
