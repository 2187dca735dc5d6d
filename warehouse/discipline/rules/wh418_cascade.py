"""A DROP takes dependants with it.

What
----
DROP … CASCADE.

Why
---
Views, foreign keys and whatever else depends on it go as well, and the statement does not tell which. Drop them by
name, so that the next reader knows.

Bad
---
```sql
DROP TABLE sale CASCADE
```

Good
----
```sql
DROP VIEW sale_total;
DROP TABLE sale
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_DROP_TABLE.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if statement.verb in ("DROP", "ALTER") and statement.words[-1] == "CASCADE":
        yield Fault("CASCADE drops what is not named", "Drop the dependants by name")
