"""A late-binding view reads a table without its schema.

What
----
A view WITH NO SCHEMA BINDING names a table without a schema.

Why
---
Redshift refuses it: nothing binds the name, so whose table it is would depend on the search path of whoever reads.

Bad
---
```python
view("sale_total", Base.metadata, "SELECT sale_key FROM sale", late_binding=True, comment="One row per sale.")
```

Good
----
```python
view("sale_total", Base.metadata, "SELECT sale_key FROM public.sale", late_binding=True, comment="One row per sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"


def check(statement: Statement) -> Faults:
    if statement.is_late_binding:
        for name in statement.unqualified:
            yield Fault(f"{name} is named without its schema", f"Say schema.{name}")
