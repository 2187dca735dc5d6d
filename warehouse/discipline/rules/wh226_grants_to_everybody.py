"""A revision grants something to everybody.

What
----
`op.grant` names `public`.

Why
---
PUBLIC is every user that the warehouse has, and every one that it will have. A role can be given, and taken away.

Bad
---
```python
op.grant("sale", "public", "select")
```

Good
----
```python
op.grant("sale", "role analyst", "select")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
"""

from warehouse.discipline.changes import GrantPrivileges
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "warning"


def check(change: GrantPrivileges) -> Faults:
    if change.grant.kind == "public":
        yield Fault("PUBLIC is everybody", "Grant it to a role")
