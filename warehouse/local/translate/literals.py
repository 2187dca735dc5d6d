"""Strings put into columns of SUPER, VARBYTE and TIMETZ.

Redshift takes 'abc' there for the string abc (AWS r_is_varchar, r_VARBYTE_type), PostgreSQL for the type's own text;
and TIMETZ is kept in UTC (r_DATEADD_function). Only the catalog knows which columns these are; most tables have none,
so the answer is expected to be empty.
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.questions import answer_or_none
from warehouse.local.translate.shapes import ours
from warehouse.local.translate.tokens import literal, path

# The types, and the function that makes a value of a string.
_MADE_BY = {"super": "to_super", "varbyte": "to_varbyte", "timetz": "to_timetz"}


def type_literals(tree: exp.Expr) -> None:
    """Make strings that are stored what their columns want."""
    if isinstance(tree, exp.Insert):
        _insert(tree)
    elif isinstance(tree, exp.Update):
        _assign(tree.this, tree.expressions)
    elif isinstance(tree, exp.Merge):
        for when in tree.args["whens"].expressions:
            then = when.args["then"]
            if isinstance(then, exp.Update):
                _assign(tree.this, then.expressions)
            elif isinstance(then, exp.Insert) and isinstance(then.expression, exp.Tuple):
                named = then.this.expressions if isinstance(then.this, exp.Tuple) else []
                _fill(tree.this, [column.name for column in named], [then.expression.expressions])


def _insert(insert: exp.Insert) -> None:
    target = insert.this
    named = [column.name for column in target.expressions] if isinstance(target, exp.Schema) else []
    table = target.this if isinstance(target, exp.Schema) else target
    source = insert.expression
    if isinstance(source, exp.Values):
        rows = [row.expressions for row in source.expressions if isinstance(row, exp.Tuple)]
    elif isinstance(source, exp.Select):
        rows = [source.expressions]
    else:
        return
    _fill(table, named, rows)


def _fill(table: exp.Expr, named: list[str], rows: list[list[exp.Expr]]) -> None:
    if not isinstance(table, exp.Table) or not any(_is_string(value) for row in rows for value in row):
        return
    columns = _own_columns(table)
    for row in rows if columns else ():
        for at, value in enumerate(row):
            kind = columns.get(named[at] if at < len(named) else "") if named else columns.get(str(at + 1))
            if kind and _is_string(value):
                value.replace(ours(_MADE_BY[kind], [value.copy()]))


def _assign(table: exp.Expr, assignments: list[exp.Expr]) -> None:
    strings = [one for one in assignments if isinstance(one, exp.EQ) and _is_string(one.expression)]
    if not isinstance(table, exp.Table) or not strings:
        return
    columns = _own_columns(table)
    for one in strings if columns else ():
        if kind := columns.get(one.this.name):
            one.set("expression", ours(_MADE_BY[kind], [one.expression.copy()]))


def _is_string(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _own_columns(table: exp.Table) -> dict[str, str]:
    """The types of a table's columns of these types, by name and by position."""
    names = tuple(part.name for part in table.parts)[-2:]
    found = answer_or_none(f"pg_redshift.own_columns({literal(path(names))})")
    columns: dict[str, str] = {}
    for one in found.split("\n") if found else ():
        place, kind, name = one.split(" ", 2)
        columns[place] = columns[name] = kind
    return columns
