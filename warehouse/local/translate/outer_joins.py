"""Outer joins written with (+) in WHERE (AWS r_WHERE_oracle_outer) become LEFT JOINs in FROM."""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.probes import Translate, columns, probe


def join_marked(tree: exp.Expr, translate: Translate) -> None:
    """Raises Refused, questions.Unsure."""
    for select in list(tree.find_all(exp.Select)):
        marked = [column for column in _columns(select) if column.args.get("join_mark")]
        if marked:
            _join(select, marked, translate)


def _columns(select: exp.Select) -> list[exp.Column]:
    return [column for column in select.find_all(exp.Column) if column.find_ancestor(exp.Select) is select]


def _join(select: exp.Select, marked: list[exp.Column], translate: Translate) -> None:
    where = select.args.get("where")
    if where is None or any(where is not column.find_ancestor(exp.Where) for column in marked):
        raise Refused("Outer join operator (+) is only allowed in the WHERE clause.", "0A000")
    for column in marked:
        if column.find_ancestor(exp.Or, exp.In, exp.Select) not in (None, select):
            raise Refused("Outer join operator (+) not allowed in operand of OR or IN.", "0A000")
    start = select.args.get("from_") or select.args.get("from")
    joins = select.args.get("joins") or []
    if start is None or any(join.args.get("on") or join.args.get("using") or join.kind or join.side for join in joins):
        raise Refused("Outer join operator (+) cannot be used with the join syntax of the FROM clause.", "0A000")
    sources = {source.alias_or_name: source for source in [start.this, *(join.this for join in joins)]}
    conditions = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    owners = _owners(select, sources, conditions, translate)
    joined: dict[str, list[exp.Expr]] = {}
    beside: dict[str, set[str]] = {}
    left: list[exp.Expr] = []
    for condition in conditions:
        tables = {owners[id(column)] for column in condition.find_all(exp.Column) if id(column) in owners}
        optional = {owners[id(c)] for c in condition.find_all(exp.Column) if c.args.get("join_mark")}
        if len(optional) != 1:
            left.append(condition)
            continue
        [name] = optional
        joined.setdefault(name, []).append(condition)
        beside.setdefault(name, set()).update(tables - optional)
    for name, others in beside.items():
        if len(others) > 1:
            raise Refused("A table may be outer joined to at most one other table.", "0A000")
        if not others:  # marked beside constants only: no join to make outer
            left += joined.pop(name)
    for column in marked:
        column.set("join_mark", None)
    _rebuild(select, sources, joined, beside)
    select.set("where", exp.Where(this=exp.and_(*left, copy=False)) if left else None)


def _owners(
    select: exp.Select, sources: dict[str, exp.Expr], conditions: list[exp.Expr], translate: Translate
) -> dict[int, str]:
    """Which table each column belongs to; the catalog is asked when a column does not say."""
    found: dict[int, str] = {}
    bare: list[exp.Column] = []
    for condition in conditions:
        if not any(column.args.get("join_mark") for column in condition.find_all(exp.Column)):
            continue
        for column in condition.find_all(exp.Column):
            if column.table in sources:
                found[id(column)] = column.table
            elif not column.table:
                bare.append(column)
    if bare:
        names = list(sources)
        stars = [exp.Column(this=exp.Star(), table=exp.to_identifier(name, quoted=True)) for name in names]
        plain = select.copy()
        plain.set("where", None)
        listed = columns([probe(plain, [star]) for star in stars], translate)
        for column in bare:
            holding = [name for name, has in zip(names, listed, strict=True) if column.name in has]
            if len(holding) == 1:
                found[id(column)] = holding[0]
            elif len(holding) > 1:
                raise Refused(f'column reference "{column.name}" is ambiguous', "42702")
            else:
                raise Refused(f'column "{column.name}" does not exist', "42703")
    return found


def _rebuild(
    select: exp.Select, sources: dict[str, exp.Expr], joined: dict[str, list[exp.Expr]], beside: dict[str, set[str]]
) -> None:
    first, *others = [name for name in sources if name not in joined] or [""]
    if not first:
        raise Refused("Outer join operator (+) cannot be applied to every table.", "0A000")
    joins = [exp.Join(this=sources[name], kind="CROSS") for name in others]
    present = {first, *others}
    waiting = list(joined)
    while waiting:
        ready = next((name for name in waiting if beside[name] <= present), None)
        if ready is None:
            raise Refused("Outer joins with (+) cannot lead in a circle.", "0A000")
        joins.append(exp.Join(this=sources[ready], side="LEFT", on=exp.and_(*joined[ready], copy=False)))
        present.add(ready)
        waiting.remove(ready)
    select.set("from_", exp.From(this=sources[first]))
    select.set("joins", joins)
