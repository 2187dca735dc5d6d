"""A revision declares a key over rows that are there.

What
----
The revision adds a primary key or a unique constraint to a table that exists.

Why
---
Redshift believes it without looking. When the rows have duplicates, the planner drops steps that it thinks
unnecessary, and queries give wrong answers from then on. Count first, or run `warehouse check` after.

Bad
---
```python
op.create_primary_key("sale_pkey", "sale", ["sale_key"])
```

Good
----
```python
waive = {"WH220": "warehouse check has counted no duplicates"}

op.create_primary_key("sale_pkey", "sale", ["sale_key"])
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
"""

from warehouse.discipline.changes import AddConstraint
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "warning"


def check(change: AddConstraint) -> Faults:
    if change.kind in ("primary_key", "unique"):
        columns = ", ".join(change.columns)
        yield Fault("the key is believed, not checked", f"Count first: GROUP BY {columns} HAVING count(*) > 1")
