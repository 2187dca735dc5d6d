"""Many rows of a table are out of order.

What
----
More than twenty percent of the rows are not in the order of the sort key.

Why
---
Queries read the unsorted part whole, whatever they filter by, and merge joins are given up. VACUUM SORT ONLY puts the
rows in order.

Given
-----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Bad
---
```python
live = [TableFacts("sale", rows=1_000, size_mb=40, age_days=90, unsorted=45.0)]
```

Good
----
```python
live = [TableFacts("sale", rows=1_000, size_mb=40, age_days=90, unsorted=3.0)]
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/diagnostic-queries-for-query-tuning.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import LiveTable

SEVERITY = "warning"
# https://docs.aws.amazon.com/redshift/latest/dg/diagnostic-queries-for-query-tuning.html
MOST_PERCENT = 20


def check(table: LiveTable) -> Faults:
    if table.facts.unsorted is not None and table.facts.unsorted > MOST_PERCENT:
        yield Fault(f"{table.facts.unsorted:.0f} percent of the rows are out of order", "Run VACUUM SORT ONLY")
