"""Correlated subqueries that give an aggregate are worked out once, for all groups, as a cluster does.

PostgreSQL works such a subquery out anew for each row that it is compared with. So

    x > (SELECT avg(i.a) FROM i WHERE i.k = o.k AND …)

becomes what says the same, and is a join to PostgreSQL:

    EXISTS (SELECT 1 FROM (SELECT i.k AS key_0, avg(i.a) AS value FROM i WHERE … GROUP BY 1) AS u
            WHERE u.key_0 = o.k AND x > u.value)

It is the same only where the aggregate of no rows is NULL, which no comparison lets through (so no COUNT), where the
comparison stands at the top of a WHERE, and where a key of the outer query equals one group at most (so both sides are
of one kind of type). Everything else stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from warehouse.local.translate.probes import Translate, probe, typed_columns

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
# Whatever is reckoned with NULL is NULL.
_STRICT = (exp.Paren, exp.Neg, exp.Cast, *_ARITHMETIC)
# NULL when there are no rows.
_AGGREGATES = ("avg", "max", "min", "sum")
# What their arguments may consist of: it fails for no row, since groups that nobody asks for are worked out, too.
_HARMLESS = (
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Distinct,
)  # fmt: skip
# What a subquery may consist of.
_CLAUSES = {"kind", "expressions", "from_", "from", "joins", "where"}
# Types between which = is as strict as GROUP BY; a column of any other type is no key.
_KINDS = {
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric"), "number"),
    **dict.fromkeys(("character varying", "text"), "string"),
    **{
        kind: kind
        for kind in ("boolean", "character", "date", "double precision", "real", "timestamp without time zone",
                     "timestamp with time zone")
    },
}  # fmt: skip
_SIZE = re.compile(r"\([\d,]+\)")

# The types of columns by name, for each source of a FROM.
_Sources = dict[str, dict[str, str]]


@dataclass(frozen=True)
class _Candidate:
    """A comparison in the WHERE of `outer` with a subquery in it, and equalities that may tie that to `outer`."""

    outer: exp.Select
    comparison: exp.Expr
    subquery: exp.Subquery
    equalities: tuple[exp.EQ, ...]

    @property
    def inner(self) -> exp.Select:
        found: exp.Select = self.subquery.this
        return found


def decorrelate(selects: Sequence[exp.Select], translate: Translate) -> None:
    """Rewrite what can be in these SELECTs of one statement, outer ones first. Raises questions.Unsure."""
    candidates = [found for select in selects for found in _candidates(select)]
    if not candidates:
        return
    scopes = {id(select): select for one in candidates for select in (one.inner, one.outer)}
    stars = [(at, name, star) for at, select in scopes.items() for name, star in _stars(select)]
    listed = typed_columns([star for _, _, star in stars], translate)
    sources: dict[int, _Sources] = {at: {} for at in scopes}
    for (at, name, _), found in zip(stars, listed, strict=True):
        sources[at][name] = found
    for one in reversed(candidates):
        keys = {id(each): _key(each, sources[id(one.inner)], sources[id(one.outer)]) for each in one.equalities}
        _rewrite(one, {equality: key for equality, key in keys.items() if key})


def _candidates(select: exp.Select) -> Iterator[_Candidate]:
    for comparison in _conjuncts(select):
        if not isinstance(comparison, _COMPARISONS):
            continue
        for subquery in _compared(comparison):
            inner = subquery.this
            if isinstance(inner, exp.Select) and _computes(inner) and _named(inner) and _named(select):
                equalities = tuple(one for one in _conjuncts(inner) if isinstance(one, exp.EQ) and _of_columns(one))
                if equalities:
                    yield _Candidate(select, comparison, subquery, equalities)
                    break


def _conjuncts(select: exp.Select) -> list[exp.Expr]:
    """What is ANDed at the top of a WHERE."""
    where = select.args.get("where")
    waiting, found = [where.this] if where else [], []
    while waiting:
        node = waiting.pop().unnest()
        if isinstance(node, exp.And):
            waiting += [node.expression, node.this]
        else:
            found.append(node)
    return found


def _strictly(node: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of an expression that make it NULL when they are."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _STRICT):
            waiting += [node.this, *([node.expression] if isinstance(node, _ARITHMETIC) else [])]
        else:
            yield node


def _compared(comparison: exp.Expr) -> Iterator[exp.Subquery]:
    """Subqueries without which a comparison is NULL."""
    for side in (comparison.this, comparison.expression):
        for node in _strictly(side):
            if isinstance(node, exp.Subquery) and not any(node.args[name] for name in node.args if name != "this"):
                yield node


def _computes(select: exp.Select) -> bool:
    """True for SELECT aggregate FROM … WHERE …, the aggregate of no rows being NULL."""
    if len(select.expressions) != 1 or any(value for name, value in select.args.items() if name not in _CLAUSES):
        return False
    value = select.expressions[0].unalias()
    parts = list(_strictly(value))
    calls = [part for part in parts if isinstance(part, exp.Anonymous) and part.name.lower() in _AGGREGATES]
    return (
        bool(calls)
        and all(isinstance(part, exp.Literal) or part in calls for part in parts)
        and value.find(exp.Cast) is None
        and all(isinstance(one.expression, exp.Literal) for one in value.find_all(exp.Div, exp.Mod))
        and all(isinstance(part, _HARMLESS) for one in calls for each in one.expressions for part in each.walk())
        and not any(one.name.lower() == "random" for one in select.find_all(exp.Anonymous))
    )


def _of_columns(equality: exp.EQ) -> bool:
    return all(isinstance(side, exp.Column) and not side.db for side in (equality.this, equality.expression))


def _named(select: exp.Select) -> list[str]:
    """The names of what a SELECT reads; none when that is not all tables and subqueries."""
    start = select.args.get("from_") or select.args.get("from")
    listed = [start.this, *(join.this for join in select.args.get("joins") or [])] if start else []
    plain = all(isinstance(one, exp.Table | exp.Subquery) and one.alias_or_name for one in listed)
    return [one.alias_or_name for one in listed] if plain else []


def _stars(select: exp.Select) -> list[tuple[str, exp.Select]]:
    """For each source of a SELECT a query for its columns."""
    return [
        (name, probe(select, [exp.Column(this=exp.Star(), table=exp.to_identifier(name, quoted=True))]))
        for name in _named(select)
    ]


def _key(equality: exp.EQ, inside: _Sources, outside: _Sources) -> tuple[exp.Expr, exp.Expr] | None:
    """The column of the subquery and that of the outer query which an equality compares, if it does."""
    for inner, outer in ((equality.this, equality.expression), (equality.expression, equality.this)):
        mine, hidden, other = _types(inner, inside), _types(outer, inside), _types(outer, outside)
        if len(mine) == len(other) == 1 and not hidden:
            one, two = (_KINDS.get(_SIZE.sub("", kind)) for kind in (*mine, *other))
            return (inner, outer) if one and one == two else None
    return None


def _types(column: exp.Expr, sources: _Sources) -> list[str]:
    """The types of the columns that a name may mean."""
    table = column.text("table")
    if table:
        return [sources[table].get(column.name, "")] if table in sources else []
    return [columns[column.name] for columns in sources.values() if column.name in columns]


def _rewrite(one: _Candidate, keys: dict[int, tuple[exp.Expr, exp.Expr]]) -> None:
    """`keys` are the columns of the equalities that tie the subquery to the outer query, by their identity."""
    if not keys:
        return
    groups = exp.to_identifier("_groups", quoted=True)

    def column(name: str) -> exp.Column:
        return exp.Column(this=exp.to_identifier(name, quoted=True), table=groups.copy())

    rest = [condition.copy() for condition in _conjuncts(one.inner) if id(condition) not in keys]
    named = [exp.alias_(key.copy(), f"_key_{at}", quoted=True) for at, (key, _) in enumerate(keys.values())]
    inner = one.inner.copy()
    inner.set("expressions", [*named, exp.alias_(inner.expressions[0].unalias(), "_value", quoted=True)])
    inner.set("where", exp.Where(this=exp.and_(*rest, copy=False)) if rest else None)
    inner.set("group", exp.Group(expressions=[exp.Literal.number(at) for at, _ in enumerate(keys, 1)]))
    one.subquery.replace(column("_value"))
    equal = [exp.EQ(this=column(f"_key_{at}"), expression=outer.copy()) for at, (_, outer) in enumerate(keys.values())]
    asked = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=exp.Subquery(this=inner, alias=exp.TableAlias(this=groups.copy()))),
        where=exp.Where(this=exp.and_(*equal, one.comparison.copy(), copy=False)),
    )
    one.comparison.replace(exp.Exists(this=asked))
