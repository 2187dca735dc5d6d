"""A revision renames a table.

What
----
The upgrade renames a table.

Why
---
Everybody who reads it by its old name fails, COPY jobs and dashboards included. Views that are bound to it silently
follow the table under its new name; late-binding ones fail. A view with the old name keeps old readers going.

Bad
---
```python
op.rename_table("sale", "sold")
```

Good
----
```python
waive = {"WH203": "a view named sale follows in this revision"}

op.rename_table("sale", "sold")
```
"""

from warehouse.discipline.changes import RenameTable
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "warning"


def check(change: RenameTable) -> Faults:
    yield Fault(f"readers of {change.table} fail", f"Leave a view of that name over {change.new_name}")
