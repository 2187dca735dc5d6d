"""An INSERT does not name its columns.

What
----
INSERT … SELECT has no list of columns.

Why
---
Values go by position. A column that is added, or a table that is rebuilt in another order, puts them into the wrong
ones, and where the types fit nobody notices.

Bad
---
```sql
INSERT INTO sale SELECT sale_key, sold_at FROM staging_sale
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

SEVERITY = "warning"


def check(statement: Statement) -> Faults:
    if statement.verb == "INSERT" and statement.tree is not None and statement.tree.this.key != "schema":
        yield Fault("the columns are not named", "Say INSERT INTO table (column, …)")
