"""`op.alter_owner`: hand a table or a view over to another user.

    op.alter_owner("flight", "finance", existing_owner="loader")

What others were granted stays; the former owner keeps nothing. Only the owner and superusers may. `if_exists=True`
leaves the table as it is where the cluster has no such user.
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations

from warehouse.migrate.ops import PrincipalOp, call, table_name
from warehouse.schema.grants import Grant


@Operations.register_operation("alter_owner")
class AlterOwnerOp(PrincipalOp):
    """ALTER TABLE … OWNER TO, from `old` (None: not known) to `new`."""

    word = "alter_owner"

    def __init__(
        self, table_name: str, new: str, old: str | None = None, *, schema: str | None = None, if_exists: bool = False
    ) -> None:
        self.table_name = table_name
        self.if_exists = if_exists
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
        if_exists: bool = False,
    ) -> None:
        """Hand a table or view over to another user."""
        operations.invoke(cls(table_name, owner, existing_owner, schema=schema, if_exists=if_exists))

    @property
    def principal(self) -> Grant:
        return Grant(self.new, ())

    def reverse(self) -> AlterOwnerOp:
        if self.old is None:
            raise self.no_reverse("the former owner", "existing_owner=")
        return AlterOwnerOp(self.table_name, self.old, self.new, schema=self.schema, if_exists=self.if_exists)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, self.old, self.new)

    def sql(self, preparer: Any) -> tuple[str]:
        return (f"ALTER TABLE {table_name(preparer, self)} OWNER TO {preparer.quote(self.new)}",)

    def render(self) -> str:
        return call(
            self.word,
            self.table_name,
            self.new,
            existing_owner=self.old,
            schema=self.schema,
            if_exists=self.if_exists or None,
        )
