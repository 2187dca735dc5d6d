"""CONNECT BY (AWS r_CONNECT_BY_clause) becomes a recursive query: rows level by level.

FROM comes first, then the hierarchy, then WHERE. PRIOR means the parent's row, LEVEL the row's depth from 1.
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import Refused, not_emulated

_TREE, _PARENT, _LEVEL = "_tree", "_parent", "level"


def connect_by(tree: exp.Expr) -> None:
    """Raises Refused."""
    for select in list(tree.find_all(exp.Select)):
        connect = select.args.get("connect")
        if connect is not None:
            _connect(select, connect)
    for prior in tree.find_all(exp.Prior):
        raise Refused(f'syntax error at or near "{prior.this.sql()}"', "42601")


def _connect(select: exp.Select, connect: exp.Connect) -> None:
    start = select.args.get("from_") or select.args.get("from")
    if start is None or select.args.get("joins"):
        raise not_emulated("CONNECT BY over a join; put the join into a subquery")
    if connect.args.get("nocycle"):
        raise Refused('syntax error at or near "NOCYCLE"', "42601")
    if not connect.args["connect"].find(exp.Prior):
        raise Refused("CONNECT BY needs a condition with PRIOR", "42601")
    source = start.this
    alias = source.alias_or_name
    root = exp.Select(expressions=[_star(alias), exp.alias_(exp.Literal.number(1), _LEVEL, quoted=True)])
    root = root.from_(source.copy())
    if condition := connect.args.get("start"):
        root = root.where(condition.copy())
    deeper = exp.Add(this=_column(_LEVEL, _PARENT), expression=exp.Literal.number(1))
    child = exp.Select(expressions=[_star(alias), deeper]).from_(source.copy())
    child.set("joins", [exp.Join(this=_table(_TREE, _PARENT), on=_condition(connect.args["connect"].copy(), alias))])
    union = exp.Union(this=root, expression=child, distinct=False)
    cte = exp.CTE(this=union, alias=exp.TableAlias(this=exp.to_identifier(_TREE, quoted=True)))
    withs = select.args.get("with_") or select.args.get("with")
    listed = [*(withs.expressions if withs else []), cte]
    select.set("with_", exp.With(expressions=listed, recursive=True))
    select.set("from_", exp.From(this=_table(_TREE, alias)))
    select.set("connect", None)


def _condition(condition: exp.Expr, alias: str) -> exp.Expr:
    """Which table each column of the condition belongs to: the parent's row, behind PRIOR, or the child's."""
    holder = exp.Paren(this=condition)
    for column in list(holder.find_all(exp.Column)):
        prior = column.find_ancestor(exp.Prior) is not None
        if column.name == _LEVEL and not column.table:
            level: exp.Expr = _column(_LEVEL, _PARENT)
            column.replace(level if prior else exp.paren(exp.Add(this=level, expression=exp.Literal.number(1))))
        elif prior:
            column.set("table", exp.to_identifier(_PARENT, quoted=True))
        elif not column.table:
            column.set("table", exp.to_identifier(alias, quoted=True))
    for node in list(holder.find_all(exp.Prior)):
        node.replace(node.this)
    return holder


def _column(name: str, table: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True))


def _star(table: str) -> exp.Column:
    return exp.Column(this=exp.Star(), table=exp.to_identifier(table, quoted=True))


def _table(name: str, alias: str) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(name, quoted=True), alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    )
