"""TRUNCATE commits a transaction in its middle.

What
----
TRUNCATE stands between BEGIN and COMMIT. (A revision runs it as a step of its own.)

Why
---
TRUNCATE commits what came before it and cannot be rolled back, so a failure afterwards leaves half of the work
behind. DELETE can be rolled back; or give TRUNCATE a transaction of its own.

Bad
---
```sql
BEGIN;
TRUNCATE sale;
INSERT INTO sale (sale_key) SELECT sale_key FROM staging_sale;
COMMIT
```

Good
----
```sql
BEGIN;
DELETE FROM sale WHERE sale_key IN (SELECT sale_key FROM staging_sale);
INSERT INTO sale (sale_key) SELECT sale_key FROM staging_sale;
COMMIT
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNCATE.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if statement.boundary == "commits" and statement.in_block:
        yield Fault("TRUNCATE commits what came before it", "Say DELETE … WHERE, or do it outside of the transaction")
