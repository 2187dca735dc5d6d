"""`op.alter_sort_key`: change the columns a table is sorted by, in place.

    op.alter_sort_key("flight", "compound", ["time_hour", "origin"], existing_style="none")

Redshift sorts in the background. It refuses to make a sort key INTERLEAVED; that takes a rebuilt table. Under ENCODE
AUTO it makes the columns of the new key raw: `encode={"time_hour": "az64"}` gives them back what they shall have.
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from warehouse.db.system import table_columns
from warehouse.discipline import AlterSortKey
from warehouse.errors import MigrationError
from warehouse.migrate.ops import RedshiftOp, call, table_name
from warehouse.migrate.ops.alter_encoding import AlterEncodingOp
from warehouse.redshift.keys import SortStyle
from warehouse.schema.design import SortKey


@Operations.register_operation("alter_sort_key")
class AlterSortKeyOp(RedshiftOp):
    """ALTER SORTKEY of a table, from `old` to `new`. None as `old` is "not known", and then there is no way back."""

    word = "alter_sort_key"

    def __init__(
        self,
        table_name: str,
        new: SortKey,
        old: SortKey | None = None,
        *,
        schema: str | None = None,
        encode: Mapping[str, str] | None = None,
        existing_encode: Mapping[str, str] | None = None,
    ) -> None:
        self.table_name = table_name
        self.new = new
        self.old = old
        self.schema = schema
        self.encode = dict(encode or {})
        self.existing_encode = dict(existing_encode or {})

    @classmethod
    def alter_sort_key(
        cls,
        operations: Operations,
        table_name: str,
        style: SortStyle,
        columns: Sequence[str] = (),
        *,
        schema: str | None = None,
        existing_style: SortStyle | None = None,
        existing_columns: Sequence[str] = (),
        encode: Mapping[str, str] | None = None,
        existing_encode: Mapping[str, str] | None = None,
    ) -> None:
        """Change a table's sort key: "compound" with its columns, "auto" or "none" without."""
        old = SortKey.said(existing_style, existing_columns) if existing_style else None
        new = SortKey.said(style, columns)
        operations.invoke(cls(table_name, new, old, schema=schema, encode=encode, existing_encode=existing_encode))

    def reverse(self) -> AlterSortKeyOp:
        if self.old is None:
            raise self.no_reverse("the former style", "existing_style= (and existing_columns=)")
        return AlterSortKeyOp(
            self.table_name,
            self.old,
            self.new,
            schema=self.schema,
            encode=self.existing_encode,
            existing_encode=self.encode,
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, self.old, self.new)

    def sql(self, preparer: Any) -> tuple[str]:
        """Raises MigrationError for INTERLEAVED, and for a column that is named twice."""
        if self.new.style == "interleaved":
            raise MigrationError(
                f"{self.table_name}: Redshift cannot give a table an INTERLEAVED sort key in place.",
                next_step="Sort compound, or build the table anew: op.rebuild_table.",
            )
        if len(set(self.new.columns)) < len(self.new.columns):
            raise MigrationError(
                f"{self.table_name}: a column appears twice in the sort key ({', '.join(self.new.columns)}).",
                next_step="Name each column once.",
            )
        if self.new.columns:
            columns = ", ".join(preparer.quote(name) for name in self.new.columns)
            return (f"ALTER TABLE {table_name(preparer, self)} ALTER COMPOUND SORTKEY ({columns})",)
        return (f"ALTER TABLE {table_name(preparer, self)} ALTER SORTKEY {self.new.style.upper()}",)

    def is_done(self, connection: sa.Connection) -> bool:
        """Does the catalog show the new sort key already? AUTO keeps the columns that there are, so it never shows."""
        columns = table_columns(connection, self.schema, self.table_name)
        sorted_by = sorted((column for column in columns if column.sort_order), key=lambda column: column.sort_order)
        return self.new.style != "auto" and tuple(column.name for column in sorted_by) == self.new.columns

    def changes(self) -> tuple[AlterSortKey]:
        return (AlterSortKey(self.table_name, self.schema, self.new, self.old),)

    def render(self) -> str:
        new, old = self.new, self.old
        return call(
            self.word,
            self.table_name,
            new.style,
            *([list(new.columns)] if new.columns else []),
            schema=self.schema,
            existing_style=old.style if old else None,
            existing_columns=list(old.columns) if old and old.columns else None,
            encode=self.encode or None,
            existing_encode=self.existing_encode or None,
        )

    def run(self, impl: Any) -> None:
        self.refuse_keys(impl, self.new.columns)
        impl.perform(self)
        for column, encode in self.encode.items():
            AlterEncodingOp(self.table_name, column, encode, schema=self.schema).run_if_needed(impl)
