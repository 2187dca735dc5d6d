"""ALTER TABLE does two things at once.

What
----
One ALTER TABLE adds or drops more than one column.

Why
---
Redshift takes one action a statement (but for several ALTER COLUMN … ENCODE).

Bad
---
```sql
ALTER TABLE sale ADD COLUMN shop INTEGER, ADD COLUMN till INTEGER
```

Good
----
```sql
ALTER TABLE sale ADD COLUMN shop INTEGER;
ALTER TABLE sale ADD COLUMN till INTEGER
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if statement.verb == "ALTER" and statement.kind == "TABLE":
        actions = sum(statement.count(",", word) for word in ("ADD", "DROP", "RENAME"))
        if actions:
            yield Fault(f"ALTER TABLE with {actions + 1} actions", "Say each in a statement of its own")
