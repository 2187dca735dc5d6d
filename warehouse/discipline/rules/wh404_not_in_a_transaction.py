"""A statement cannot run inside a transaction.

What
----
VACUUM, ALTER COLUMN TYPE, ALTER TABLE APPEND, or CREATE or DROP DATABASE stands between BEGIN and COMMIT.

Why
---
Redshift refuses it there, and the transaction is aborted. In a revision the library sees to it; in a script it stands
outside.

Bad
---
```sql
BEGIN;
VACUUM sale;
COMMIT
```

Good
----
```sql
VACUUM sale
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_SVL_MULTI_STATEMENT_VIOLATIONS.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if statement.boundary == "alone" and statement.in_block:
        yield Fault(f"{statement.verb} is refused between BEGIN and COMMIT", "Put it before or after the transaction")
