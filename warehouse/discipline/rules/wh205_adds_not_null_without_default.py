"""A revision adds a NOT NULL column without a default.

What
----
The added column is NOT NULL and has no DEFAULT.

Why
---
Redshift refuses it: the rows that are there would have no value. With a default it takes it, but then that default
can never be dropped again.

Bad
---
```python
op.add_column("sale", sa.Column("shop", sa.INTEGER(), nullable=False, comment="Shop.", redshift_encode="az64"))
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
    if not change.column.nullable and change.column.default is None and not change.column.identity:
        yield Fault("the column is NOT NULL and has no default", "Add it nullable and fill it, or rebuild the table")
