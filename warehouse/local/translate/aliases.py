"""Aliases of the select list, used elsewhere in the same SELECT."""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.names import is_catalog, tables


def use_aliases(select: exp.Select) -> None:
    """Let WHERE use an alias of the select list, as Redshift does.

    A column of FROM with that name would win; for catalog queries, the only ones changed here, an alias that renames
    something is taken as meant.
    """
    found = tables(select)
    if not found or not all(is_catalog(t) for t in found):
        return
    named = {
        item.alias: item.this
        for item in select.expressions
        if isinstance(item, exp.Alias) and not (isinstance(item.this, exp.Column) and item.this.name == item.alias)
    }
    where = select.args.get("where")
    if not where or not named:
        return
    for column in list(where.find_all(exp.Column)):
        if not column.table and column.name in named and column.find_ancestor(exp.Select) is select:
            column.replace(exp.paren(named[column.name].copy()))
