"""A revision makes a column shorter.

What
----
A VARCHAR or VARBYTE becomes shorter than it is.

Why
---
It fails when one value is longer, so it works on the empty warehouse of a test and stops in production, outside of a
transaction. Look at `max(octet_length(…))` first.

Bad
---
```python
op.alter_column("sale", "note", type_=sa.String(20), existing_type=sa.String(80))
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

SEVERITY = "warning"


def check(change: AlterColumn) -> Faults:
    if "type" not in change.changed or change.new is None or change.old is None:
        return
    new, old = change.new.redshift_type, change.old.redshift_type
    if new.name == old.name and new.name.endswith("varying") and new.arguments < old.arguments:
        yield Fault(f"{old} becomes {new}", "Make sure that no value is longer: SELECT max(octet_length(…))")
