"""An INSERT takes all columns of another table.

What
----
INSERT … SELECT * copies by position.

Why
---
What a column of the source means is decided by where it stands. One column more on either side, and the statement
fails; one in another place, and it succeeds with the wrong values.

Bad
---
```sql
INSERT INTO sale (sale_key, sold_at) SELECT * FROM staging_sale
```

Good
----
```sql
INSERT INTO sale (sale_key, sold_at) SELECT sale_key, sold_at FROM staging_sale
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_INSERT_30.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if statement.verb == "INSERT" and statement.has_star:
        yield Fault("SELECT * goes by position", "Name the columns on both sides")
