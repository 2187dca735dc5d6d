"""Defaults: Redshift neither sets nor drops one on a column that exists.

The catalog spells a default in its own way (`'x'::character varying`, `(-1)`), so both spellings are brought to one.
What still differs may be the same all the same ('2020-01-04' is '2020-01-04 00:00:00+00' to a TIMESTAMPTZ): such
defaults are given to a temporary table, all in one statement, and the catalog is asked how it spells them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from warehouse.db.catalog import Catalog, Key, default_of
from warehouse.db.create import Statement
from warehouse.db.queries import query
from warehouse.migrate.compare.difference import Difference, Pair, Rebuild
from warehouse.schema.design import ColumnDesign, TableDesign


def differences(pair: Pair) -> Iterator[Difference]:
    """Why the table must be built anew."""
    for declared, real in pair.columns():
        # IDENTITY is a default to the catalog, and an aspect of its own here.
        if declared.identity is not None or real.identity is not None or declared.name in pair.same_defaults:
            continue
        if not same(declared.default, real.default):
            yield Rebuild(f"{real.name}: the default {real.default or 'NULL'} becomes {declared.default or 'NULL'}")


def alike(
    connection: sa.Connection, declared: Mapping[Key, TableDesign], catalog: Catalog
) -> Mapping[Key, frozenset[str]]:
    """For each table the columns whose default is written in another way, and is the same to this warehouse."""
    suspects = [
        (key, mine, theirs)
        for key, design in declared.items()
        if key in catalog.tables
        for mine in design.columns
        if (theirs := catalog.tables[key].design.column(mine.name)) is not None
        and mine.default is not None
        and theirs.default is not None
        and mine.type == theirs.type
        and not same(mine.default, theirs.default)
    ]
    if not suspects:
        return {}
    spelled = _spelled(connection, [mine for _, mine, _ in suspects])
    found: dict[Key, set[str]] = {}
    for (key, mine, theirs), text in zip(suspects, spelled, strict=True):
        if same(text, theirs.default):
            found.setdefault(key, set()).add(mine.name)
    return {key: frozenset(names) for key, names in found.items()}


def _spelled(connection: sa.Connection, columns: list[ColumnDesign]) -> list[str | None]:
    listed = ", ".join(f"c{place} {one.type} DEFAULT {one.default}" for place, one in enumerate(columns))
    connection.execute(Statement(f"CREATE TEMPORARY TABLE {_TRIAL} ({listed})"))
    rows = connection.execute(query("default_texts"), {"table_name": _TRIAL}).all()
    connection.execute(Statement(f"DROP TABLE {_TRIAL}"))
    texts = {row.column_name: default_of(row.default_text) for row in rows}
    return [texts.get(f"c{place}") for place in range(len(columns))]


_TRIAL = "warehouse_defaults"


def same(one: str | None, other: str | None) -> bool:
    """Do two spellings say the same default? No default is NULL."""
    return plain(one) == plain(other)


def plain(text: str | None) -> str:
    """A default without casts, brackets and case that mean nothing."""
    if text is None:
        return "null"
    parts = _QUOTED.split(text)
    # Strings, at odd places, stay as they are; around them nothing but the words counts.
    said = "".join(part if place % 2 else _CAST.sub("", part).lower() for place, part in enumerate(parts))
    said = _BLANKS.sub("", said) if not _QUOTED.search(said) else said.strip()
    while said.startswith("(") and said.endswith(")") and _closes_at_end(said):
        said = said[1:-1].strip()
    if number := _NUMBER.fullmatch(said.strip("'")):
        # '-1'::integer is how the catalog writes -1.
        return number[0]
    return _SYNONYMS.get(said, said)


def _closes_at_end(text: str) -> bool:
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place == len(text) - 1
    return False


_QUOTED = re.compile(r"('(?:[^'\\]|''|\\.)*')")
_CAST = re.compile(r"::\s*[a-z_]+(?:\s+(?:varying|precision|without time zone|with time zone))?(?:\([\d, ]*\))?", re.I)
_BLANKS = re.compile(r"\s+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# What two ways of writing come to.
_SYNONYMS = {
    "sysdate()": "sysdate",
    "current_timestamp": "sysdate",
    "('now')": "current_date",
    "'now'": "current_date",
    "t": "true",
    "f": "false",
}
