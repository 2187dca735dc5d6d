"""A table's rows are spread unevenly.

What
----
As the warehouse counts, the fullest slice has more than four times the rows of the emptiest, and the table is
distributed by a key.

Why
---
A query is done when its slowest slice is done. With four times the rows on one slice, the rest of the cluster waits
most of the time.

Given
-----
```python
class Sale(Base, dist=key("sale_key"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Bad
---
```python
facts = [TableFacts("sale", rows=40_000_000, skew_rows=9.5)]
```

Good
----
```python
facts = [TableFacts("sale", rows=40_000_000, skew_rows=1.1)]
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/diagnostic-queries-for-query-tuning.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign
from warehouse.schema.facts import TableFacts

SEVERITY = "warning"
# https://docs.aws.amazon.com/redshift/latest/dg/diagnostic-queries-for-query-tuning.html
MOST_SKEW = 4.0


def check(table: TableDesign, facts: TableFacts) -> Faults:
    key = table.dist.key if table.dist is not None else None
    if key is not None and facts.skew_rows is not None and facts.skew_rows > MOST_SKEW:
        yield Fault(
            f"the fullest slice has {facts.skew_rows:g} times the rows of the emptiest",
            f"Distribute by a column whose values are more even than those of {key}, or say dist=even()",
        )
