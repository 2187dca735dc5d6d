"""`op.alter_encoding`: change a column's compression, in place.

    op.alter_encoding("flight", "dest", "bytedict", existing_encode="zstd")

The table stays readable. Redshift refuses the encoding that a column already has, and tables with an interleaved sort
key. https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
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
from warehouse.redshift.encodings import ENCODINGS, canonical_encoding


@Operations.register_operation("alter_encoding")
class AlterEncodingOp(MigrateOperation):
    """ALTER COLUMN … ENCODE. The existing encoding makes the op reversible."""

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
            raise MigrationError(
                f"alter_encoding of {self.table_name}.{self.column_name} has no reverse: "
                "the former encoding is not said.",
                next_step="Say existing_encode=.",
            )
        return AlterEncodingOp(
            self.table_name, self.column_name, self.existing_encode, schema=self.schema, existing_encode=self.encode
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("alter_encoding", self.schema, self.table_name, self.column_name, self.existing_encode, self.encode)

    def sql(self, preparer: Any) -> str:
        """The statement, identifiers quoted by the dialect's preparer."""
        column = preparer.quote(self.column_name)
        return f"ALTER TABLE {table_name(preparer, self)} ALTER COLUMN {column} ENCODE {self.encode}"

    def is_done(self, connection: sa.Connection) -> bool:
        """Does the catalog show the new encoding already?"""
        columns = table_columns(connection, self.schema, self.table_name)
        return any(column.name == self.column_name and column.encode == self.encode for column in columns)


@Operations.implementation_for(AlterEncodingOp)
def _run(operations: Operations, operation: AlterEncodingOp) -> None:
    operations.impl.alter_design(operation)  # type: ignore[union-attr]


@renderers.dispatch_for(AlterEncodingOp)
def _render(context: AutogenContext, operation: AlterEncodingOp) -> str:
    return call(
        "alter_encoding",
        operation.table_name,
        operation.column_name,
        operation.encode,
        schema=operation.schema,
        existing_encode=operation.existing_encode,
    )
