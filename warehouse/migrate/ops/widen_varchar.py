"""`op.widen_varchar` and, the other way, `op.shrink_varchar`: change the length of a VARCHAR, in bytes, in place.

    op.widen_varchar("customer", "name", 200, existing_length=100)

Redshift runs it outside a transaction, and refuses a length below that of the longest value, so that nothing is ever
cut. It also refuses columns that are part of a key, have a default, or are encoded BYTEDICT, RUNLENGTH, TEXT255 or
TEXT32K: those take op.rebuild_table. https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from warehouse.db.system import table_columns
from warehouse.discipline import AlterColumn
from warehouse.errors import MigrationError
from warehouse.migrate.ops import RedshiftOp, call, table_name
from warehouse.redshift.types import TypeRefused, parse_type
from warehouse.schema.design import ColumnDesign


@Operations.register_operation("shrink_varchar")
@Operations.register_operation("widen_varchar")
class ResizeVarcharOp(RedshiftOp):
    """ALTER COLUMN TYPE of a VARCHAR, from `old` bytes (None: not known) to `new`."""

    word = "widen_varchar"

    def __init__(
        self, table_name: str, column_name: str, new: int, old: int | None = None, *, schema: str | None = None
    ) -> None:
        try:
            parse_type(f"varchar({new})")
        except TypeRefused as refused:
            raise MigrationError(
                f"{table_name}.{column_name}: {refused.reason}.", next_step=refused.instead
            ) from refused
        self.table_name = table_name
        self.column_name = column_name
        self.new = new
        self.old = old
        self.schema = schema

    @classmethod
    def widen_varchar(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        length: int,
        *,
        existing_length: int | None = None,
        schema: str | None = None,
    ) -> None:
        """Let a VARCHAR hold more bytes."""
        if existing_length is not None and length <= existing_length:
            raise MigrationError(
                f"widen_varchar of {table_name}.{column_name}: {length} bytes are no more than {existing_length}.",
                next_step="Say op.shrink_varchar when fewer are meant.",
            )
        operations.invoke(cls(table_name, column_name, length, existing_length, schema=schema))

    @classmethod
    def shrink_varchar(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        length: int,
        *,
        existing_length: int | None = None,
        schema: str | None = None,
    ) -> None:
        """Let a VARCHAR hold fewer bytes; Redshift refuses when a value is longer."""
        operations.invoke(cls(table_name, column_name, length, existing_length, schema=schema))

    @property
    def shrinks(self) -> bool:
        return self.old is not None and self.new < self.old

    def reverse(self) -> ResizeVarcharOp:
        if self.old is None:
            raise self.no_reverse(f"the former length of {self.column_name}", "existing_length=")
        return ResizeVarcharOp(self.table_name, self.column_name, self.old, self.new, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        word = "shrink_varchar" if self.shrinks else self.word
        return (word, self.schema, self.table_name, self.column_name, self.old, self.new)

    def sql(self, preparer: Any) -> tuple[str]:
        column = preparer.quote(self.column_name)
        return (f"ALTER TABLE {table_name(preparer, self)} ALTER COLUMN {column} TYPE VARCHAR({self.new})",)

    def is_done(self, connection: sa.Connection) -> bool:
        """Does the catalog show the new length already?"""
        columns = table_columns(connection, self.schema, self.table_name)
        wanted = f"character varying({self.new})"
        return any(column.name == self.column_name and column.type == wanted for column in columns)

    def changes(self) -> tuple[AlterColumn]:
        new = ColumnDesign(self.column_name, f"character varying({self.new})")
        old = None if self.old is None else ColumnDesign(self.column_name, f"character varying({self.old})")
        return (AlterColumn(self.table_name, self.schema, self.column_name, frozenset({"type"}), new, old),)

    def render(self) -> str:
        word = "shrink_varchar" if self.shrinks else self.word
        return call(word, self.table_name, self.column_name, self.new, existing_length=self.old, schema=self.schema)
