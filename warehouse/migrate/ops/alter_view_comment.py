"""`op.alter_view_comment`: another comment on a view of any kind, which stays as it is.

    op.alter_view_comment("daily", "Flights of each day.", existing_comment="Flights.")

None takes the comment away.
https://docs.aws.amazon.com/redshift/latest/dg/r_COMMENT.html
"""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations

from warehouse.db.sql import literal
from warehouse.migrate.ops import RedshiftOp, call, table_name


@Operations.register_operation("alter_view_comment")
class AlterViewCommentOp(RedshiftOp):
    """COMMENT ON VIEW, from `old` to `new`; None is no comment."""

    word = "alter_view_comment"

    def __init__(self, table_name: str, new: str | None, old: str | None = None, *, schema: str | None = None) -> None:
        self.table_name = table_name
        self.new = new
        self.old = old
        self.schema = schema

    @classmethod
    def alter_view_comment(
        cls,
        operations: Operations,
        name: str,
        comment: str | None,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Say something else of a view."""
        operations.invoke(cls(name, comment, existing_comment, schema=schema))

    def reverse(self) -> AlterViewCommentOp:
        return AlterViewCommentOp(self.table_name, self.old, self.new, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, self.old, self.new)

    def sql(self, preparer: Any) -> tuple[str]:
        said = "NULL" if self.new is None else literal(self.new)
        return (f"COMMENT ON VIEW {table_name(preparer, self)} IS {said}",)

    def render(self) -> str:
        return call(self.word, self.table_name, self.new, existing_comment=self.old, schema=self.schema)
