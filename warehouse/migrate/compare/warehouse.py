"""The whole comparison: designs against the catalog, and the order in which the differences are made.

    drop views                            those that stand in the way, or change, or go
    drop foreign keys, drop other keys
    create tables                         referenced ones first
    change tables, or build them anew
    drop tables                           referencing ones first
    add keys, add foreign keys
    create views                          in the order of their declaration

Within a table the phases of difference.py say what comes first.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from warehouse.db.catalog import Catalog, CatalogTable, CatalogView, Key, named, read_catalog
from warehouse.discipline.config import FOREIGN_TABLES
from warehouse.migrate.compare import (
    backup,
    columns,
    comments,
    constraints,
    defaults,
    encodings,
    identity,
    keys,
    nulls,
    rights,
    types,
    views,
)
from warehouse.migrate.compare.difference import Aspect, InPlace, Pair, Phase, Rebuild, said
from warehouse.migrate.compare.views import ViewPlan
from warehouse.migrate.ops.rebuild_table import RebuildTableOp
from warehouse.migrate.tables import table_of
from warehouse.migrate.views import records
from warehouse.schema.design import ForeignKeyDesign, TableDesign, ViewDesign
from warehouse.schema.views import view_designs

log = logging.getLogger("alembic.autogenerate.compare")

ASPECTS: tuple[Aspect, ...] = tuple(
    aspect.differences
    for aspect in (columns, types, nulls, defaults, identity, keys, encodings, constraints, backup, comments, rights)
)
# What is done to all tables before, or after, anything else.
_BEFORE, _AFTER = (Phase.DROP_KEYS,), (Phase.ADD_KEYS,)


@dataclass
class Plan:
    """The operations found so far, by their place in the order."""

    views: ViewPlan = field(default_factory=ViewPlan)
    before: list[InPlace] = field(default_factory=list)
    created: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    dropped: list[Any] = field(default_factory=list)
    after: list[InPlace] = field(default_factory=list)
    # Bound views that a change in place would meet.
    in_the_way: list[CatalogView] = field(default_factory=list)
    # Those that read what goes, and what that is; in the end only views that nobody declared and no migration made.
    losing: list[tuple[CatalogView, str]] = field(default_factory=list)

    def operations(self) -> Iterator[Any]:
        """All of them, in an order that runs."""
        yield from self.views.before
        yield from (one.operation for one in sorted(self.before, key=_foreign_first))
        yield from self.created
        yield from self.changed
        yield from self.dropped
        yield from (one.operation for one in sorted(self.after, key=_foreign_first, reverse=True))
        yield from self.views.after


def changes(connection: sa.Connection, metadata: sa.MetaData, *, version_schema: str | None = None) -> list[Any]:
    """The operations that make the warehouse what the models declare; none when it is. Raises MigrationError for a view
    that could not come back.
    """
    plan = compared(connection, declared_tables(metadata), view_designs(metadata), version_schema=version_schema)
    views.refuse_losing(plan.losing)
    return list(plan.operations())


def compared(
    connection: sa.Connection,
    declared: Mapping[Key, tuple[TableDesign, sa.Table]],
    views_declared: Collection[ViewDesign],
    *,
    version_schema: str | None = None,
) -> Plan:
    """What differs between these tables and views and the warehouse."""
    schemas = {key[0] for key in declared} | {view.schema for view in views_declared} | {None}
    catalog = read_catalog(connection, schemas, with_readers=True)
    alike = defaults.alike(connection, {key: design for key, (design, _) in declared.items()}, catalog)
    plan = differences(declared, catalog, schemas, alike)
    known = records(connection, version_schema)
    ours = {*known, *((view.schema, view.name) for view in views_declared)}
    plan.losing += views.losing(views_declared, catalog, known)
    plan.losing = [(view, lost) for view, lost in plan.losing if view.key not in ours]
    plan.views = views.differences(views_declared, catalog, known, plan.in_the_way)
    return plan


def declared_tables(metadata: sa.MetaData) -> dict[Key, tuple[TableDesign, sa.Table]]:
    """The models' tables, referenced ones first."""
    found = {}
    with warnings.catch_warnings():
        # Of tables that refer to each other none comes first; their keys get a place of their own.
        warnings.filterwarnings("ignore", "Cannot correctly sort tables", sa.exc.SAWarning)
        ordered = metadata.sorted_tables
    for table in ordered:
        if table.name not in FOREIGN_TABLES:
            design = TableDesign.from_table(table)
            found[design.schema, design.name] = (design, table)
    return found


def differences(
    declared: Mapping[Key, tuple[TableDesign, sa.Table]],
    catalog: Catalog,
    schemas: Collection[str | None],
    same_defaults: Mapping[Key, frozenset[str]],
) -> Plan:
    """What must be done to the tables of these schemas. `same_defaults` are those of defaults.py."""
    plan = Plan()
    ours = (one for one in catalog.tables.items() if one[0][0] in schemas and one[0][1] not in FOREIGN_TABLES)
    real = dict(ours)
    links = _Links({key: one for key, (one, _) in declared.items()}, {key: one.design for key, one in real.items()})
    for key, (design, table) in declared.items():
        if key not in real:
            log.info("Detected added table %s", named(key))
            later = links.apart(design, links.declared)
            made = table_of(_without(design, later), primary_key_name=_primary_key_name(table)) if later else table
            plan.created.append(ops.CreateTableOp.from_table(made))
            plan.after += [constraints.added(constraints.foreign_key(key[1], key[0], one)) for one in later]
        else:
            moved = frozenset(said(one) for one in links.unsure(design))
            _compare(Pair(design, real[key], table, same_defaults.get(key, frozenset()), moved), plan, catalog)
    for gone in _referencing_first(table for key, table in real.items() if key not in declared):
        log.info("Detected removed table %s", named(gone.key))
        _lose(plan, catalog, gone, None)
        first = links.apart(gone.design, links.real)
        was = _without(_without_owner(gone.design, catalog.user), first)
        plan.dropped.append(ops.DropTableOp.from_table(table_of(was, primary_key_name=gone.primary_key_name)))
        plan.before += [constraints.dropped(constraints.foreign_key(gone.key[1], gone.key[0], one)) for one in first]
    return plan


def _compare(pair: Pair, plan: Plan, catalog: Catalog) -> None:
    found = [difference for aspect in ASPECTS for difference in aspect(pair)]
    reasons = [one.reason for one in found if isinstance(one, Rebuild)]
    in_place = sorted((one for one in found if isinstance(one, InPlace)), key=lambda one: one.phase)
    if found:
        log.info("Detected changes of table %s", named(pair.real.key))
    if reasons:
        # A rebuild takes everything with it, but for foreign keys to tables that may change as well.
        in_place = [one for one in in_place if _is_foreign(one.operation)]
        plan.changed.append(_rebuild(pair, tuple(reasons), catalog.user))
    for column in pair.real.design.columns:
        # A rebuild carries views over, but not those that read a column which goes.
        if pair.declared.column(column.name) is None:
            _lose(plan, catalog, pair.real, column.name)
    plan.before += [one for one in in_place if one.phase in _BEFORE]
    plan.after += [one for one in in_place if one.phase in _AFTER]
    for one in in_place:
        if one.column is not None:
            plan.in_the_way += catalog.readers(pair.real, one.column)
    within = [one.operation for one in in_place if one.phase not in (*_BEFORE, *_AFTER)]
    if within:
        plan.changed.append(ops.ModifyTableOps(pair.name, within, schema=pair.schema))


def _lose(plan: Plan, catalog: Catalog, table: CatalogTable, column: str | None) -> None:
    """The table (or a column of it) goes."""
    readers = catalog.readers(table, column)
    plan.in_the_way += readers
    plan.losing += [(view, named(table.key) if column is None else column) for view in readers]


def _rebuild(pair: Pair, reasons: tuple[str, ...], user: str) -> RebuildTableOp:
    """The table anew: as declared, with the foreign keys that stay; and, for the way back, as it was with them."""
    real = _without_owner(pair.real.design, user)
    stay = {said(key) for key in pair.declared.foreign_keys} - pair.moved
    kept = tuple(key for key in real.foreign_keys if said(key) in stay)
    declared = replace(_with_what_is_there(pair.declared, real), foreign_keys=kept)
    table = table_of(declared, primary_key_name=_primary_key_name(pair.table))
    before = table_of(replace(real, foreign_keys=kept), primary_key_name=pair.real.primary_key_name)
    existing = {column.name: column.type for column in real.columns}
    return RebuildTableOp(table, existing, before=before, reasons=reasons)


def _with_what_is_there(declared: TableDesign, real: TableDesign) -> TableDesign:
    """The declared design, with the real one's answers where the model has no opinion: a rebuild changes nothing that
    nobody asked for.
    """
    columns = declared.columns
    if declared.encode != "auto" and any(column.encode for column in columns):
        there = {column.name: column for column in real.columns}
        columns = tuple(
            replace(column, encode=there[column.name].encode)
            if column.encode is None and column.name in there and there[column.name].type == column.type
            else column
            for column in columns
        )
    names = {column.name for column in columns}
    dist, sort = declared.dist, declared.sort
    if dist is None and (real.dist is None or real.dist.key is None or real.dist.key in names):
        dist = real.dist
    if sort is None and real.sort is not None and real.sort.columns and set(real.sort.columns) <= names:
        sort = real.sort
    return replace(declared, columns=columns, dist=dist, sort=sort)


def _primary_key_name(table: sa.Table) -> str:
    name = table.primary_key.name
    return str(name) if name else f"{table.name}_pkey"


@dataclass(frozen=True)
class _Links:
    """Which foreign keys of a table that comes or goes can come and go with it."""

    declared: Mapping[Key, TableDesign]
    real: Mapping[Key, TableDesign]

    def unsure(self, table: TableDesign) -> list[ForeignKeyDesign]:
        """Those to a table that stays, but whose key comes, goes or changes: they need a place of their own."""
        return [key for key in table.foreign_keys if not self._is_sure(key)]

    def apart(self, table: TableDesign, side: Mapping[Key, TableDesign]) -> list[ForeignKeyDesign]:
        """Those and the ones that lead back to the table: of two tables that refer to each other one comes first."""
        own = (table.schema, table.name)
        circular = [key for key in table.foreign_keys if own != _target(key) and own in _reached(_target(key), side)]
        return [key for key in table.foreign_keys if key in circular or not self._is_sure(key)]

    def _is_sure(self, key: ForeignKeyDesign) -> bool:
        sides = [tables.get(_target(key)) for tables in (self.declared, self.real)]
        before, after = (_keys(one) if one is not None else None for one in sides)
        if before is None or after is None:
            return True
        return any(set(columns) == set(key.ref_columns) for _, columns in before & after)


def _target(key: ForeignKeyDesign) -> Key:
    schema, _, name = key.ref_table.rpartition(".")
    return schema or None, name


def _reached(start: Key, side: Mapping[Key, TableDesign]) -> set[Key]:
    """The tables to which foreign keys lead from this one, itself included."""
    found, waiting = set[Key](), [start]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += [_target(one) for one in side[key].foreign_keys] if key in side else []
    return found


def _keys(design: TableDesign) -> set[tuple[str, tuple[str, ...]]]:
    """Its keys. One that becomes the primary key, or takes another order of its columns, goes and comes as another."""
    return {("primary", design.primary_key), *(("unique", one) for one in design.unique_keys)}


def _without(design: TableDesign, keys: Collection[ForeignKeyDesign]) -> TableDesign:
    return replace(design, foreign_keys=tuple(key for key in design.foreign_keys if key not in keys))


def _without_owner(design: TableDesign, user: str) -> TableDesign:
    """An owner is worth saying only when it is not who migrates."""
    return replace(design, owner=None) if design.owner == user else design


def _referencing_first(tables: Iterable[CatalogTable]) -> list[CatalogTable]:
    """In the order in which they can be dropped."""
    left = {table.key: table for table in tables}
    ordered: list[CatalogTable] = []
    while left:
        free = [
            table
            for table in left.values()
            if not any(key.table in left and key.table != table.key for key in table.referenced_by)
        ]
        for table in sorted(free or left.values(), key=lambda table: named(table.key)):
            ordered.append(left.pop(table.key))
    return ordered


def _foreign_first(one: InPlace) -> int:
    return 0 if _is_foreign(one.operation) else 1


def _is_foreign(operation: Any) -> bool:
    return isinstance(operation, ops.CreateForeignKeyOp) or (
        isinstance(operation, ops.DropConstraintOp) and operation.constraint_type == "foreignkey"
    )
