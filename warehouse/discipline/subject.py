"""What a rule looks at: frozen values, whoever asks.

A rule names the one kind of subject that it judges (registry.py):

    TableDesign     a table, declared or created          ColumnSubject   a column of it, or one that is added
    ViewDesign      a view                                Link            a foreign key with both of its tables
    Change          what a migration does (changes.py)    Statement       SQL text (statement.py)
    LiveTable       a table that the warehouse has        MissingTable    a model that it has not
    Revision        a whole revision                      WaiverUse       a waiver, after the rules have run

Whoever asks says what else is known: `SchemaDesign`, all tables and views, with their statistics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from warehouse.discipline.changes import (
    AddColumn,
    AlterColumn,
    AlterDistribution,
    AlterSortKey,
    Change,
    CreateTable,
    CreateView,
    DropColumn,
    DropTable,
    DropView,
    RenameColumn,
    RenameTable,
    RunSQL,
    SetTableComment,
)
from warehouse.discipline.finding import Place
from warehouse.discipline.statement import Statement, statements
from warehouse.schema.design import ColumnDesign, ForeignKeyDesign, TableDesign, ViewDesign, qualified
from warehouse.schema.facts import TableFacts


@dataclass(frozen=True)
class SchemaDesign:
    """What is known of the whole warehouse. `complete`: there are no other tables and views than these.

    Tables and views by their qualified names; facts, where somebody has read them, by the same.
    """

    tables: Mapping[str, TableDesign] = field(default_factory=dict)
    views: Mapping[str, ViewDesign] = field(default_factory=dict)
    facts: Mapping[str, TableFacts] = field(default_factory=dict)
    complete: bool = False

    @classmethod
    def of(
        cls,
        designs: Iterable[TableDesign | ViewDesign],
        facts: Iterable[TableFacts] = (),
        *,
        complete: bool = False,
    ) -> SchemaDesign:
        """From designs, in any order."""
        found = list(designs)
        return cls(
            {one.qualified_name: one for one in found if isinstance(one, TableDesign)},
            {one.qualified_name: one for one in found if isinstance(one, ViewDesign)},
            {one.qualified_name: one for one in facts},
            complete,
        )

    def with_designs(self, designs: Iterable[TableDesign | ViewDesign]) -> SchemaDesign:
        """The same, and these, which come before what was known of their names."""
        more = SchemaDesign.of(designs)
        return SchemaDesign({**self.tables, **more.tables}, {**self.views, **more.views}, self.facts, self.complete)

    def after(self, change: Change) -> SchemaDesign:
        """What is known when a change has been made."""
        if isinstance(change, CreateTable | CreateView):
            return self.with_designs([change.design])
        if isinstance(change, DropTable | DropView | RenameTable):
            left = {name: one for name, one in self.tables.items() if name != change.of_table}
            views = {name: one for name, one in self.views.items() if name != change.of_table}
            without = replace(self, tables=left, views=views)
            if not isinstance(change, RenameTable) or change.of_table not in self.tables:
                return without
            return without.with_designs([replace(self.tables[change.of_table], name=change.new_name)])
        table = self.tables.get(change.of_table)
        return self if table is None else self.with_designs([altered(table, change)])

    def links(self, table: TableDesign) -> Iterator[Link]:
        """The foreign keys of a table whose target is known."""
        for key in table.foreign_keys:
            target = self.tables.get(key.ref_table)
            if target is not None:
                yield Link(table, key, target)

    def referred_columns(self, table: TableDesign) -> frozenset[str]:
        """The columns of a table that foreign keys of others refer to."""
        return self._referred.get(table.qualified_name, frozenset())

    def readers(self, table: str) -> list[str]:
        """The views that read a table, by name; the late-binding ones, which nothing protects, included."""
        return self._readers.get(table, [])

    def mentions(self, view: str, column: str) -> bool:
        """Does a view's query name this column, of whatever table?"""
        return view in self.views and Statement(self.views[view].query, origin="view").mentions(column)

    @cached_property
    def _referred(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for table in self.tables.values():
            for key in table.foreign_keys:
                found[key.ref_table] = found.get(key.ref_table, frozenset()) | set(key.ref_columns)
        return found

    @cached_property
    def _readers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for view in self.views.values():
            for read in Statement(view.query, origin="view").reads:
                found.setdefault(read, []).append(view.qualified_name)
        return found


def altered(table: TableDesign, change: Change) -> TableDesign:
    """The table's design when a change of it has been made; the same for a change that is not about its design."""
    if isinstance(change, AlterDistribution):
        return replace(table, dist=change.new)
    if isinstance(change, AlterSortKey):
        return replace(table, sort=change.new)
    if isinstance(change, SetTableComment):
        return replace(table, comment=change.comment)
    if isinstance(change, AddColumn):
        return replace(table, columns=(*table.columns, change.column))
    if isinstance(change, DropColumn):
        return replace(table, columns=tuple(one for one in table.columns if one.name != change.column))
    if not isinstance(change, RenameColumn | AlterColumn):
        return table
    columns = tuple(_column_after(one, change) if one.name == change.column else one for one in table.columns)
    return replace(table, columns=columns)


def _column_after(column: ColumnDesign, change: RenameColumn | AlterColumn) -> ColumnDesign:
    if isinstance(change, RenameColumn):
        return replace(column, name=change.new_name)
    if "encode" in change.changed and change.encode:
        return replace(column, encode=change.encode)
    return replace(column, type=change.new.type) if "type" in change.changed and change.new else column


NOTHING_KNOWN = SchemaDesign()


@dataclass(frozen=True)
class ColumnSubject:
    """A column, of a table that is created or added to one that exists. `design` is None when the table is not
    known."""

    table: str
    schema: str | None
    column: ColumnDesign
    design: TableDesign | None = None
    place: Place | None = field(default=None, compare=False)

    @property
    def of_table(self) -> str:
        return qualified(self.schema, self.table)

    @property
    def where(self) -> str:
        return f"{self.of_table}.{self.column.name}"

    @property
    def sort_position(self) -> int | None:
        """Its place in the table's sort key, from 0; None when it is not part of it, or the table is not known."""
        columns = self.design.sort.columns if self.design is not None and self.design.sort is not None else ()
        return columns.index(self.column.name) if self.column.name in columns else None


@dataclass(frozen=True)
class Link:
    """A foreign key, with the table that has it and the one that it refers to: a join that queries will make."""

    table: TableDesign
    key: ForeignKeyDesign
    target: TableDesign

    @property
    def of_table(self) -> str:
        return self.table.qualified_name

    @property
    def where(self) -> str:
        return f"{self.of_table}.{self.key.columns[0]}" if len(self.key.columns) == 1 else self.of_table

    def pairs(self) -> Iterator[tuple[ColumnDesign, ColumnDesign]]:
        """The columns that are compared, where both exist."""
        for mine, theirs in zip(self.key.columns, self.key.ref_columns, strict=True):
            left, right = self.table.column(mine), self.target.column(theirs)
            if left is not None and right is not None:
                yield left, right


@dataclass(frozen=True)
class LiveTable:
    """A table that the warehouse has. `design` is its model; None when no model owns it."""

    facts: TableFacts
    design: TableDesign | None = None

    @property
    def of_table(self) -> str:
        return self.facts.qualified_name

    @property
    def where(self) -> str:
        return self.of_table


@dataclass(frozen=True)
class MissingTable:
    """A model whose table the warehouse has not."""

    design: TableDesign

    @property
    def of_table(self) -> str:
        return self.design.qualified_name

    @property
    def where(self) -> str:
        return self.of_table


@dataclass(frozen=True)
class Revision:
    """A whole revision: what it does, and what its downgrade does. `undoes` is False when the downgrade says nothing,
    or raises."""

    name: str
    changes: tuple[Change, ...]
    undoes: bool
    place: Place | None = field(default=None, compare=False)

    @property
    def of_table(self) -> str:
        return ""

    @property
    def where(self) -> str:
        return f"revision {self.name}"


@dataclass(frozen=True)
class WaiverUse:
    """A waiver, after the rules have run: did it hold anything back? `known` is False for a code that no rule has."""

    holder: str
    code: str
    reason: str
    used: bool
    known: bool
    place: Place | None = field(default=None, compare=False)

    @property
    def of_table(self) -> str:
        return self.holder

    @property
    def where(self) -> str:
        return self.holder


Subject = (
    TableDesign
    | ViewDesign
    | ColumnSubject
    | Link
    | Change
    | Statement
    | LiveTable
    | MissingTable
    | Revision
    | WaiverUse
)
# What may be handed to the engine; the rest follows from it.
Given = TableDesign | ViewDesign | Change | Statement | LiveTable | MissingTable | Revision


def expand(subject: Given, known: SchemaDesign) -> Iterator[Subject]:
    """Everything that rules judge in what was handed in: a table is itself, its columns and its links."""
    yield subject
    if isinstance(subject, TableDesign):
        name, schema = subject.name, subject.schema
        for column in subject.columns:
            yield ColumnSubject(name, schema, column, subject)
        yield from known.links(subject)
    elif isinstance(subject, ViewDesign):
        late = subject.kind == "late_binding"
        yield Statement(subject.query, origin="view", name=subject.qualified_name, late_binding=late)
    elif isinstance(subject, CreateTable | CreateView):
        yield from expand(subject.design, known)
    elif isinstance(subject, AddColumn):
        table = known.tables.get(subject.of_table)
        design = altered(table, subject) if table is not None else None
        yield ColumnSubject(subject.table, subject.schema, subject.column, design, subject.place)
    elif isinstance(subject, RunSQL):
        yield from statements(subject.text, origin="revision", place=subject.place)


def where(subject: Subject) -> str:
    """What a finding about this subject calls it."""
    return subject.qualified_name if isinstance(subject, TableDesign | ViewDesign) else subject.where


def table_of(subject: Subject) -> str:
    """The table that this subject belongs to; empty when it cannot be known."""
    return subject.qualified_name if isinstance(subject, TableDesign | ViewDesign) else subject.of_table


def place_of(subject: Subject) -> Place | None:
    """Where the subject stands, when it came from a file."""
    return getattr(subject, "place", None)
