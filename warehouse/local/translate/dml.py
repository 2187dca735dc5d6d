"""INSERT, UPDATE and DELETE: what sqlglot reads as another dialect's is put right."""

from __future__ import annotations

from sqlglot import exp


def mend_dml(tree: exp.Expression) -> None:
    """DELETE without FROM, DEFAULT as a value of UPDATE."""
    for delete in tree.find_all(exp.Delete):
        if not delete.this and (named := delete.args.get("tables")):
            delete.set("this", named[0])
            delete.set("tables", None)
    for update in tree.find_all(exp.Update):
        for assignment in update.expressions:
            value = assignment.expression if isinstance(assignment, exp.EQ) else None
            if isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.this.quoted:
                value.replace(exp.var("DEFAULT"))
