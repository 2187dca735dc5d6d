"""Two tables are joined without a condition.

What
----
A query lists tables in FROM, or says CROSS JOIN, and no predicate connects them.

Why
---
Every row of one meets every row of the other, in a nested loop: the one join that Redshift's alerts name first. Where
it is meant, the smaller side has one row; then waive it.

Bad
---
```sql
SELECT sale.sale_key, shop.name FROM sale, shop
```

Good
----
```sql
SELECT sale.sale_key, shop.name FROM sale JOIN shop ON shop.shop = sale.shop
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/query-performance-improvement-opportunities.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "warning"


def check(statement: Statement) -> Faults:
    for table in statement.unconnected:
        yield Fault(f"nothing connects {table}", "Say JOIN … ON …")
