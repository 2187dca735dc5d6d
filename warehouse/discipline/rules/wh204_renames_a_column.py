"""A revision renames a column.

What
----
The upgrade renames a column.

Why
---
Everybody who reads or loads it by its old name fails at that moment. Adding a second column, moving readers and
dropping the first one later gives them time.

Bad
---
```python
op.alter_column("sale", "shop", new_column_name="store")
```

Good
----
```python
op.add_column("sale", sa.Column("store", sa.INTEGER(), comment="Shop.", redshift_encode="az64"))
```
"""

from warehouse.discipline.changes import RenameColumn
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "warning"


def check(change: RenameColumn) -> Faults:
    yield Fault(f"readers of {change.column} fail", f"Add {change.new_name}, fill it, and drop {change.column} later")
