"""QUALIFY and GROUP BY ALL (AWS r_QUALIFY_clause, r_GROUP_BY_clause).

A QUALIFY becomes a column of a subquery, whose rows are then chosen; ORDER BY and LIMIT move out of it. A star is
carried through as the whole rows of its tables.
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.functions import AGGREGATES
from warehouse.local.translate.plan import Refused, not_emulated


def group_by_all(select: exp.Select) -> None:
    """Group by every item of the select list that holds no aggregate."""
    group = select.args.get("group")
    if group is None or not group.args.get("all") or group.expressions:
        return
    places = [at for at, item in enumerate(select.expressions, 1) if not _aggregates(item)]
    if any(select.expressions[at - 1].find(exp.Star) for at in places):
        raise not_emulated("GROUP BY ALL with *")
    select.set("group", exp.Group(expressions=[exp.Literal.number(at) for at in places]) if places else None)


def _aggregates(item: exp.Expr) -> bool:
    return any(
        node.name.lower() in AGGREGATES and not isinstance(node.parent, exp.Window)
        for node in item.find_all(exp.Anonymous)
    )


def qualify(select: exp.Select) -> exp.Select:
    """Choose rows by window functions; returns what stands in the place of `select`."""
    chosen = select.args.get("qualify")
    if chosen is None:
        return select
    if not chosen.find(exp.Window) and not any(item.find(exp.Window) for item in select.expressions):
        raise Refused("QUALIFY clause requires a window function in the select list or the clause itself", "42601")
    inner = select.copy()
    outer: list[exp.Expr] = []
    items: list[exp.Expr] = []
    for at, item in enumerate(inner.expressions):
        rows = _whole_rows(inner, item)
        for number, row in enumerate(rows):
            name = exp.to_identifier(f"_r{at}_{number}", quoted=True)
            items.append(exp.alias_(row, name.copy()))
            outer.append(exp.Dot(this=exp.paren(exp.column(name)), expression=exp.Star()))
        if not rows:
            label = item.alias_or_name or _called(item)
            name = exp.to_identifier(f"_c{at}", quoted=True)
            items.append(exp.alias_((item.this if isinstance(item, exp.Alias) else item).copy(), name.copy()))
            outer.append(exp.alias_(exp.column(name), exp.to_identifier(label, quoted=True)))
    items.append(exp.alias_(exp.paren(chosen.this.copy()), exp.to_identifier("_chosen", quoted=True)))
    wrapper = exp.Select(expressions=outer)
    if order := inner.args.get("order"):
        wrapper.set("order", _moved(order, inner, items))
    for clause in ("limit", "offset", "distinct"):
        if part := inner.args.get(clause):
            wrapper.set(clause, part.copy())
        inner.set(clause, None)
    for clause in ("with_", "with"):
        if part := inner.args.get(clause):
            wrapper.set(clause, part.copy())
            inner.set(clause, None)
    inner.set("order", None)
    inner.set("qualify", None)
    inner.set("expressions", items)
    wrapper = wrapper.from_(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("_q", quoted=True))))
    wrapper = wrapper.where(exp.column(exp.to_identifier("_chosen", quoted=True)))
    if select.parent is not None:
        select.replace(wrapper)
    return wrapper


def _called(item: exp.Expr) -> str:
    found = item.find(exp.Anonymous)
    return found.name.lower() if found else "?column?"


def _whole_rows(select: exp.Select, item: exp.Expr) -> list[exp.Expr]:
    if isinstance(item, exp.Star):
        source = select.args.get("from_") or select.args.get("from")
        if source is None:
            return []
        parts = [source.this, *(join.this for join in select.args.get("joins") or [])]
        return [exp.column(exp.to_identifier(part.alias_or_name, quoted=True)) for part in parts]
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return [exp.column(exp.to_identifier(item.table, quoted=True))]
    return []


def _moved(order: exp.Order, select: exp.Select, items: list[exp.Expr]) -> exp.Order:
    """ORDER BY outside: positions and aliases stay, other expressions become columns of the subquery."""
    aliases = {item.alias for item in select.expressions if isinstance(item, exp.Alias)}
    moved = order.copy()
    for at, part in enumerate(moved.expressions):
        value = part.this
        if isinstance(value, exp.Literal) or (isinstance(value, exp.Column) and value.name in aliases):
            continue
        name = exp.to_identifier(f"_o{at}", quoted=True)
        items.append(exp.alias_(value.copy(), name.copy()))
        part.set("this", exp.column(name))
    return moved
