"""A revision changes a type that Redshift cannot change in place.

What
----
The type of a column changes to something else than a longer or shorter VARCHAR or VARBYTE.

Why
---
Only the length of these two can be altered. Everything else needs a new column (which moves to the end) or a rebuilt
table.

Bad
---
```python
op.alter_column("sale", "shop", type_=sa.BigInteger(), existing_type=sa.Integer())
```

Good
----
```python
op.alter_column("sale", "note", type_=sa.String(200), existing_type=sa.String(80))
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import AlterColumn
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "error"
RESIZABLE = ("character varying", "binary varying")


def check(change: AlterColumn) -> Faults:
    if "type" not in change.changed or change.new is None:
        return
    new, old = change.new.redshift_type, change.old.redshift_type if change.old is not None else None
    if new.name not in RESIZABLE or (old is not None and old.name != new.name):
        yield Fault(
            f"{old or 'the column'} cannot become {new} in place", "Add a new column and fill it, or rebuild the table"
        )
