"""A view selects all columns.

What
----
The query of a view has SELECT *.

Why
---
The star is written out when the view is made: a column that is added later does not appear, one that is dropped is
refused. And nobody can read in the view what it offers.

Bad
---
```python
view("sale_total", Base.metadata, "SELECT * FROM sale", comment="One row per sale.")
```

Good
----
```python
view("sale_total", Base.metadata, "SELECT sale_key FROM sale", comment="One row per sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "warning"


def check(statement: Statement) -> Faults:
    if statement.is_view and statement.has_star:
        yield Fault("the view selects *", "Name its columns")
