"""A table's statistics are out of date.

What
----
More than ten percent of the rows have changed since the last ANALYZE.

Why
---
The planner chooses joins by the number of rows that it believes in. ANALYZE does not run by itself after a COPY into
a table that had rows.

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
live = [TableFacts("sale", rows=1_000, size_mb=40, age_days=90, stats_off=60.0)]
```

Good
----
```python
live = [TableFacts("sale", rows=1_000, size_mb=40, age_days=90, stats_off=2.0)]
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ANALYZE.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import LiveTable

SEVERITY = "warning"
# analyze_threshold_percent, below which ANALYZE itself finds nothing to do.
MOST_PERCENT = 10


def check(table: LiveTable) -> Faults:
    if table.facts.stats_off is not None and table.facts.stats_off > MOST_PERCENT:
        yield Fault(f"the statistics are {table.facts.stats_off:.0f} percent off", "Run ANALYZE")
