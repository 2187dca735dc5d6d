"""A step of a revision can only be known when it runs.

What
----
The arguments of an `op.` call are neither literals nor built from what the linter trusts: SQL that is put together in
a loop or read from a file, for instance.

Why
---
No rule can look at it before it runs on the warehouse. Write the SQL where it is executed, one step per call.

Bad
---
```python
for shop in shops():
    op.execute(f"DELETE FROM sale WHERE shop = {shop}")
```

Good
----
```python
op.execute("DELETE FROM sale WHERE shop IN (SELECT shop FROM closed_shop)")
```
"""

from warehouse.discipline.changes import Unreadable
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "warning"


def check(step: Unreadable) -> Faults:
    yield Fault(f"{step.text} is only known when it runs", "Write its arguments as literals")
