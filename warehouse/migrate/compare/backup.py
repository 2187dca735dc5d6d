"""BACKUP NO: said when a table is made, and never again."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.migrate.compare.difference import Difference, Pair, Rebuild


def differences(pair: Pair) -> Iterator[Difference]:
    """Why the table must be built anew."""
    if pair.declared.backup != pair.real.design.backup:
        yield Rebuild(f"BACKUP {'YES' if pair.declared.backup else 'NO'} is declared")
