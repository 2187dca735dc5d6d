"""What hangs on a table and must hang on the one that takes its place: read from the catalog, written as statements.

Keys and comments come from the new design, owner and grants too when it declares them. Foreign keys of other tables,
and bound views with their owners, grants and comments, are taken away before the swap and put back after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from warehouse.db.catalog import Catalog, CatalogTable, CatalogView, ForeignKey, Key, named
from warehouse.db.sql import literal
from warehouse.errors import MigrationError
from warehouse.migrate.rebuild.plan import RebuildPlan
from warehouse.schema import statements
from warehouse.schema.design import TableDesign, ViewDesign
from warehouse.schema.statements import qualified_name


@dataclass(frozen=True)
class Carried:
    """Everything that hangs on the old table. `recorded` are the views that a migration made, as it made them."""

    old: CatalogTable
    views: tuple[CatalogView, ...]
    user: str
    recorded: Mapping[Key, ViewDesign]

    @classmethod
    def of(cls, catalog: Catalog, table: CatalogTable, recorded: Mapping[Key, ViewDesign]) -> Carried:
        """What hangs on this table of the catalog."""
        return cls(table, tuple(catalog.readers(table)), catalog.user, recorded)

    def refuse_lost(self, plan: RebuildPlan) -> None:
        """Raise MigrationError for what could not be put back."""
        keys = {frozenset(key) for key in (plan.table.primary_key, *plan.table.unique_keys)}
        for other in self._foreign_keys():
            if frozenset(other.design.ref_columns) not in keys:
                raise MigrationError(
                    f"{plan.table.qualified_name} cannot be built anew: the foreign key {other.name} of "
                    f"{named(other.table)} refers to ({', '.join(other.design.ref_columns)}), which would be no key.",
                    next_step=f'Drop it first: op.drop_constraint("{other.name}", "{other.table[1]}").',
                )
        gone = set(plan.dropped)
        for view in self.views:
            lost = sorted(column for number, column in view.reads if number == self.old.number and column in gone)
            if lost:
                raise MigrationError(
                    f"{plan.table.qualified_name} cannot be built anew: the view {named(view.key)} reads {lost[0]}, "
                    "which goes.",
                    next_step="Drop or replace the view first: op.drop_view, op.replace_view.",
                )

    def before(self, preparer: Any) -> Iterator[str]:
        """Take away what would stand in the way of dropping the old table."""
        for view in reversed(self.views):
            kind = "MATERIALIZED VIEW" if self._recorded(view).kind == "materialized" else "VIEW"
            yield f"DROP {kind} {qualified_name(preparer, *view.key)}"
        for key in self._foreign_keys():
            yield f"ALTER TABLE {qualified_name(preparer, *key.table)} DROP CONSTRAINT {preparer.quote(key.name)}"

    def after(self, preparer: Any, plan: RebuildPlan, names: KeyNames) -> Iterator[str]:
        """Put everything onto the table that has taken the old one's place."""
        design = plan.table
        yield from names.statements(preparer, design)
        for key in self._foreign_keys():
            yield _foreign_key(preparer, key.table, key.name, key.design)
        yield from self._rights(preparer, design)
        for view in self.views:
            yield from self._view(preparer, view)

    def _rights(self, preparer: Any, design: TableDesign) -> Iterator[str]:
        real = self.old.design
        owner = design.owner or (real.owner if real.owner != self.user else None)
        grants = design.grants if design.grants is not None else real.grants
        # The sort key was settled when the table was made.
        yield from statements.after_create(preparer, replace(design, owner=owner, grants=grants, sort=None))

    def _view(self, preparer: Any, view: CatalogView) -> Iterator[str]:
        recorded = self._recorded(view)
        owner = view.owner if view.owner != self.user else None
        design = replace(recorded, owner=owner, grants=view.grants, comment=view.comment)
        yield statements.create_view(preparer, design)
        if view.comment:
            yield f"COMMENT ON VIEW {qualified_name(preparer, *view.key)} IS {literal(view.comment)}"
        yield from statements.after_create(preparer, design)

    def _recorded(self, view: CatalogView) -> ViewDesign:
        """The view as it was made, or, when nobody wrote that down, as the warehouse tells it."""
        found = self.recorded.get(view.key)
        return found or ViewDesign(view.name, view.text.strip().rstrip(";"), schema=view.schema)

    def _foreign_keys(self) -> list[ForeignKey]:
        return [key for key in self.old.referenced_by if key.table != self.old.key]


@dataclass(frozen=True)
class KeyNames:
    """What the keys of the new table are called."""

    primary: str
    unique: Mapping[tuple[str, ...], str]

    def statements(self, preparer: Any, design: TableDesign) -> Iterator[str]:
        """ADD CONSTRAINT for each key: they are informational, so the rows are not looked at."""
        table = qualified_name(preparer, design.schema, design.name)
        if design.primary_key:
            columns = ", ".join(map(preparer.quote, design.primary_key))
            yield f"ALTER TABLE {table} ADD CONSTRAINT {preparer.quote(self.primary)} PRIMARY KEY ({columns})"
        for key in design.unique_keys:
            columns = ", ".join(map(preparer.quote, key))
            yield f"ALTER TABLE {table} ADD CONSTRAINT {preparer.quote(self.unique[key])} UNIQUE ({columns})"
        for foreign in design.foreign_keys:
            name = foreign.name or f"{design.name}_{'_'.join(foreign.columns)}_fkey"
            yield _foreign_key(preparer, (design.schema, design.name), name, foreign)


def _foreign_key(preparer: Any, table: Key, name: str, key: Any) -> str:
    columns, targets = (", ".join(map(preparer.quote, one)) for one in (key.columns, key.ref_columns))
    schema, _, ref = key.ref_table.rpartition(".")
    target = qualified_name(preparer, schema or None, ref)
    return (
        f"ALTER TABLE {qualified_name(preparer, *table)} ADD CONSTRAINT {preparer.quote(name)} "
        f"FOREIGN KEY ({columns}) REFERENCES {target} ({targets})"
    )
