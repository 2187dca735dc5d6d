"""`op.alter_owner`: hand a table or a view over to another user.

    op.alter_owner("flight", "finance", existing_owner="loader")

What others were granted stays; the former owner keeps nothing. Only the owner and superusers may.
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations

from warehouse.migrate.ops import RedshiftOp, call, table_name


@Operations.register_operation("alter_owner")
class AlterOwnerOp(RedshiftOp):
    """ALTER TABLE … OWNER TO, from `old` (None: not known) to `new`."""

    word = "alter_owner"

    def __init__(self, table_name: str, new: str, old: str | None = None, *, schema: str | None = None) -> None:
        self.table_name = table_name
        self.new = new
        self.old = old
        self.schema = schema

    @classmethod
    def alter_owner(
        cls,
        operations: Operations,
        table_name: str,
        owner: str,
        *,
        existing_owner: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Hand a table or view over to another user."""
        operations.invoke(cls(table_name, owner, existing_owner, schema=schema))

    def reverse(self) -> AlterOwnerOp:
        if self.old is None:
            raise self.no_reverse("the former owner", "existing_owner=")
        return AlterOwnerOp(self.table_name, self.old, self.new, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, self.old, self.new)

    def sql(self, preparer: Any) -> tuple[str]:
        return (f"ALTER TABLE {table_name(preparer, self)} OWNER TO {preparer.quote(self.new)}",)

    def render(self) -> str:
        return call(self.word, self.table_name, self.new, existing_owner=self.old, schema=self.schema)
