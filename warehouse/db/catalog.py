"""Whole schemas of a warehouse in a constant number of queries: tables as designs, views as texts.

    catalog = read_catalog(connection, ["public", "mart"])
    catalog.tables[None, "flight"].design        what a model of this table would say
    catalog.views[None, "daily_departures"]      the text, and which columns it reads

Only catalogs that every cluster has are asked, whatever the number of tables: relations, columns, keys, texts, what
views read, privileges, and what snapshots leave out. A schema is None when it is the one that unqualified names mean.

What the catalog cannot tell: AUTO without a key from NONE (a missing sort key reads as NONE), ENCODE AUTO from
encodings that were said, and the collation of a column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from warehouse.db.queries import query
from warehouse.db.system import parse_identity
from warehouse.redshift.encodings import canonical_encoding
from warehouse.redshift.keys import DIST_STYLE_CODES, SortStyle
from warehouse.redshift.privileges import GRANTEE_KINDS, PUBLIC, TABLE_PRIVILEGES
from warehouse.redshift.types import NUMBERS
from warehouse.schema.design import ColumnDesign, Distribution, ForeignKeyDesign, SortKey, TableDesign
from warehouse.schema.grants import Grant

# (schema, name); None is the schema of unqualified names.
Key = tuple[str | None, str]


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key as the catalog has it: by its name, of whichever table."""

    table: Key
    design: ForeignKeyDesign
    name: str


@dataclass(frozen=True)
class CatalogTable:
    """A table as it is. Its design says everything that the catalog knows, owner and grants included."""

    number: int
    design: TableDesign
    primary_key_name: str = ""
    unique_names: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    # Foreign keys of any table that point here.
    referenced_by: tuple[ForeignKey, ...] = ()

    @property
    def key(self) -> Key:
        return self.design.schema, self.design.name


@dataclass(frozen=True)
class CatalogView:
    """A view as it is. `text` is the warehouse's own spelling, not what was once written.

    `reads` are (relation number, column or None) of a bound view; a late-binding view is bound to nothing.
    """

    number: int
    schema: str | None
    name: str
    text: str
    owner: str
    comment: str | None
    grants: tuple[Grant, ...] = ()
    reads: frozenset[tuple[int, str | None]] = frozenset()

    @property
    def key(self) -> Key:
        return self.schema, self.name

    @property
    def is_late_binding(self) -> bool:
        return _BINDING.search(self.text) is not None

    @property
    def query(self) -> str:
        """The text's query: of a late-binding view a warehouse tells the whole statement that made it."""
        return _BINDING.sub("", _CREATE.sub("", self.text)).strip().rstrip(";")


_BINDING = re.compile(r"\s*with\s+no\s+schema\s+binding\s*;?\s*$", re.IGNORECASE)
_CREATE = re.compile(r"^\s*create\s.*?\sas\s+(?=select\b|with\b|\()", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Catalog:
    """Schemas as they are at one moment."""

    tables: Mapping[Key, CatalogTable]
    views: Mapping[Key, CatalogView]
    user: str = ""
    default_schema: str = "public"

    def readers(self, table: CatalogTable, column: str | None = None) -> list[CatalogView]:
        """The bound views that read this table (this column of it), themselves or over other views; those that others
        read come first.
        """
        found: dict[int, CatalogView] = {}
        wanted = {table.number}
        while wanted:
            nearer = {
                view.number: view
                for view in self.views.values()
                if view.number not in found
                and any(n in wanted and (n != table.number or column in (None, c)) for n, c in view.reads)
            }
            found |= nearer
            wanted = set(nearer)
        return in_order(found.values())


def in_order(views: Iterable[CatalogView]) -> list[CatalogView]:
    """Views in the order in which they can be created: what is read comes before what reads it."""
    left = {view.number: view for view in views}
    ordered: list[CatalogView] = []
    while left:
        free = [view for view in left.values() if not any(number in left for number, _ in view.reads)]
        for view in sorted(free or left.values(), key=lambda view: (view.schema or "", view.name)):
            ordered.append(left.pop(view.number))
    return ordered


def read_catalog(
    connection: sa.Connection, schemas: Collection[str | None] = (None,), *, with_readers: bool = False
) -> Catalog:
    """The tables and views of these schemas; None is the current one.

    `with_readers`: other schemas too, when a view of theirs reads something of these.
    """
    default, user = connection.execute(sa.text("SELECT current_schema(), current_user")).one()
    asked = {schema or default for schema in schemas}
    while True:
        reading = _Reading(connection, default, sorted(asked))
        found = reading.catalog(user)
        if not with_readers or reading.readers <= asked:
            return found
        asked |= reading.readers


class _Reading:
    """One reading: the rows of each query, and what becomes of them."""

    def __init__(self, connection: sa.Connection, default: str, schemas: Sequence[str]) -> None:
        self._connection = connection
        self._default = default
        self._schemas = schemas
        # The schemas of the views that read something of these.
        self.readers: set[str] = set()

    def catalog(self, user: str) -> Catalog:
        relations, constraints = self._rows("catalog_relations"), self._rows("catalog_constraints")
        # Foreign keys may come from, and lead to, schemas that nobody asked for.
        others = {name for row in constraints for name in (row.schema_name, row.ref_schema_name) if name}
        columns = _grouped(self._rows("catalog_columns", sorted({*self._schemas, *others})))
        names = {number: {row.position: row.column_name for row in rows} for number, rows in columns.items()}
        keys = [_Key.of(row, names, self._schema) for row in constraints]
        own: dict[int, list[_Key]] = {}
        for one in keys:
            own.setdefault(one.number, []).append(one)
        grants, unsaved = self._grants(), self._unsaved()
        texts = {int(row.relation_id): row.definition for row in self._rows("catalog_views")}
        reads = self._reads(names)
        tables, views = {}, {}
        for row in relations:
            number, key = int(row.relation_id), (self._schema(row.schema_name), row.relation_name)
            granted = grants.get((row.schema_name, row.relation_name), ())
            if row.kind == "r":
                saved = number not in unsaved
                tables[key] = _table(row, key, columns.get(number, []), own.get(number, []), granted, saved)
            else:
                read = frozenset(reads.get(number, ()))
                views[key] = CatalogView(
                    number, *key, texts.get(number) or "", row.owner_name, row.comment_text, granted, read
                )
        return Catalog(_with_references(tables, keys), views, user, self._default)

    def _rows(self, name: str, schemas: Sequence[str] | None = None) -> Sequence[Any]:
        statement = query(name).bindparams(sa.bindparam("schemas", expanding=True))
        return self._connection.execute(statement, {"schemas": schemas or self._schemas}).all()

    def _schema(self, name: str) -> str | None:
        return None if name == self._default else name

    def _grants(self) -> dict[tuple[str, str], tuple[Grant, ...]]:
        held: dict[tuple[str, str], dict[str, set[str]]] = {}
        for row in self._rows("catalog_privileges"):
            kind, name = (row.grantee_kind or "user").strip(), (row.grantee or "").strip()
            grantee = PUBLIC if kind == PUBLIC else f"{kind} {name}" if kind in GRANTEE_KINDS else name
            of = held.setdefault((row.schema_name.strip(), row.relation_name.strip()), {})
            of.setdefault(grantee, set()).add(row.privilege.strip())
        return {
            relation: tuple(
                Grant(grantee, tuple(one for one in TABLE_PRIVILEGES if one in privileges))
                for grantee, privileges in sorted(of.items())
            )
            for relation, of in held.items()
        }

    def _unsaved(self) -> set[int]:
        return {int(row.relation_id) for row in self._connection.execute(query("catalog_unsaved"))}

    def _reads(self, names: Mapping[int, Mapping[int, str]]) -> dict[int, set[tuple[int, str | None]]]:
        found: dict[int, set[tuple[int, str | None]]] = {}
        for row in self._rows("catalog_view_reads"):
            number = int(row.relation_id)
            self.readers.add(row.view_schema)
            found.setdefault(int(row.view_id), set()).add((number, names.get(number, {}).get(row.position)))
        return found


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(int(row.relation_id), []).append(row)
    return found


@dataclass(frozen=True)
class _Key:
    """A row of the constraints, its columns by name."""

    number: int
    kind: str
    name: str
    table: Key
    columns: tuple[str, ...]
    target: int
    design: ForeignKeyDesign | None

    @classmethod
    def of(cls, row: Any, names: Mapping[int, Mapping[int, str]], schema: Any) -> _Key:
        number, target = int(row.relation_id), int(row.ref_relation_id or 0)
        columns = _named(row.columns, names.get(number, {}))
        design = None
        if row.kind == "f":
            ref_schema = schema(row.ref_schema_name)
            ref = row.ref_relation_name if ref_schema is None else f"{ref_schema}.{row.ref_relation_name}"
            design = ForeignKeyDesign(columns, ref, _named(row.ref_columns, names.get(target, {})), row.constraint_name)
        key = (schema(row.schema_name), row.relation_name)
        return cls(number, row.kind, row.constraint_name, key, columns, target, design)


def _named(numbers: str, names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(names.get(int(one), f"column {one}") for one in numbers.split(",") if one)


def _table(
    row: Any, key: Key, columns: Sequence[Any], keys: Sequence[_Key], grants: tuple[Grant, ...], backup: bool
) -> CatalogTable:
    primary = next((one for one in keys if one.kind == "p"), None)
    unique = {one.columns: one.name for one in keys if one.kind == "u"}
    position = {column.column_name: place for place, column in enumerate(columns)}
    foreign = sorted(
        (one.design for one in keys if one.design is not None),
        key=lambda design: ([position.get(name, 0) for name in design.columns], design.ref_table),
    )
    design = TableDesign(
        name=key[1],
        schema=key[0],
        columns=tuple(_column(column) for column in columns),
        primary_key=primary.columns if primary else (),
        unique_keys=tuple(sorted(unique)),
        foreign_keys=tuple(foreign),
        dist=_distribution(row, columns),
        sort=_sort_key(columns),
        comment=row.comment_text,
        backup=backup,
        owner=row.owner_name,
        grants=grants,
    )
    return CatalogTable(int(row.relation_id), design, primary.name if primary else "", unique)


def _column(row: Any) -> ColumnDesign:
    identity = parse_identity(row.default_text)
    return ColumnDesign(
        name=row.column_name,
        type=row.column_type,
        nullable=not row.not_null,
        encode=canonical_encoding(row.encoding or "none"),
        identity=identity[0] if identity else None,
        identity_by_default=bool(identity and identity[1]),
        default=None if identity else default_of(row.default_text),
        comment=row.comment_text,
    )


# A literal with the cast that the catalog adds to it.
_LITERAL = re.compile(r"(?P<literal>'(?:[^']|'')*')::(?P<type>[a-z ]+)(?:\(\d+\))?")
_NO_DEFAULT = re.compile(r"\(?NULL(?:::[\w ]+)?(?:\([\d,]+\))?\)?", re.IGNORECASE)


def default_of(text: str | None) -> str | None:
    """A default as one would write it: 'x' for 'x'::character varying, -1 for '-1'::integer, none for NULL."""
    if text is not None and _NO_DEFAULT.fullmatch(text):
        return None
    found = _LITERAL.fullmatch(text or "")
    if not found:
        return text
    return found["literal"].strip("'") if found["type"] in NUMBERS else found["literal"]


def _distribution(row: Any, columns: Sequence[Any]) -> Distribution:
    key = next((column.column_name for column in columns if column.is_distkey), None)
    style = DIST_STYLE_CODES[int(row.dist_code)]
    if style == "key" and key is not None:
        return Distribution("key", key)
    # DISTSTYLE KEY without a column is not to be had; AUTO is the answer without an opinion.
    return Distribution("auto" if style == "key" else style)


def _sort_key(columns: Sequence[Any]) -> SortKey:
    ordered = sorted((row for row in columns if row.sortkey_order), key=lambda row: abs(int(row.sortkey_order)))
    if not ordered:
        return SortKey("none")
    # The numbers of an interleaved key alternate in sign.
    style: SortStyle = "interleaved" if any(int(row.sortkey_order) < 0 for row in ordered) else "compound"
    return SortKey(style, tuple(row.column_name for row in ordered))


def _with_references(tables: Mapping[Key, CatalogTable], keys: Iterable[_Key]) -> Mapping[Key, CatalogTable]:
    pointing: dict[int, list[ForeignKey]] = {}
    for one in keys:
        if one.design is not None:
            pointing.setdefault(one.target, []).append(ForeignKey(one.table, one.design, one.name))
    return {key: _referenced(table, pointing.get(table.number, ())) for key, table in tables.items()}


def _referenced(table: CatalogTable, by: Sequence[ForeignKey]) -> CatalogTable:
    if not by:
        return table
    return CatalogTable(table.number, table.design, table.primary_key_name, table.unique_names, tuple(by))


def named(key: Key) -> str:
    """The table's name for messages: qualified when it has to be."""
    return key[1] if key[0] is None else f"{key[0]}.{key[1]}"
