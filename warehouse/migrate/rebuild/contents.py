"""By what two tables are known to hold the same: their counts, and sums over the hashes of their rows.

Columns are hashed in groups, a group's values joined into one text, so that values which change places between rows
change the sum. Types that have no text are counted. Each side answers with one row of numbers, in one scan.

https://docs.aws.amazon.com/redshift/latest/dg/r_MD5.html
https://docs.aws.amazon.com/redshift/latest/dg/r_STRTOL.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from warehouse.redshift.types import RedshiftType

# A text in Redshift has at most 65,535 bytes; no value but a wide VARCHAR comes near.
_ROOM = 60_000
_NUMBER_BYTES = 64
_COUNTED = frozenset({"super", "binary varying", "geometry", "geography", "hllsketch"})


def sums(values: Iterable[tuple[str, RedshiftType]]) -> tuple[str, ...]:
    """The select list: count(*), then a sum for each group of (expression, type), then a count for what has no text."""
    groups: list[list[str]] = []
    room = 0
    counted = []
    for expression, kind in values:
        if kind.name in _COUNTED:
            counted.append(f"COUNT({expression})")
            continue
        width = kind.arguments[0] if kind.name.startswith("character") else _NUMBER_BYTES
        if not groups or width + 2 > room:
            groups.append([])
            room = _ROOM
        groups[-1].append(_text(expression, kind))
        room -= width + 2
    return ("COUNT(*)", *map(_sum, groups), *counted)


def _sum(texts: Sequence[str]) -> str:
    joined = " || '|' || ".join(texts)
    return f"SUM(CAST(STRTOL(LEFT(MD5({joined}), 15), 16) AS DECIMAL(38,0)))"


def _text(expression: str, kind: RedshiftType) -> str:
    if kind.name == "boolean":
        return f"CASE WHEN {expression} THEN 't' WHEN NOT {expression} THEN 'f' ELSE '~' END"
    value = expression if kind.name == "character varying" else f"CAST({expression} AS VARCHAR)"
    # A null is not the same as an empty text.
    return f"NVL({value}, '~')"
