"""`op.alter_encoding`: change a column's compression, in place.

    op.alter_encoding("flight", "dest", "bytedict", existing_encode="zstd")

The table stays readable. Redshift refuses the encoding that a column already has, and tables with an interleaved sort
key.
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from warehouse.db.system import table_columns
from warehouse.discipline import AlterColumn
from warehouse.errors import MigrationError
from warehouse.migrate.ops import RedshiftOp, call, table_name
from warehouse.redshift.encodings import ENCODINGS, canonical_encoding


@Operations.register_operation("alter_encoding")
class AlterEncodingOp(RedshiftOp):
    """ALTER COLUMN … ENCODE. The existing encoding makes the op reversible."""

    word = "alter_encoding"

    def __init__(
        self,
        table_name: str,
        column_name: str,
        encode: str,
        *,
        schema: str | None = None,
        existing_encode: str | None = None,
    ) -> None:
        # The word goes into SQL as it is: only Redshift's own words may.
        if canonical_encoding(encode) not in ENCODINGS:
            raise MigrationError(
                f"alter_encoding of {table_name}.{column_name}: Redshift has no encoding {encode!r}.",
                next_step=f"Say one of {', '.join(sorted(ENCODINGS))}.",
            )
        self.table_name = table_name
        self.column_name = column_name
        self.encode = canonical_encoding(encode)
        self.schema = schema
        self.existing_encode = existing_encode

    @classmethod
    def alter_encoding(cls, operations: Operations, table_name: str, column_name: str, encode: str, **kw: Any) -> None:
        """Change a column's encoding."""
        operations.invoke(cls(table_name, column_name, encode, **kw))

    def reverse(self) -> AlterEncodingOp:
        if self.existing_encode is None:
            raise self.no_reverse(f"the former encoding of {self.column_name}", "existing_encode=")
        return AlterEncodingOp(
            self.table_name, self.column_name, self.existing_encode, schema=self.schema, existing_encode=self.encode
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, self.column_name, self.existing_encode, self.encode)

    def sql(self, preparer: Any) -> tuple[str]:
        column = preparer.quote(self.column_name)
        return (f"ALTER TABLE {table_name(preparer, self)} ALTER COLUMN {column} ENCODE {self.encode}",)

    def is_done(self, connection: sa.Connection) -> bool:
        """Does the catalog show the new encoding already?"""
        columns = table_columns(connection, self.schema, self.table_name)
        return any(column.name == self.column_name and column.encode == self.encode for column in columns)

    def changes(self) -> tuple[AlterColumn]:
        return (AlterColumn(self.table_name, self.schema, self.column_name, frozenset({"encode"}), encode=self.encode),)

    def render(self) -> str:
        return call(
            self.word,
            self.table_name,
            self.column_name,
            self.encode,
            schema=self.schema,
            existing_encode=self.existing_encode,
        )

    def run_if_needed(self, impl: Any) -> None:
        """Run it only if the column has another encoding; a script has to leave that to its reader."""
        (statement,) = self.sql(impl.dialect.identifier_preparer)
        if impl.as_sql:
            impl.static_output(f"-- only if the column has another encoding: {statement}")

        def look_first() -> None:
            if not impl.as_sql and not self.is_done(impl.connection):
                impl.run_statement(statement)

        impl.numbered(f"if needed: {statement}", look_first, lambda: False, alone=True)
