"""Defaults: Redshift neither sets nor drops one on a column that exists.

The catalog spells a default in its own way (`'x'::character varying`, `(-1)`), so both spellings are brought to one.
What still differs may be the same all the same; `ask` lets the warehouse itself spell the declared one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from warehouse.migrate.compare.difference import Difference, Pair, Rebuild


def differences(pair: Pair) -> Iterator[Difference]:
    """Why the table must be built anew."""
    for declared, real in pair.columns():
        # IDENTITY is a default to the catalog, and an aspect of its own here.
        if declared.identity is None and real.identity is None and not same(declared.default, real.default):
            yield Rebuild(f"{real.name}: the default {real.default or 'NULL'} becomes {declared.default or 'NULL'}")


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
