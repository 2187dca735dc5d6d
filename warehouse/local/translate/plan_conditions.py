"""Conditions and keys of a plan, from PostgreSQL's words to those of EXPLAIN on a cluster.

Sources: AWS r_EXPLAIN, c-the-query-plan, r_in_condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set

_NAME = r'(?:"[^"]+"|[A-Za-z_]\w*)'
# A qualified column, or a string, in which nothing is one.
_COLUMN = re.compile(rf"'(?:[^']|'')*'|({_NAME})\.({_NAME})(?![\w(])")
_EQUALITY = re.compile(rf"\(?\(?({_NAME}\.{_NAME})\)?(?:::[\w ]+)? = \(?({_NAME}\.{_NAME})\)?")
_OPERATOR = re.compile(r" (?:=|<>|<|>|<=|>=|~~|!~~|~~\*|!~~\*|~|!~|\+|-|\*|/|%|\|\|) ")
_LIST = re.compile(r"\((\S+) = ANY \('\{([^}\"\\]*)\}'::([a-z ]+)\[\]\)\)")
_SUBPLAN = re.compile(r"\((hashed )?SubPlan \d+\)(?:\.col\d+)?")
_DIRECTION = re.compile(r"(?: COLLATE \S+)?(?: USING \S+| ASC| DESC)?(?: NULLS (?:FIRST|LAST))?$")
_LONGEST_OR = 10  # values of an IN list that is told as a row of ORs (r_in_condition)


def condition(text: str) -> str:
    """A condition as it is told: short IN lists as ORs, subqueries and their values by the old names."""
    text = text.replace("pg_redshift.", "")
    for quantifier in re.findall(r"\((?:ANY|ALL) \(", text):
        start = text.find(quantifier)
        end = _end(text, start)
        if found := _SUBPLAN.search(text, start, end):
            text = f"{text[:start]}({found[1] or ''}subplan){text[end:]}"
    text = _SUBPLAN.sub(r"(\1subplan)", text)
    text = re.sub(r"\(InitPlan (\d+)\)\.col\d+", lambda found: f"${int(found[1]) - 1}", text)
    return _LIST.sub(_ors, text)


def _end(text: str, start: int) -> int:
    """Where the parenthesis that opens at `start` has been closed."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def _ors(found: re.Match[str]) -> str:
    values = found[2].split(",")
    if len(values) > _LONGEST_OR or not found[2]:
        return found[0]
    plain = found[3] in ("smallint", "integer", "bigint")
    told = [f"({found[1]} = {value})" if plain else f"({found[1]} = '{value}'::{found[3]})" for value in values]
    return told[0] if len(told) == 1 else f"({' OR '.join(told)})"


def operations(text: str) -> int:
    """How many operations a row costs: one for each operator; the values of a long IN list count as ten."""
    return len(_OPERATOR.findall(text)) + 9 * text.count(" = ANY ('")


def key(text: str) -> str:
    """A key of a sort or a group: without its direction, or the parentheses around a call."""
    text = _DIRECTION.sub("", text)
    inner = text[1:-1]
    call = re.match(r"\([\w.]+\(", text) and _end(inner, inner.index("(")) == len(inner)
    return condition(inner if call else text)


def without(text: str, alias: str) -> str:
    """A text of one table, in which columns need no alias."""
    return _renamed(text, lambda owner: "" if owner == alias else None)


def by_side(text: str, outer: Set[str], inner: Set[str]) -> str:
    """A join's condition: each column is one of its outer or of its inner side, whose aliases these are."""
    return _renamed(
        condition(text), lambda owner: '"outer".' if owner in outer else '"inner".' if owner in inner else None
    )


def _renamed(text: str, prefix: Callable[[str], str | None]) -> str:
    def one(found: re.Match[str]) -> str:
        told = prefix(found[1].strip('"')) if found[1] else None
        return found[0] if told is None else told + found[2]

    return _COLUMN.sub(one, text)


def equalities(text: str, inner: Set[str]) -> list[tuple[str, str]]:
    """The equalities of columns in a join's condition, as (outer column, inner column)."""
    pairs = [(a.replace('"', ""), b.replace('"', "")) for a, b in _EQUALITY.findall(text)]
    return [(b, a) if a.partition(".")[0] in inner else (a, b) for a, b in pairs]
