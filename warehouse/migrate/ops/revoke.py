"""`op.revoke`: take back what `op.grant` gave.

    op.revoke("flight", "public", ["select", "insert"])

https://docs.aws.amazon.com/redshift/latest/dg/r_REVOKE.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import Operations

from warehouse.migrate.ops import table_name
from warehouse.migrate.ops.grant import GrantOp, RightsOp, read_grant
from warehouse.schema import statements


@Operations.register_operation("revoke")
class RevokeOp(RightsOp):
    """REVOKE … ON … FROM …"""

    word = "revoke"

    @classmethod
    def revoke(
        cls,
        operations: Operations,
        table_name: str,
        grantee: str,
        privileges: str | Sequence[str],
        *,
        schema: str | None = None,
        if_exists: bool = False,
    ) -> None:
        """Take something back from a grantee."""
        right = read_grant(table_name, grantee, privileges)
        operations.invoke(cls(table_name, right, schema=schema, if_exists=if_exists))

    def reverse(self) -> GrantOp:
        return GrantOp(self.table_name, self.right, schema=self.schema, if_exists=self.if_exists)

    def sql(self, preparer: Any) -> tuple[str]:
        return (statements.revoke(preparer, table_name(preparer, self), self.right),)
