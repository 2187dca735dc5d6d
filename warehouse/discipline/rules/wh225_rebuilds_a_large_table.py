"""A revision builds a large table anew.

What
----
A table is rebuilt that has more than 100 GB, as the warehouse counts.

Why
---
Every row is read and written once more, and until the swap the warehouse holds the table twice. AWS asks for free disks
of two and a half times the largest table. Choose the hour, and make sure that there is room.

Bad
---
```python
facts = [TableFacts("sale", rows=2_000_000_000, size_mb=400_000)]

op.rebuild_table(
    "sale",
    sa.Column("sale_key", sa.BIGINT(), primary_key=True, comment="Number.", redshift_encode="az64"),
    comment="One row per sale.",
    redshift_diststyle="EVEN",
    info={"warehouse": {"sort": "none"}},
    existing={"sale_key": "integer"},
)
```

Good
----
```python
facts = [TableFacts("sale", rows=2_000, size_mb=40)]

op.rebuild_table(
    "sale",
    sa.Column("sale_key", sa.BIGINT(), primary_key=True, comment="Number.", redshift_encode="az64"),
    comment="One row per sale.",
    redshift_diststyle="EVEN",
    info={"warehouse": {"sort": "none"}},
    existing={"sale_key": "integer"},
)
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/diagnostic-queries-for-query-tuning.html
"""

from warehouse.discipline.changes import RebuildTable
from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.facts import TableFacts

SEVERITY = "warning"
# Where a rebuild begins to take long; the number is ours.
# https://docs.aws.amazon.com/redshift/latest/dg/diagnostic-queries-for-query-tuning.html
LARGE_MB = 100_000


def check(change: RebuildTable, facts: TableFacts) -> Faults:
    if facts.size_mb is not None and facts.size_mb > LARGE_MB:
        yield Fault(f"{facts.size_mb:,} MB are written anew", "Run it when the cluster is idle and has room")
