"""A revision drops a constraint without naming it.

What
----
`op.drop_constraint` has None, or nothing, as the name.

Why
---
DROP CONSTRAINT needs the name that the warehouse knows; `information_schema.table_constraints` lists it. The naming
convention of `warehouse.Base` gives every constraint one.

Bad
---
```python
op.drop_constraint(None, "sale")
```

Good
----
```python
op.drop_constraint("sale_buyer_fkey", "sale")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import DropConstraint
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "error"


def check(change: DropConstraint) -> Faults:
    if not change.name:
        yield Fault("the constraint has no name", "Name it as information_schema.table_constraints does")
