"""A view is ordered.

What
----
The query of a view ends with ORDER BY and has no LIMIT.

Why
---
Whoever reads the view orders and filters it again; the view's own order is sorted for nothing, each time.

Bad
---
```python
view("sale_total", Base.metadata, "SELECT sale_key FROM sale ORDER BY sale_key", comment="One row per sale.")
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
from warehouse.schema.design import ViewDesign

SEVERITY = "warning"


def check(view: ViewDesign) -> Faults:
    clauses = Statement(view.query, origin="view").outer_clauses("order", "limit")
    if view.kind != "materialized" and clauses == ["order"]:
        yield Fault("the view is ordered", "Drop ORDER BY; say it where the view is read")
