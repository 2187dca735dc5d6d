"""A revision drops a table.

What
----
The upgrade drops a table.

Why
---
Its rows are gone, and a downgrade brings back an empty table. Unload them first, or rename the table and drop it when
nobody has asked for it for a while; then waive the rule in the revision, with the reason.

Bad
---
```python
op.drop_table("sale")

def downgrade():
    op.execute("SELECT 1")
```

Good
----
```python
waive = {"WH201": "unloaded to s3://archive/sale; nobody has read it since 2024"}

op.drop_table("sale")
```
"""

from warehouse.discipline.changes import DropTable
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "warning"


def check(change: DropTable) -> Faults:
    yield Fault("the table and its rows are dropped", "Unload it first, or rename it for a while")
