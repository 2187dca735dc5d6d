"""What an aspect finds: something that Redshift changes in place, or a reason to build the table anew.

In-place changes of one table run in the order of their phases, whichever aspect found them: what stands in the way of a
change is taken away before it, what needs it comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import sqlalchemy as sa

from warehouse.db.catalog import CatalogTable
from warehouse.schema.design import ColumnDesign, ForeignKeyDesign, TableDesign


class Phase(IntEnum):
    """When an in-place change of a table runs."""

    DROP_KEYS = 0
    ADD_COLUMNS = 1
    SORT = 2
    DISTRIBUTE = 3
    RESIZE = 4
    ENCODE = 5
    DROP_COLUMNS = 6
    ADD_KEYS = 7
    DESCRIBE = 8
    GRANT = 9
    OWN = 10


@dataclass(frozen=True)
class InPlace:
    """A change that Redshift makes in place. `column` is set when bound views that read it stand in its way."""

    phase: Phase
    operation: Any
    column: str | None = None


@dataclass(frozen=True)
class Rebuild:
    """Redshift cannot change this in place: why the table must be built anew."""

    reason: str


Difference = InPlace | Rebuild


# What a foreign key says, whatever its name: its columns, the table, the columns there.
Foreign = tuple[tuple[str, ...], str, tuple[str, ...]]


def said(key: ForeignKeyDesign) -> Foreign:
    """What a foreign key says."""
    return key.columns, key.ref_table, key.ref_columns


@dataclass(frozen=True)
class Pair:
    """A table as the models declare it and as it is. `table` is the model's; `same_defaults` are columns whose default
    the catalog only spells otherwise; `moved` are foreign keys that stay, to a key that goes and comes as another.
    """

    declared: TableDesign
    real: CatalogTable
    table: sa.Table
    same_defaults: frozenset[str] = frozenset()
    moved: frozenset[Foreign] = frozenset()

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def schema(self) -> str | None:
        return self.declared.schema

    def columns(self) -> Iterator[tuple[ColumnDesign, ColumnDesign]]:
        """The columns that both sides have, as declared and as they are."""
        for declared in self.declared.columns:
            real = self.real.design.column(declared.name)
            if real is not None:
                yield declared, real


Aspect = Callable[[Pair], Iterator[Difference]]
