"""A revision drops a column.

What
----
The upgrade drops a column.

Why
---
Its values are gone, and a downgrade brings back an empty column. Whoever reads it by name fails from now on.

Bad
---
```python
op.drop_column("sale", "shop")
```

Good
----
```python
waive = {"WH202": "always null; no query has named it"}

op.drop_column("sale", "shop")
```
"""

from warehouse.discipline.changes import DropColumn
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "warning"


def check(change: DropColumn) -> Faults:
    yield Fault(
        "the column and its values are dropped", "Make sure that nobody reads it, then waive the rule with the reason"
    )
