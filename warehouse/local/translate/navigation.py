"""Paths into SUPER values (`c.items[0].name`) and unnesting them in FROM are recognised, and refused by name.

A dotted name whose first part is neither a relation of the query nor the schema of one is such a path. Source: AWS
"Querying semistructured data" (query-super).
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import not_emulated


def refuse_navigation(tree: exp.Expr) -> None:
    """Raises Refused when a SUPER value is navigated or unnested."""
    if tree.find(exp.Unnest):
        raise not_emulated("unnesting of SUPER values in FROM")
    known = _relations(tree)
    for column in tree.find_all(exp.Column):
        parts = [part.name for part in column.parts]
        if len(parts) > 1 and parts[0] not in known and known:
            raise not_emulated(f"navigation in SUPER values ({'.'.join(parts)})")
    for node in tree.find_all(exp.Dot):
        base = node.this.this if isinstance(node.this, exp.Bracket) else node.this
        if isinstance(base, exp.Column | exp.Dot):
            raise not_emulated("navigation in SUPER values")


def _relations(tree: exp.Expr) -> set[str]:
    """Every name that may stand before a column anywhere in the statement."""
    names: set[str] = set()
    for table in tree.find_all(exp.Table):
        names |= {part.name for part in table.parts} | {table.alias_or_name}
    for named in tree.find_all(exp.Subquery, exp.CTE, exp.Values):
        names.add(named.alias_or_name)
    for alias in tree.find_all(exp.TableAlias):
        names.add(alias.name)
    return names - {""}
