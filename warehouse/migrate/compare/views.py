"""Views: what the models declare against what migrations wrote down when they made them (`warehouse.migrate.views`).

A view is the declared one when it was made from the same design and the catalog's text has not changed since. A bound
view also stands in the way of changes to what it reads, so views are dropped before, and made again after, what
happens to tables. Views that nobody declared and no migration made are left alone; when they stand in the way they
come back as the catalog tells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from warehouse.db.catalog import Catalog, CatalogView, Key, in_order, named
from warehouse.errors import MigrationError
from warehouse.migrate.compare.rights import rights
from warehouse.migrate.ops.alter_owner import AlterOwnerOp
from warehouse.migrate.ops.alter_view_comment import AlterViewCommentOp
from warehouse.migrate.ops.create_view import CreateViewOp, DropViewOp, ReplaceViewOp
from warehouse.migrate.views import Record, digest, written
from warehouse.schema.design import ViewDesign


@dataclass
class ViewPlan:
    """Operations before and after those on tables."""

    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)


def differences(
    declared: Iterable[ViewDesign],
    catalog: Catalog,
    records: Mapping[Key, Record],
    in_the_way: Iterable[CatalogView],
) -> ViewPlan:
    """What must be done to views. `in_the_way` are bound views that a change of a table would meet."""
    wanted = {(view.schema, view.name): view for view in declared}
    known = _Known(catalog, records, wanted)
    for key in wanted:
        if key in catalog.tables:
            raise MigrationError(
                f"{named(key)} is declared as a view and is a table in the warehouse.",
                next_step="Rename one of the two, or drop the table in a revision of its own first.",
            )
    changed = {key for key in wanted if key in catalog.views and known.has_changed(key)}
    gone = {key for key in records if key in catalog.views and key not in wanted}
    blocking = {view.key for view in in_the_way}
    moved = _with_readers(catalog, {*blocking, *(key for key in changed if known.is_bound(key))})
    # Alone, a changed view is one operation; with others around it, or in the way, they go and come together.
    together = moved if blocking or len(moved - gone) > 1 or not moved <= changed else set()
    plan = ViewPlan()
    for view in reversed(in_order(catalog.views[key] for key in (together | gone))):
        plan.before.append(DropViewOp(known.as_it_was(view.key), record=view.key in records))
    for key, design in wanted.items():
        if key not in catalog.views or key in together:
            plan.after.append(CreateViewOp(_with_rights(design, catalog.views.get(key))))
        elif key in changed:
            plan.after.append(ReplaceViewOp(design, known.as_it_was(key)))
        else:
            plan.after += _beside(design, catalog.views[key])
    for view in in_order(catalog.views[key] for key in together - gone if key not in wanted):
        plan.after.append(CreateViewOp(known.as_it_was(view.key), record=view.key in records))
    return plan


def losing(
    declared: Iterable[ViewDesign], catalog: Catalog, records: Mapping[Key, Record]
) -> Iterator[tuple[CatalogView, str]]:
    """Views that read a view which goes: (view, what it loses)."""
    kept = {(view.schema, view.name) for view in declared}
    gone = {catalog.views[key].number: key for key in records if key in catalog.views and key not in kept}
    for view in catalog.views.values():
        yield from ((view, f"the view {named(gone[number])}") for number, _ in view.reads if number in gone)


def refuse_losing(losing: Iterable[tuple[CatalogView, str]]) -> None:
    """Raise MigrationError for a view that reads what goes, and that nobody declared: it could not come back."""
    for view, lost in losing:
        raise MigrationError(
            f"the view {named(view.key)} reads {lost}, which goes, and no model declares the view.",
            next_step="Drop the view first, or declare it as a model without what goes.",
        )


@dataclass(frozen=True)
class _Known:
    """Views as they are, seen from all sides."""

    catalog: Catalog
    records: Mapping[Key, Record]
    wanted: Mapping[Key, ViewDesign]

    def has_changed(self, key: Key) -> bool:
        record = self.records.get(key)
        if record is None or written(record.design) != written(self.wanted[key]):
            return True
        return record.seen is not None and record.seen != digest(self.catalog.views[key].text)

    def is_bound(self, key: Key) -> bool:
        """Does the view that is there, or the one that shall be, hold what it reads?"""
        record = self.records.get(key)
        there = "view" if record is None else record.design.kind
        return not (there == "late_binding" and self.wanted[key].kind == "late_binding")

    def as_it_was(self, key: Key) -> ViewDesign:
        """The view to make again: as it was made, or as the catalog tells it when somebody changed it since."""
        view, record = self.catalog.views[key], self.records.get(key)
        if record is not None and record.seen in (None, digest(view.text)):
            design = record.design
        else:
            kind = "view" if record is None else record.design.kind
            design = ViewDesign(view.name, view.query, kind, schema=view.schema)
        return _with_rights(design, view, self.catalog.user)


def _with_rights(design: ViewDesign, view: CatalogView | None, user: str | None = None) -> ViewDesign:
    """The design with what the view that is there has beside its text, where the design says nothing of it."""
    if view is None:
        return design
    owner = design.owner or (view.owner if user is not None and view.owner != user else None)
    grants = design.grants if design.grants is not None else view.grants or None
    return replace(design, owner=owner, grants=grants, comment=design.comment or view.comment)


def _beside(design: ViewDesign, view: CatalogView) -> Iterator[Any]:
    """What a view has beside its text, where the design has an opinion and it differs."""
    if design.comment is not None and design.comment != view.comment:
        yield AlterViewCommentOp(design.name, design.comment, view.comment, schema=design.schema)
    yield from rights(design.name, design.schema, design.grants, view.grants)
    if design.owner is not None and design.owner != view.owner:
        yield AlterOwnerOp(design.name, design.owner, view.owner, schema=design.schema)


def _with_readers(catalog: Catalog, keys: set[Key]) -> set[Key]:
    """These views and all bound views that read them."""
    found = set(keys)
    while True:
        numbers = {catalog.views[key].number for key in found}
        more = {view.key for view in catalog.views.values() if any(number in numbers for number, _ in view.reads)}
        if more <= found:
            return found
        found |= more
