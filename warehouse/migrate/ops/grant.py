"""`op.grant`: let a role, a group, a user or everybody do something with a table or a view.

    op.grant("flight", "role analyst", "select")

A grantee is written as in a model: `role name`, `group name`, `public`, or a user's bare name. The grantee must exist,
or `if_exists=True` leaves the op out where it does not: users, groups and roles belong to whoever runs the cluster.
https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import Operations

from warehouse.discipline import GrantPrivileges
from warehouse.errors import DesignError, MigrationError
from warehouse.migrate.ops import PrincipalOp, call, table_name
from warehouse.schema import statements
from warehouse.schema.grants import Grant, read_grants


class RightsOp(PrincipalOp):
    """GRANT or REVOKE on a table or view."""

    def __init__(self, table_name: str, right: Grant, *, schema: str | None = None, if_exists: bool = False) -> None:
        self.table_name = table_name
        self.right = right
        self.schema = schema
        self.if_exists = if_exists

    @property
    def principal(self) -> Grant:
        return self.right

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, self.right.grantee, *self.right.privileges)

    def render(self) -> str:
        privileges: Any = list(self.right.privileges)
        said = privileges[0] if len(privileges) == 1 else privileges
        if_exists = self.if_exists or None
        return call(self.word, self.table_name, self.right.grantee, said, schema=self.schema, if_exists=if_exists)


def read_grant(table: str, grantee: str, privileges: str | Sequence[str]) -> Grant:
    """The arguments of a revision as a value. Raises MigrationError for what GRANT has no word for."""
    try:
        return read_grants({grantee: privileges})[0]
    except DesignError as error:
        raise MigrationError(f"{table}: {error.message}", next_step=error.next_step) from error


@Operations.register_operation("grant")
class GrantOp(RightsOp):
    """GRANT … ON … TO …"""

    word = "grant"

    @classmethod
    def grant(
        cls,
        operations: Operations,
        table_name: str,
        grantee: str,
        privileges: str | Sequence[str],
        *,
        schema: str | None = None,
        if_exists: bool = False,
    ) -> None:
        """Let a grantee do something with a table or view."""
        right = read_grant(table_name, grantee, privileges)
        operations.invoke(cls(table_name, right, schema=schema, if_exists=if_exists))

    def reverse(self) -> Any:
        from warehouse.migrate.ops.revoke import RevokeOp

        return RevokeOp(self.table_name, self.right, schema=self.schema, if_exists=self.if_exists)

    def changes(self) -> tuple[GrantPrivileges]:
        return (GrantPrivileges(self.table_name, self.schema, self.right),)

    def sql(self, preparer: Any) -> tuple[str]:
        return (statements.grant(preparer, table_name(preparer, self), self.right),)
