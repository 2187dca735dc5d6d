"""NOT NULL: Redshift neither sets nor drops it on a column that exists."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.migrate.compare.difference import Difference, Pair, Rebuild


def differences(pair: Pair) -> Iterator[Difference]:
    """Why the table must be built anew."""
    # What a primary key names is NOT NULL, whether the column says so or not.
    keyed = set(pair.declared.primary_key)
    for declared, real in pair.columns():
        nullable = declared.nullable and declared.name not in keyed
        if nullable != real.nullable:
            yield Rebuild(f"{real.name}: {'NULL' if nullable else 'NOT NULL'} is declared")
