"""A large table is copied to every node.

What
----
The table is DISTSTYLE ALL and, as the warehouse counts, has more than three million rows.

Why
---
ALL multiplies storage and the work of every load by the number of nodes. It is meant for small tables that change
seldom.

Given
-----
```python
class Sale(Base, dist=all_(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Bad
---
```python
facts = [TableFacts("sale", rows=40_000_000)]
```

Good
----
```python
facts = [TableFacts("sale", rows=40_000)]
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_choosing_dist_sort.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign
from warehouse.schema.facts import TableFacts

SEVERITY = "warning"
# AWS says "relatively slow moving tables" and gives no number; this one is ours.
# https://docs.aws.amazon.com/redshift/latest/dg/c_choosing_dist_sort.html
MOST_ROWS = 3_000_000


def check(table: TableDesign, facts: TableFacts) -> Faults:
    if table.dist is not None and table.dist.style == "all" and facts.rows is not None and facts.rows > MOST_ROWS:
        yield Fault(f"{facts.rows:,} rows are copied to every node", 'Say dist=key("…") or dist=even()')
