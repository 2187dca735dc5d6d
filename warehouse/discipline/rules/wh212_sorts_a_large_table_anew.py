"""A revision sorts a large table anew.

What
----
The sort key of a table changes that has more than 100 GB, as the warehouse counts.

Why
---
The rows are put into another order, in the background, which reads and writes all of them; until that is done,
queries by the new key skip no blocks. Choose the hour.

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
facts = [TableFacts("sale", rows=2_000_000_000, size_mb=400_000)]


op.alter_sort_key("sale", "compound", ["sale_key"])
```

Good
----
```python
facts = [TableFacts("sale", rows=2_000, size_mb=40)]


op.alter_sort_key("sale", "compound", ["sale_key"])
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import AlterSortKey
from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.facts import TableFacts

SEVERITY = "warning"
LARGE_MB = 100_000


def check(change: AlterSortKey, facts: TableFacts) -> Faults:
    if change.new.columns and facts.size_mb is not None and facts.size_mb > LARGE_MB:
        yield Fault(f"{facts.size_mb:,} MB are sorted anew", "Run it when the cluster is idle")
