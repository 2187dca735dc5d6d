"""Clauses that PostgreSQL has and Redshift has not, and types that may not be cast to.

Source: AWS "Unsupported PostgreSQL features" (c_unsupported-postgresql-features), "Features that are implemented
differently" (c_redshift-sql-implementated-differently), and the pages of the statements.
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import Refused, not_emulated

# Clauses and expressions, with what a person calls them.
_REFUSED_NODES: dict[type[exp.Expr], tuple[str, str]] = {
    exp.Returning: ('syntax error at or near "RETURNING"', "42601"),
    exp.OnConflict: ('syntax error at or near "ON CONFLICT"', "42601"),
    exp.Lock: ("SELECT FOR UPDATE is not supported", "0A000"),
    exp.Filter: ("aggregate FILTER is not supported", "0A000"),
    exp.Lateral: ("LATERAL is not supported", "0A000"),
    exp.TableSample: ("TABLESAMPLE is not supported", "0A000"),
    exp.NullSafeEQ: ("IS DISTINCT FROM is not supported", "0A000"),
    exp.NullSafeNEQ: ("IS DISTINCT FROM is not supported", "0A000"),
}


def refuse(tree: exp.Expr) -> None:
    """Raises Refused for the first clause that Redshift has not."""
    for kind, (message, state) in _REFUSED_NODES.items():
        if tree.find(kind):
            raise Refused(message, state)
    for select in tree.find_all(exp.Select):
        if not select.expressions:
            raise Refused("syntax error: the select list is empty", "42601")
    for star in tree.find_all(exp.Star):
        if any(value for name, value in star.args.items() if name not in ("except_", "except")):
            raise not_emulated("REPLACE or RENAME behind *")
    for node in tree.find_all(exp.Distinct):
        if node.args.get("on"):
            raise Refused("SELECT DISTINCT ON is not supported", "0A000")
    for insert in tree.find_all(exp.Insert):
        if insert.args.get("returning"):
            raise Refused('syntax error at or near "RETURNING"', "42601")
        if insert.args.get("conflict"):
            raise Refused('syntax error at or near "ON CONFLICT"', "42601")
    for values in tree.find_all(exp.Values):
        if not isinstance(values.parent, exp.Insert):
            raise Refused("VALUES lists are not supported outside INSERT", "0A000")
    _set_operations(tree)
    for order in tree.find_all(exp.Order):
        for part in order.expressions:
            if isinstance(part.this, exp.Literal) and part.this.is_string:
                raise Refused("non-integer constant in ORDER BY", "42601")
    for found in tree.find_all(exp.With):
        for cte in found.expressions if found.args.get("recursive") else ():
            if not cte.args["alias"].columns and any(table.name == cte.alias for table in cte.find_all(exp.Table)):
                raise Refused(f'a column list must be given for the recursive query "{cte.alias}"', "42601")


def _set_operations(tree: exp.Expr) -> None:
    for operation in tree.find_all(exp.SetOperation):
        if isinstance(operation, exp.Intersect | exp.Except) and not operation.args.get("distinct", True):
            raise Refused(f"{operation.key.upper()} ALL is not supported", "0A000")
        for side in (operation.this, operation.expression):
            inner = side.this if isinstance(side, exp.Subquery) else side
            if inner.args.get("limit"):
                raise Refused("LIMIT may not be used within input to set operations.", "0A000")
