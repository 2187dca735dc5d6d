"""Nobody reads a table any more.

What
----
No query has read the table for 30 days, as its statistics say (`TableFacts.unread_days`). Redshift's own log reaches
back a few days only, so whoever keeps it longer has to fill this in.

Why
---
It is loaded, sorted, backed up and paid for, and everybody who searches the warehouse has to look at it. Unload it
and drop it, or say in a waiver what it is kept for.

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
live = [TableFacts("sale", rows=1_000, size_mb=40, age_days=90, unread_days=400)]
```

Good
----
```python
live = [TableFacts("sale", rows=1_000, size_mb=40, age_days=90, unread_days=3)]
```
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import LiveTable

SEVERITY = "warning"
MOST_DAYS = 30


def check(table: LiveTable) -> Faults:
    if table.facts.unread_days is not None and table.facts.unread_days > MOST_DAYS:
        yield Fault(f"nobody has read it for {table.facts.unread_days:,} days", "Unload it and drop it")
