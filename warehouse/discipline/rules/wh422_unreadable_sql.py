"""A statement cannot be read.

What
----
The SQL cannot be parsed, so the rules have not looked at it.

Why
---
It may be a typing error, or syntax that this linter does not know. Silence would be taken for approval.

Bad
---
```sql
SELECT sale_key, FROM WHERE sale
```

Good
----
```sql
SELECT sale_key FROM sale
```
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "warning"


def check(statement: Statement) -> Faults:
    if not statement.readable:
        yield Fault("the statement cannot be parsed", "Mend it; if Redshift takes it as it is, waive this rule")
