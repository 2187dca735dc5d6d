"""A revision changes NOT NULL or DEFAULT of an existing column.

What
----
The revision sets or drops NOT NULL, or the DEFAULT, of a column that exists.

Why
---
Redshift refuses both. A column keeps what it was created with; a new column or a rebuilt table can have it otherwise.

Bad
---
```python
op.alter_column("sale", "shop", nullable=False)
```

Good
----
```python
op.alter_column("sale", "shop", comment="Number of the shop.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import AlterColumn
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "error"


def check(change: AlterColumn) -> Faults:
    for word, told in (("nullable", "NOT NULL"), ("default", "the DEFAULT")):
        if word in change.changed:
            yield Fault(
                f"{told} of an existing column cannot be changed", "Add a new column and fill it, or rebuild the table"
            )
