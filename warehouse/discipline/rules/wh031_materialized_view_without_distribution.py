"""A materialized view says nothing about its distribution.

What
----
The materialized view declares no `dist=`.

Why
---
It is a table of its own, spread evenly unless told otherwise; the distribution of the tables that it reads does not
carry over.

Bad
---
```python
materialized_view("sale_total", Base.metadata, "SELECT 1 AS one", comment="One row.")
```

Good
----
```python
materialized_view("sale_total", Base.metadata, "SELECT 1 AS one", dist=all_(), comment="One row.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import ViewDesign

SEVERITY = "warning"


def check(view: ViewDesign) -> Faults:
    if view.kind == "materialized" and view.dist is None:
        yield Fault("no distribution is declared, so it is spread evenly", 'Say dist=key("…"), all_() or even()')
