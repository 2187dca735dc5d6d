"""A revision hides a change of the design in raw SQL.

What
----
`op.execute` runs CREATE, ALTER or DROP of a table or a view, COMMENT, or GRANT and REVOKE on them.

Why
---
The rules cannot hold a text against the models, autogenerate does not know it, and nobody undoes it. There is an
operation for it.

Bad
---
```python
op.execute("ALTER TABLE sale ADD COLUMN shop INTEGER")
```

Good
----
```python
op.add_column("sale", sa.Column("shop", sa.INTEGER(), comment="Shop.", redshift_encode="az64"))
```
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "warning"
OPERATIONS = {
    "TABLE": "op.create_table, op.add_column, op.alter_column, op.drop_table, …",
    "VIEW": "an operation for views, or a view among the models",
}


def check(statement: Statement) -> Faults:
    if statement.origin != "revision":
        return
    temporary = statement.has("TEMP") or statement.has("TEMPORARY") or statement.target.startswith("#")
    if statement.verb in ("CREATE", "ALTER", "DROP") and statement.kind in OPERATIONS and not temporary:
        yield Fault(f"{statement.verb} {statement.kind} in raw SQL", f"Say {OPERATIONS[statement.kind]}")
    elif statement.verb == "COMMENT" or (statement.verb in ("GRANT", "REVOKE") and not statement.has("ON", "SCHEMA")):
        yield Fault(f"{statement.verb} in raw SQL", "Say it in the model, and let autogenerate write the operation")
