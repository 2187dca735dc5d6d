"""A revision redistributes a large table.

What
----
The distribution of a table changes that has more than 100 GB, as the warehouse counts.

Why
---
Every row moves to another slice. Redshift does it in the background and leaves the table readable, but it reads and
writes all of it, needs as much free space again, and holds off VACUUM meanwhile. Choose the hour.

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


op.alter_distribution("sale", "key", "sale_key")
```

Good
----
```python
facts = [TableFacts("sale", rows=2_000, size_mb=40)]


op.alter_distribution("sale", "key", "sale_key")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import AlterDistribution
from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.facts import TableFacts

SEVERITY = "warning"
LARGE_MB = 100_000


def check(change: AlterDistribution, facts: TableFacts) -> Faults:
    if facts.size_mb is not None and facts.size_mb > LARGE_MB:
        yield Fault(
            f"{facts.size_mb:,} MB are redistributed", "Run it when the cluster is idle, and with room on its disks"
        )
