"""Questions about a parsed statement. Each takes sqlglot's tree, or None for what could not be parsed, and answers with
plain values; names are in lower case, as Redshift folds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar


@lru_cache(maxsize=4096)
def parsed(text: str) -> Any:
    """sqlglot's tree of one statement; None when it cannot be read."""
    import sqlglot
    from sqlglot import exp

    try:
        found = sqlglot.parse(text, dialect=dialect(), error_level=sqlglot.ErrorLevel.RAISE)
    except (sqlglot.errors.ParseError, sqlglot.errors.TokenError):
        return None
    tree = found[0] if len(found) == 1 else None
    if tree is None or isinstance(tree, exp.Command):
        return None
    for name in tree.find_all(exp.Identifier):
        name.set("this", name.name.lower())
    return tree


@lru_cache(maxsize=1)
def dialect() -> Any:
    """sqlglot's Redshift, which cuts every statement into tokens, the ones that it cannot parse as well."""
    from sqlglot.dialects.redshift import Redshift

    base: Any = Redshift

    class Readable(base):  # type: ignore[misc]
        class Tokenizer(base.Tokenizer):  # type: ignore[misc]
            # SHOW, VACUUM and friends would swallow the rest of their statement as one string.
            COMMANDS: ClassVar[set[Any]] = set()

    return Readable()


def tables(tree: Any) -> list[Any]:
    """The tables and views that are named, without the names that WITH gives."""
    from sqlglot import exp

    if tree is None:
        return []
    inner = {one.alias_or_name for one in tree.find_all(exp.CTE)}
    return [table for table in tree.find_all(exp.Table) if table.db or table.name not in inner]


def has_star(tree: Any) -> bool:
    """Does a SELECT take all columns? One inside of EXISTS takes none."""
    from sqlglot import exp

    selects = tree.find_all(exp.Select) if tree is not None else ()
    return any(
        one.is_star for select in selects if not isinstance(select.parent, exp.Exists) for one in select.expressions
    )


def wrapped_columns(tree: Any) -> tuple[str, ...]:
    """The columns that WHERE or ON compares inside of a function or a cast."""
    from sqlglot import exp

    found = set()
    for condition in _conditions(tree):
        for predicate in condition.find_all(exp.Binary, exp.Between, exp.In):
            if not isinstance(predicate, exp.Predicate):
                continue
            for side in (predicate.this, predicate.args.get("expression")):
                if isinstance(side, exp.Func):
                    found |= {column.name for column in side.find_all(exp.Column)}
    return tuple(sorted(found))


def unconnected(tree: Any) -> tuple[str, ...]:
    """The tables of a FROM that no predicate connects with the first one.

    Subqueries and names of WITH count as connected: they often have one row. So does everything where a predicate does
    not say whose its columns are.
    """
    from sqlglot import exp

    if tree is None:
        return ()
    inner = {one.alias_or_name for one in tree.find_all(exp.CTE)}
    found: list[str] = []
    for select in tree.find_all(exp.Select):
        start, joins = select.args.get("from_") or select.args.get("from"), select.args.get("joins") or []
        sources = [start.this, *(join.this for join in joins)] if start is not None else []
        names = [one.alias_or_name for one in sources]
        if len(sources) < 2 or not all(_is_table(one, inner, names) for one in sources):
            continue
        if any(join.args.get("using") or join.method == "NATURAL" for join in joins):
            continue
        where = select.args.get("where")
        conditions = [*([where.this] if where else []), *(join.args["on"] for join in joins if join.args.get("on"))]
        found += _apart(names, conditions)
    return tuple(found)


def _apart(names: list[str], conditions: list[Any]) -> Iterator[str]:
    from sqlglot import exp

    reached, edges = {names[0]}, []
    for condition in conditions:
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            owners = {column.table for column in part.find_all(exp.Column)}
            if "" in owners:
                return
            edges.append(owners)
    for _ in names:
        for edge in edges:
            if edge & reached:
                reached |= edge
    yield from (name for name in names if name not in reached)


def _is_table(source: Any, inner: set[str], names: list[str]) -> bool:
    from sqlglot import exp

    # `FROM sale s, s.lines l` unnests a SUPER value of s.
    return isinstance(source, exp.Table) and source.name not in inner and source.db not in names


def _conditions(tree: Any) -> Iterator[Any]:
    from sqlglot import exp

    if tree is not None:
        yield from tree.find_all(exp.Where)
        yield from (join.args["on"] for join in tree.find_all(exp.Join) if join.args.get("on"))
