"""A revision adds an identity column to a table.

What
----
The added column has an IDENTITY.

Why
---
Redshift can number rows only from the table's creation on and refuses the column. A rebuilt table can have it.

Bad
---
```python
op.add_column(
    "sale", sa.Column("line", sa.BIGINT(), comment="Number.", redshift_encode="az64", redshift_identity=(1, 1))
)
```

Good
----
```python
op.add_column("sale", sa.Column("shop", sa.INTEGER(), comment="Shop.", redshift_encode="az64"))
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import AddColumn
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "error"


def check(change: AddColumn) -> Faults:
    if change.column.identity:
        yield Fault("an IDENTITY column is added", "Create a new table with it, copy the rows, and rename")
