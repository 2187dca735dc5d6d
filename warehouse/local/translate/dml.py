"""INSERT, UPDATE and DELETE: what Redshift refuses of them, and what sqlglot reads as another dialect's put right.

Sources: AWS r_INSERT_30, r_UPDATE, r_DELETE.
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import Refused


def mend_dml(tree: exp.Expr) -> None:
    """DELETE without FROM, DEFAULT as a value of UPDATE, the target of an UPDATE within its FROM."""
    for delete in tree.find_all(exp.Delete):
        if not delete.this and (named := delete.args.get("tables")):
            delete.set("this", named[0])
            delete.set("tables", None)
    for update in tree.find_all(exp.Update):
        for assignment in update.expressions:
            value = assignment.expression if isinstance(assignment, exp.EQ) else None
            if isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.this.quoted:
                value.replace(exp.var("DEFAULT"))
        _check_update(update)
    for insert in tree.find_all(exp.Insert):
        values = insert.expression
        if isinstance(values, exp.Values) and len(values.expressions) > 1 and values.find(exp.Select):
            raise Refused("can't use subqueries in multi-row VALUES", "0A000")


def _check_update(update: exp.Update) -> None:
    target = update.this
    source = update.args.get("from_") or update.args.get("from")
    if source is None or not isinstance(target, exp.Table):
        return
    for join in source.find_all(exp.Join):
        if join.side and join.find_ancestor(exp.Select) is update.find_ancestor(exp.Select):
            raise Refused("Target table must be part of an equijoin predicate", "0A000")
    for table in source.find_all(exp.Table):
        if table.find_ancestor(exp.Select) is None and (table.db, table.name) == (target.db, target.name):
            # The target once more, under an alias, is the row that is updated.
            alias, own = table.alias_or_name, target.alias_or_name
            same = exp.EQ(this=exp.column("ctid", table=alias), expression=exp.column("ctid", table=own))
            where = update.args.get("where")
            update.set("where", exp.Where(this=exp.and_(where.this, same) if where else same))
