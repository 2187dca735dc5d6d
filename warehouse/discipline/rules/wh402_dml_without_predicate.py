"""DELETE or UPDATE touches every row.

What
----
A DELETE or UPDATE has neither WHERE nor a join (USING, FROM).

Why
---
Either the predicate was forgotten, and all rows are gone; or it is meant, and TRUNCATE, or a rebuilt table, does it
without leaving every row behind as a ghost that VACUUM has to remove.

Bad
---
```sql
DELETE FROM sale
```

Good
----
```sql
DELETE FROM sale WHERE sold_at < '2020-01-01'
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_DELETE.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if statement.verb not in ("DELETE", "UPDATE") or statement.tree is None:
        return
    if not any(statement.tree.args.get(part) for part in ("where", "using", "from_", "from")):
        yield Fault(f"{statement.verb} has no predicate", "Say WHERE …, or TRUNCATE in a step of its own")
