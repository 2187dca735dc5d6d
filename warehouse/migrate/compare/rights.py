"""Owner and grants, where a model declares them; the declared grants are the whole list, apart from the owner's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from warehouse.migrate.compare.difference import Difference, InPlace, Pair, Phase
from warehouse.migrate.ops.alter_owner import AlterOwnerOp
from warehouse.migrate.ops.grant import GrantOp
from warehouse.migrate.ops.revoke import RevokeOp
from warehouse.redshift.privileges import ALL, TABLE_PRIVILEGES
from warehouse.schema.grants import Grant


def differences(pair: Pair) -> Iterator[Difference]:
    """GRANT, REVOKE and OWNER TO."""
    real = pair.real.design
    for operation in rights(pair.name, pair.schema, pair.declared.grants, real.grants or ()):
        yield InPlace(Phase.GRANT, operation)
    if pair.declared.owner is not None and pair.declared.owner != real.owner:
        yield InPlace(Phase.OWN, AlterOwnerOp(pair.name, pair.declared.owner, real.owner, schema=pair.schema))


def rights(name: str, schema: str | None, declared: Sequence[Grant] | None, real: Sequence[Grant]) -> Iterator[Any]:
    """The operations that make the real grants of a table or view the declared ones; none when nothing is declared."""
    if declared is None:
        return
    wanted, held = (
        {one.grantee: set(one.privileges) for one in declared},
        {one.grantee: set(one.privileges) for one in real},
    )
    for grantee in sorted(wanted.keys() | held.keys()):
        asked, had = wanted.get(grantee, set()), held.get(grantee, set())
        if ALL in asked:
            if not had >= _SURE:
                yield GrantOp(name, Grant(grantee, (ALL,)), schema=schema)
            continue
        if had - asked:
            yield RevokeOp(name, _grant(grantee, had - asked), schema=schema)
        if asked - had:
            yield GrantOp(name, _grant(grantee, asked - had), schema=schema)


def _grant(grantee: str, privileges: set[str]) -> Grant:
    return Grant(grantee, tuple(one for one in TABLE_PRIVILEGES if one in privileges))


# What ALL gives on every version of a cluster; the newer privileges came later.
_SURE = frozenset({"select", "insert", "update", "delete", "references"})
