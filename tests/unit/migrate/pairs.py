"""Random pairs of warehouses (A, B) over all that a model can say, and rows of A that fit both.

Every value of row `i` stands for the number `i`, whatever its type, so that rows can be compared across types:
`number_of(value)` reads it back.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from warehouse.db.sql import literal
from warehouse.migrate.rebuild.conversions import convert
from warehouse.migrate.tables import table_of
from warehouse.redshift.encodings import allowed_encodings
from warehouse.redshift.types import parse_type
from warehouse.schema.base import NAMING
from warehouse.schema.design import (
    ColumnDesign,
    Distribution,
    ForeignKeyDesign,
    SortKey,
    TableDesign,
)
from warehouse.schema.grants import Grant
from warehouse.schema.views import materialized_view, view

TABLES = ("alpha", "beta", "gamma")
COLUMNS = ("id", "one", "two", "three", "four", "order", "five", "six")
TYPES = (
    "smallint", "integer", "bigint", "numeric(10,2)", "numeric(18,0)", "numeric(38,4)", "real", "double precision",
    "boolean", "character(12)", "character varying(12)", "character varying(40)", "character varying(300)", "date",
    "timestamp without time zone", "timestamp with time zone", "time without time zone", "super",
)  # fmt: skip
# Types whose values tell rows apart, exactly.
KEYS = tuple(name for name in TYPES if not name.startswith(("boolean", "super", "real", "double")))
UNVALUED = ("super",)
MOST_ROWS = 4
GROUP, OWNER = "pair_readers", "pair_owner"


@dataclass(frozen=True)
class World:
    """A warehouse as models: tables by name, and views as (name, kind, table, columns)."""

    tables: dict[str, TableDesign]
    views: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()

    def metadata(self) -> sa.MetaData:
        """The models."""
        made = sa.MetaData(naming_convention=NAMING)
        for design in self.tables.values():
            table_of(design, made, primary_key_name=f"{design.name}_pkey")
        for name, kind, table, columns in self.views:
            listed = ", ".join(f'"{column}"' for column in columns)
            source = f"public.{table}" if kind == "late_binding" else table
            query = f"SELECT {listed} FROM {source}"
            if kind == "materialized":
                materialized_view(name, made, query, comment=f"{name}.")
            else:
                view(name, made, query, late_binding=kind == "late_binding", comment=f"{name}.")
        return made


@dataclass
class Pair:
    """A and B, and how many rows each table of A has."""

    before: World
    after: World
    rows: dict[str, int] = field(default_factory=dict)

    def inserts(self) -> Iterator[str]:
        """The rows of A. Where B wants a value, there is one; elsewhere some are missing."""
        for name, count in self.rows.items():
            design = self.before.tables[name]
            wanted = self.after.tables.get(name)
            for number in range(count):
                values = {}
                for column in design.columns:
                    if column.identity and not column.identity_by_default:
                        continue
                    kept = wanted.column(column.name) if wanted is not None else None
                    may_miss = (
                        column.nullable and (kept is None or kept.nullable) and not _is_key(design, wanted, column)
                    )
                    values[column.name] = "NULL" if may_miss and number == 1 else value_of(column.type, number)
                listed = ", ".join(f'"{one}"' for one in values)
                yield (
                    f"INSERT INTO {name} ({listed}) VALUES ({', '.join(values.values())})"
                    if values
                    else (f"INSERT INTO {name} DEFAULT VALUES")
                )


def _is_key(design: TableDesign, wanted: TableDesign | None, column: ColumnDesign) -> bool:
    keys = [design.primary_key, *design.unique_keys]
    keys += [wanted.primary_key, *wanted.unique_keys] if wanted is not None else []
    return any(column.name in key for key in keys)


def _fits(old: str, new: str) -> bool:
    """Do the values that rows have go from one type to the other and back?"""
    one, other = parse_type(old), parse_type(new)
    if one == other:
        return True
    if {one.name, other.name} & set(UNVALUED) or not (convert("c", one, other) and convert("c", other, one)):
        return False
    if other.name == "boolean":
        # Only 0 and 1 are truths.
        return False
    is_text, becomes_text = (kind.name.startswith("character") for kind in (one, other))
    is_number = other.name in ("smallint", "integer", "bigint", "numeric", "real", "double precision")
    if is_text:
        # '0' is no date.
        return becomes_text or is_number
    # A moment with its zone takes 22 characters.
    return not becomes_text or other.arguments[0] >= 40


def value_of(type_: str, number: int) -> str:
    """SQL for the value of this type that stands for a number from 0 to 9."""
    name = parse_type(type_).name
    if name in UNVALUED:
        return "NULL"
    if name == "boolean":
        return "TRUE" if number % 2 else "FALSE"
    if name.startswith("character"):
        return literal(str(number))
    if name == "date" or name.startswith("timestamp"):
        return (
            f"CAST('2020-01-{number + 1:02} 00:00:00' AS {type_})" if name != "date" else f"'2020-01-{number + 1:02}'"
        )
    if name.startswith("time"):
        return f"'00:00:0{number}'"
    return str(number)


def number_of(value: Any, number: int) -> int | None:
    """The number that a value stands for; for what cannot tell (a boolean), whether it can be `number`."""
    if value is None:
        return None
    if isinstance(value, bool) or value in ("true", "false"):
        is_odd = value in (True, "true")
        return number if is_odd == bool(number % 2) else -1
    if isinstance(value, dt.datetime | dt.date):
        return value.day - 1
    if isinstance(value, dt.time):
        return value.second
    text = str(value).strip()
    if text[:4] == "2020":
        return int(text[8:10]) - 1
    if ":" in text:
        return int(text[6:8])
    return int(float(text))


class Making:
    """Makes pairs from a random source."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def pair(self) -> Pair:
        before = World({name: self.table(name) for name in TABLES if self.often(0.8)})
        before = replace(before, tables=self.linked(before.tables), views=self.views(before.tables))
        rows = {name: self.chance.choice((0, 1, MOST_ROWS)) for name in before.tables}
        after = {}
        for name in TABLES:
            if name in before.tables and self.often(0.9):
                after[name] = self.changed(before.tables[name], rows[name])
            elif name not in before.tables and self.often(0.5):
                after[name] = self.table(name)
        world = World(self.linked(after), self.views(after))
        return Pair(before, world, rows)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    # --- tables -----------------------------------------------------------------------------------------------

    def table(self, name: str) -> TableDesign:
        names = self.chance.sample(COLUMNS, self.chance.randint(1, len(COLUMNS)))
        encoded = self.often(0.7)
        columns = tuple(self.column(one, encoded=encoded) for one in names)
        columns = self.one_identity(columns)
        return self.designed(TableDesign(name, columns=columns, backup=self.often(0.9)))

    def column(self, name: str, *, encoded: bool) -> ColumnDesign:
        type_ = self.chance.choice(TYPES)
        identity = (self.chance.choice((1, 5)), self.chance.choice((1, 2))) if type_ in ("integer", "bigint") else None
        identity = identity if self.often(0.3) else None
        default = None if identity or self.often(0.7) else self.default(type_)
        nullable = not identity and (self.often(0.7) or parse_type(type_).name in UNVALUED)
        encode = self.encoding(type_) if encoded and self.often(0.8) else None
        return ColumnDesign(
            name,
            type_,
            nullable=nullable,
            encode=encode,
            identity=identity,
            identity_by_default=bool(identity) and self.often(0.6),
            default=default,
            comment=self.text(),
        )

    def one_identity(self, columns: tuple[ColumnDesign, ...]) -> tuple[ColumnDesign, ...]:
        seen = False
        made = []
        for column in columns:
            if column.identity and seen:
                column = replace(column, identity=None, identity_by_default=False)
            seen = seen or bool(column.identity)
            made.append(column)
        return tuple(made)

    def default(self, type_: str) -> str | None:
        name = parse_type(type_).name
        if name == "super":
            return None
        if name.startswith("timestamp") and self.often(0.5):
            return self.chance.choice(("GETDATE()", "SYSDATE"))
        if name == "date" and self.often(0.5):
            return "CURRENT_DATE"
        if name.startswith(("date", "time")):
            return value_of(type_, 3) if not name.startswith("timestamp") else "'2020-01-04 00:00:00'"
        return self.chance.choice((value_of(type_, 7), value_of(type_, 0)))

    def encoding(self, type_: str) -> str:
        return self.chance.choice(allowed_encodings(parse_type(type_).name))

    def text(self) -> str | None:
        return self.chance.choice((None, "Text.", 'It\'s 100% "quoted", C:\\new.', "Größe €."))

    def designed(self, table: TableDesign, *, key_columns: Collection[str] | None = None) -> TableDesign:
        """Distribution, sort key, keys, comment and rights for these columns. Only `key_columns` may be keys: what is
        new has one value for all rows.
        """
        names = [column.name for column in table.columns if column.redshift_type.fact.key]
        dist = self.chance.choice((None, Distribution("auto"), Distribution("even"), Distribution("all")))
        if names and self.often(0.4):
            dist = Distribution("key", self.chance.choice(names))
        sort: SortKey | None = self.chance.choice((None, SortKey("auto"), SortKey("none")))
        if names and self.often(0.6):
            style: Any = "interleaved" if self.often(0.2) else "compound"
            sort = SortKey(style, tuple(self.chance.sample(names, self.chance.randint(1, min(3, len(names))))))
        grants = [Grant("public", ("select",)), Grant(f"group {GROUP}", ("select", "insert"))]
        return replace(
            self.keyed(table, key_columns),
            dist=dist,
            sort=sort,
            encode="auto" if self.often(0.1) else None,
            comment=self.text(),
            owner=OWNER if self.often(0.1) else None,
            grants=tuple(self.chance.sample(grants, self.chance.randint(0, 2))) if self.often(0.3) else None,
        )

    def keyed(self, table: TableDesign, key_columns: Collection[str] | None) -> TableDesign:
        able = [column.name for column in table.columns if column.type in KEYS]
        able = [name for name in able if key_columns is None or name in key_columns]
        primary = tuple(self.chance.sample(able, min(len(able), self.chance.choice((0, 1, 1, 2)))))
        unique = {tuple(self.chance.sample(able, min(len(able), self.chance.choice((1, 1, 2))))) for _ in range(2)}
        unique = {one for one in unique if one and one != primary} if self.often(0.4) else set()
        columns = tuple(
            replace(column, nullable=False) if column.name in primary else column for column in table.columns
        )
        return replace(table, columns=columns, primary_key=primary, unique_keys=tuple(sorted(unique)))

    def linked(self, tables: dict[str, TableDesign]) -> dict[str, TableDesign]:
        """The tables with some foreign keys from later ones to earlier ones."""
        made: dict[str, TableDesign] = {}
        for name, table in tables.items():
            keys = []
            for target in made.values():
                for key in (target.primary_key, *target.unique_keys):
                    kinds = [target.column(one).type for one in key]  # type: ignore[union-attr]
                    own = [
                        next((column.name for column in table.columns if column.type == kind), None) for kind in kinds
                    ]
                    if key and None not in own and len(set(own)) == len(own) and self.often(0.6):
                        keys.append(ForeignKeyDesign(tuple(own), target.name, key))  # type: ignore[arg-type]
            distinct = {key.columns: key for key in keys}
            made[name] = replace(table, foreign_keys=tuple(distinct.values()))
        return made

    def views(self, tables: dict[str, TableDesign]) -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
        found = []
        for kind in ("view", "late_binding", "materialized"):
            if tables and self.often(0.3):
                table = self.chance.choice(list(tables.values()))
                names = [column.name for column in table.columns]
                if kind == "materialized":
                    names = [column.name for column in table.columns if column.redshift_type.fact.key] or names
                chosen = self.chance.sample(names, self.chance.randint(1, len(names)))
                found.append((f"{kind}_of", kind, table.name, tuple(chosen)))
        return tuple(found)

    # --- changes ----------------------------------------------------------------------------------------------

    def changed(self, table: TableDesign, rows: int) -> TableDesign:
        """Another design of the same table, into which its rows fit, and out of which they fit again."""
        if self.often(0.15):
            return table
        columns: list[ColumnDesign] = []
        for column in table.columns:
            is_key = any(column.name in key for key in (table.primary_key, *table.unique_keys))
            # A default would fill a key with one value for all rows.
            repeats = is_key and column.default is not None and rows > 1
            has_values = column.nullable or column.default is not None or column.identity is not None
            comes_back = (has_values and not repeats) or not rows
            if self.often(0.15) and comes_back and len(table.columns) > 1:
                continue
            columns.append(self.changed_column(column) if self.often(0.4) else column)
        if not columns:
            columns = list(table.columns[:1])
        kept = {column.name for column in table.columns}
        for name in COLUMNS:
            if name not in kept and self.often(0.15):
                column = self.column(name, encoded=True)
                if column.identity and any(one.identity for one in columns):
                    column = replace(column, identity=None, identity_by_default=False)
                if rows and not column.nullable and column.default is None and not column.identity:
                    column = replace(column, nullable=True)
                columns.append(column)
        made = replace(
            table,
            columns=self.one_identity(tuple(columns)),
            backup=table.backup if self.often(0.9) else not table.backup,
        )
        if self.often(0.5):
            bare = replace(made, foreign_keys=(), unique_keys=(), primary_key=())
            return self.designed(bare, key_columns=kept if rows else None)
        return self.fitting(made)

    def changed_column(self, column: ColumnDesign) -> ColumnDesign:
        what = self.chance.choice(("type", "type", "nullable", "default", "encode", "comment", "identity"))
        if what == "type" and not column.identity:
            new = self.chance.choice([one for one in TYPES if _fits(column.type, one)])
            default = None if column.default is None else self.default(new)
            return replace(column, type=new, encode=column.encode and self.encoding(new), default=default)
        if what == "nullable" and not column.identity:
            return replace(column, nullable=not column.nullable or parse_type(column.type).name in UNVALUED)
        if what == "default" and not column.identity:
            return replace(column, default=None if column.default else self.default(column.type))
        if what == "encode":
            return replace(column, encode=self.encoding(column.type))
        if what == "identity" and column.type in ("integer", "bigint") and column.default is None:
            if column.identity:
                return replace(column, identity=None, identity_by_default=False)
            return replace(column, identity=(1, 1), identity_by_default=True, nullable=False)
        return replace(column, comment=self.text())

    def fitting(self, table: TableDesign) -> TableDesign:
        """Keys and rights of a table whose columns changed, as far as its columns still allow them."""
        names = {column.name: column for column in table.columns}
        able = {name for name, column in names.items() if column.type in KEYS}
        key_able = {name for name, column in names.items() if column.redshift_type.fact.key}
        dist, sort = table.dist, table.sort
        if dist is not None and dist.key is not None and dist.key not in key_able:
            dist = Distribution("even")
        if sort is not None and not set(sort.columns) <= key_able:
            sort = SortKey("auto")
        primary = table.primary_key if set(table.primary_key) <= able else ()
        columns = tuple(replace(one, nullable=False) if one.name in primary else one for one in table.columns)
        unique = tuple(key for key in table.unique_keys if set(key) <= able)
        return replace(
            table, columns=columns, dist=dist, sort=sort, primary_key=primary, unique_keys=unique, foreign_keys=()
        )
