"""Who owns a table or a view, and who may do what with it.

    owner="finance", grants={"role analyst": "select", "group etl": ("select", "insert", "delete"), "public": "select"}

A grantee is written as GRANT writes it: `role name`, `group name`, `public`, or a user's bare name. The grants of a
model are the whole list, apart from the owner's own; a model without `grants=` has no opinion.

https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.errors import DesignError
from warehouse.redshift.privileges import ALL, GRANTEE_KINDS, PUBLIC, TABLE_PRIVILEGES

Grants = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Grant:
    """What one grantee may do. `privileges` are in the order of the grammar, or ("all",)."""

    grantee: str
    privileges: tuple[str, ...]

    @property
    def kind(self) -> str:
        """user, role, group or public."""
        if self.grantee == PUBLIC:
            return PUBLIC
        word, blank, _ = self.grantee.partition(" ")
        return word if blank and word in GRANTEE_KINDS else "user"

    @property
    def name(self) -> str:
        """The grantee's name without the word before it."""
        return self.grantee.partition(" ")[2] if self.kind in GRANTEE_KINDS else self.grantee

    def to(self, preparer: Any) -> str:
        """The grantee as GRANT and REVOKE write it, the name quoted where it must be."""
        if self.kind == PUBLIC:
            return "PUBLIC"
        word = f"{self.kind.upper()} " if self.kind in GRANTEE_KINDS else ""
        return f"{word}{preparer.quote(self.name)}"


def read_grants(declared: Grants) -> tuple[Grant, ...]:
    """The declared grants as values, in order of their grantees. Raises DesignError for what GRANT has no word for."""
    if not isinstance(declared, Mapping):
        raise DesignError(f"grants={declared!r} is not understood.", next_step='Say grants={"role analyst": "select"}.')
    found = {}
    for grantee, said in declared.items():
        name = _grantee(grantee)
        if name in found:
            raise DesignError(f"grants: {name} is named twice.", next_step="Name it once, with all its privileges.")
        found[name] = Grant(name, _privileges(name, (said,) if isinstance(said, str) else tuple(said)))
    return tuple(found[name] for name in sorted(found))


def plain_grants(grants: Sequence[Grant]) -> dict[str, list[str]]:
    """The same as plain data, for `Table.info`."""
    return {grant.grantee: list(grant.privileges) for grant in grants}


def _grantee(text: str) -> str:
    words = text.split()
    if words and words[0].lower() in (*GRANTEE_KINDS, PUBLIC):
        words[0] = words[0].lower()
    # A role's or a group's name may hold blanks; a user's name with a blank is more likely a forgotten word.
    if not words or (words[0] in GRANTEE_KINDS) != (len(words) > 1):
        raise DesignError(
            f"grants: {text!r} names nobody.", next_step='Say "role name", "group name", "public", or a user\'s name.'
        )
    return " ".join(words)


def _privileges(grantee: str, said: Sequence[str]) -> tuple[str, ...]:
    wanted = {word.strip().lower() for word in said}
    unknown = sorted(wanted - {*TABLE_PRIVILEGES, ALL})
    if unknown or not wanted:
        raise DesignError(
            f"grants to {grantee}: {', '.join(unknown) or 'nothing'} cannot be granted.",
            next_step=f"Say one or more of {', '.join((*TABLE_PRIVILEGES, ALL))}.",
        )
    return (ALL,) if ALL in wanted else tuple(word for word in TABLE_PRIVILEGES if word in wanted)
