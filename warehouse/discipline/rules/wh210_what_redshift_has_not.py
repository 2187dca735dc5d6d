"""A revision makes an index, or a constraint that Redshift has not.

What
----
The revision creates an index, a CHECK or an EXCLUDE constraint.

Why
---
Redshift refuses them. What an index should speed up a sort key does; what a CHECK should keep out, a check of the
data after each load finds.

Bad
---
```python
op.create_index("sale_shop", "sale", ["shop"])
```

Good
----
```python
op.alter_sort_key("sale", "compound", ["shop"])
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-features.html
"""

from warehouse.discipline.changes import AddConstraint
from warehouse.discipline.finding import Fault, Faults
from warehouse.redshift.refusals import REFUSALS

SEVERITY = "error"


def check(change: AddConstraint) -> Faults:
    refused = REFUSALS.get("check" if change.kind.endswith("check") else change.kind)
    if refused is not None:
        yield Fault(f"Redshift has no {refused.feature}", refused.instead.rstrip("."))
