"""A revision cannot be undone.

What
----
The upgrade changes something, and the downgrade is empty or raises.

Why
---
The way back is needed on the worst of days. A downgrade that does nothing is worse than none: the version goes back,
the tables stay, and the next upgrade meets them.

Given
-----
```python
def upgrade():
    op.drop_constraint("sale_buyer_fkey", "sale")
```

Bad
---
```python
def downgrade():
    pass
```

Good
----
```python
def downgrade():
    op.create_foreign_key("sale_buyer_fkey", "sale", "buyer", ["buyer"], ["buyer_key"])
```
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import Revision

SEVERITY = "warning"


def check(revision: Revision) -> Faults:
    if revision.changes and not revision.undoes:
        yield Fault("the downgrade does nothing", "Write what undoes the upgrade, or waive the rule with the reason")
