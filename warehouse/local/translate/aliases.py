"""Aliases of the select list, used elsewhere in the same SELECT (AWS r_SELECT_list: "Usage notes").

A column of FROM with that name wins. Only the catalog knows those, so a statement that uses its aliases so has
questions first: a query that runs exactly when FROM has such a column (questions.py).
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.probes import Translate, probe
from warehouse.local.translate.questions import answer
from warehouse.local.translate.tokens import literal, quote

# Where an alias may be used besides the select list itself; PostgreSQL knows it in GROUP BY and ORDER BY already.
_CLAUSES = ("where", "having", "qualify")
_ANY_NAME = exp.to_identifier("any name?", quoted=True)


def use_aliases(tree: exp.Expr, translate: Translate) -> None:
    """Put the expressions of aliases in the place of their names. `translate` makes PostgreSQL's text of a query.

    Raises questions.Unsure.
    """
    asked: list[tuple[exp.Select, dict[str, str]]] = []
    for select in tree.find_all(exp.Select):
        used = _used(select)
        if used:
            asked.append((select, _questions(select, used, translate)))
    known = answer([text for _, named in asked for text in named.values() if text])
    for select, named in asked:
        _substitute(select, {name for name, text in named.items() if not (text and known[text])})


def _aliases(select: exp.Select) -> dict[str, int]:
    """Aliases that rename something, with their places."""
    found: dict[str, int] = {}
    for place, item in enumerate(select.expressions):
        if isinstance(item, exp.Alias) and not (isinstance(item.this, exp.Column) and item.this.name == item.alias):
            found.setdefault(item.alias, place)
    return found


def _names(part: exp.Expr, select: exp.Select) -> list[exp.Column]:
    return [
        column
        for column in part.find_all(exp.Column)
        if not column.table and column.find_ancestor(exp.Select) is select and isinstance(column.this, exp.Identifier)
    ]


def _used(select: exp.Select) -> list[str]:
    aliases = _aliases(select)
    if not aliases:
        return []
    used = [
        column.name
        for place, item in enumerate(select.expressions)
        for column in _names(item, select)
        if aliases.get(column.name, place) < place
    ]
    for clause in _CLAUSES:
        if part := select.args.get(clause):
            used += [column.name for column in _names(part, select) if column.name in aliases]
    return list(dict.fromkeys(used))


def _questions(select: exp.Select, names: list[str], translate: Translate) -> dict[str, str]:
    """For each name whether FROM has such a column; "" when that need not be asked."""
    if (select.args.get("from_") or select.args.get("from")) is None:
        return dict.fromkeys(names, "")
    # Translated once for all names: what FROM reads may be long.
    before, any_name, after = translate(probe(select, [exp.column(_ANY_NAME.copy())])).partition(_ANY_NAME.sql())
    assert any_name
    return {
        name: f"CASE WHEN pg_redshift.runs({literal(f'{before}{quote(name)}{after}')}) THEN 'yes' ELSE '' END"
        for name in names
    }


def _substitute(select: exp.Select, names: set[str]) -> None:
    places = _aliases(select)
    for place, item in enumerate(select.expressions):
        for column in _names(item, select):
            if column.name in names and places[column.name] < place:
                _replace(select, column, places)
    for clause in _CLAUSES:
        if part := select.args.get(clause):
            for column in _names(part, select):
                if column.name in names:
                    _replace(select, column, places)


def _replace(select: exp.Select, column: exp.Column, places: dict[str, int]) -> None:
    column.replace(exp.paren(select.expressions[places[column.name]].this.copy()))
