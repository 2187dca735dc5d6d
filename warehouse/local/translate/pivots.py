"""PIVOT and UNPIVOT in FROM (AWS r_FROM_clause-pivot-unpivot-examples).

PIVOT becomes a query that groups by the columns it does not mention, UNPIVOT one part of a UNION ALL for each column.
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.probes import Translate, columns, probe

_AGGREGATES = {"count", "sum", "min", "max", "avg"}


def rotate(tree: exp.Expr, translate: Translate) -> None:
    """Put queries in the place of PIVOT and UNPIVOT. Raises Refused, questions.Unsure."""
    for select in list(tree.find_all(exp.Select)):
        start = select.args.get("from_") or select.args.get("from")
        for source in [start.this if start else None, *(join.this for join in select.args.get("joins") or [])]:
            pivots = source.args.get("pivots") if source is not None else None
            if not pivots:
                continue
            if len(pivots) > 1:
                raise Refused("PIVOT cannot be applied to PIVOT or UNPIVOT", "0A000")
            _rotate(select, source, pivots[0], translate)


def _rotate(select: exp.Select, source: exp.Expr, pivot: exp.Pivot, translate: Translate) -> None:
    if len(pivot.args.get("fields") or []) != 1 or pivot.args.get("group") or pivot.args.get("default_on_null"):
        raise Refused('syntax error at or near "FOR"', "42601")
    source.set("pivots", None)
    if not source.alias:
        name = source.name if isinstance(source, exp.Table) else "_source"
        source.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    [names] = columns([probe(select, [exp.Star()], [source])], translate)
    made = _unpivoted(source, pivot, names) if pivot.args.get("unpivot") else _pivoted(source, pivot, names)
    alias = pivot.args.get("alias") or source.args["alias"]
    source.replace(exp.Subquery(this=made, alias=alias.copy()))


def _column(name: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True))


def _pivoted(source: exp.Expr, pivot: exp.Pivot, names: list[str]) -> exp.Select:
    [field] = pivot.args["fields"]
    wanted = field.this
    if not isinstance(wanted, exp.Column):
        raise Refused('syntax error at or near "FOR"', "42601")
    used = {wanted.name} | {column.name for one in pivot.expressions for column in one.find_all(exp.Column)}
    groups = [name for name in names if name not in used]
    items: list[exp.Expr] = [_column(name) for name in groups]
    for value in field.expressions:
        plain = value.this if isinstance(value, exp.PivotAlias | exp.Alias) else value
        if plain.find(exp.Column, exp.Select):
            raise Refused("PIVOT IN list values cannot be column references or sub-queries", "0A000")
        label = value.alias if isinstance(value, exp.PivotAlias | exp.Alias) else _label(plain)
        for one in pivot.expressions:
            items.append(_chosen(one, wanted, plain, label))
    made = exp.Select(expressions=items).from_(source.copy())
    return made.group_by(*(exp.Literal.number(at + 1) for at in range(len(groups)))) if groups else made


def _label(value: exp.Expr) -> str:
    if isinstance(value, exp.Null):
        return "null"
    if isinstance(value, exp.Literal):
        return str(value.this)
    raise not_emulated("an expression without an alias in PIVOT … IN")


def _chosen(aggregate: exp.Expr, wanted: exp.Column, value: exp.Expr, label: str) -> exp.Expr:
    """`aggregate` over the rows whose column has `value`."""
    name = label
    if isinstance(aggregate, exp.Alias):
        name = f"{label}_{aggregate.alias}"
        aggregate = aggregate.this
    if not isinstance(aggregate, exp.Anonymous) or aggregate.name.lower() not in _AGGREGATES:
        raise Refused("PIVOT supports the aggregate functions COUNT, SUM, MIN, MAX and AVG", "0A000")
    condition: exp.Expr
    if isinstance(value, exp.Null):
        condition = exp.Is(this=wanted.copy(), expression=exp.Null())
    else:
        condition = exp.EQ(this=wanted.copy(), expression=value.copy())
    [argument] = aggregate.expressions or [exp.Star()]
    distinct = isinstance(argument, exp.Distinct)
    if isinstance(argument, exp.Distinct):
        [argument] = argument.expressions
    counted = exp.Literal.number(1) if isinstance(argument, exp.Star) else argument.copy()
    case: exp.Expr = exp.Case(ifs=[exp.If(this=condition, true=counted)])
    called = exp.Anonymous(this=aggregate.name, expressions=[exp.Distinct(expressions=[case]) if distinct else case])
    return exp.alias_(called, name, quoted=True)


def _unpivoted(source: exp.Expr, pivot: exp.Pivot, names: list[str]) -> exp.Expr:
    [field] = pivot.args["fields"]
    if len(pivot.expressions) != 1 or not isinstance(pivot.expressions[0], exp.Identifier):
        raise Refused('syntax error at or near "UNPIVOT"', "42601")
    value_name, label_name = pivot.expressions[0].name, field.this.name
    rows = []
    for one in field.expressions:
        column = one.this if isinstance(one, exp.PivotAlias | exp.Alias) else one
        if not isinstance(column, exp.Column):
            raise Refused("UNPIVOT IN list must contain only column references", "0A000")
        if column.name not in names:
            raise Refused(f'column "{column.name}" does not exist', "42703")
        label = one.args["alias"].name if isinstance(one, exp.PivotAlias | exp.Alias) else column.name
        rows.append((column, label))
    used = {column.name for column, _ in rows}
    kept = [name for name in names if name not in used]
    once = exp.CTE(
        this=exp.Select(expressions=[exp.Star()]).from_(source.copy()),
        alias=exp.TableAlias(this=exp.to_identifier("_rows", quoted=True)),
    )
    made: exp.Expr | None = None
    for column, label in rows:
        items = [
            *(_column(name) for name in kept),
            exp.alias_(exp.cast(exp.Literal.string(label), "varchar(128)"), label_name, quoted=True),
            exp.alias_(_column(column.name), value_name, quoted=True),
        ]
        part: exp.Select = exp.Select(expressions=items).from_(exp.to_table("_rows", quoted=True))
        if not pivot.args.get("include_nulls"):
            part = part.where(exp.Not(this=exp.Is(this=_column(column.name), expression=exp.Null())))
        made = part if made is None else exp.Union(this=made, expression=part, distinct=False)
    assert made is not None
    made.set("with_", exp.With(expressions=[once]))
    return made
