"""Something is granted to everybody.

What
----
GRANT … TO PUBLIC.

Why
---
PUBLIC is every user that the warehouse has, and every one that it will have. A role can be given, and taken away.

Bad
---
```sql
GRANT SELECT ON sale TO PUBLIC
```

Good
----
```sql
GRANT SELECT ON sale TO ROLE analyst
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if (
        statement.verb == "GRANT"
        and "PUBLIC" in statement.words[statement.words.index("TO") if statement.has("TO") else 0 :]
    ):
        yield Fault("PUBLIC is everybody", "Grant it to a role")
