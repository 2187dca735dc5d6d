"""A statement makes something that Redshift has not.

What
----
CREATE INDEX, SEQUENCE, TRIGGER, TYPE, DOMAIN, EXTENSION or RULE, or SAVEPOINT.

Why
---
Redshift refuses it. It looks like PostgreSQL and is not.

Bad
---
```sql
CREATE INDEX sale_shop ON sale (shop)
```

Good
----
```sql
ALTER TABLE sale ALTER SORTKEY (shop)
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-features.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"
INSTEAD = {
    "INDEX": "Sort the table by the column",
    "SEQUENCE": "Let an IDENTITY column number the rows",
    "TRIGGER": "Do it in the load",
    "TYPE": "Write the type of each column",
    "DOMAIN": "Write the type of each column",
    "EXTENSION": "Write a user-defined function",
    "RULE": "Write a view",
}


def check(statement: Statement) -> Faults:
    kind = statement.kind if statement.kind != "UNIQUE" else "INDEX"
    if statement.verb == "CREATE" and kind in INSTEAD:
        yield Fault(f"Redshift has no CREATE {kind}", INSTEAD[kind])
    elif statement.verb == "SAVEPOINT":
        yield Fault("Redshift has no savepoints", "Use one transaction, or several")
