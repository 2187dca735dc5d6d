"""A view has no comment.

What
----
The view's comment is missing or blank.

Why
---
What a row of a view is takes longer to read out of its query than out of a sentence.

Bad
---
```python
view("sale_total", Base.metadata, "SELECT 1 AS one")
```

Good
----
```python
view("sale_total", Base.metadata, "SELECT 1 AS one", comment="One row: the number one.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_COMMENT.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import ViewDesign

SEVERITY = "warning"


def check(view: ViewDesign) -> Faults:
    if not (view.comment or "").strip():
        yield Fault("the view has no comment", 'Say what one row is: comment="…"')
