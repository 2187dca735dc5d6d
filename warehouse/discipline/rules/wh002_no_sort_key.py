"""A table decides nothing about its sort key.

What
----
The table declares none of `sort=compound("…")`, `sort=interleaved("…")`, `sort=auto_sort()` and `sort=unsorted()`.

Why
---
Redshift has no indexes. What lets it skip blocks is the order of the rows, by the columns that queries filter or join
by. "What do you usually filter by?" has an answer on the day that the table is designed; years later the answer costs
a rewrite of the table. "No sort key" is a valid answer, given with `sort=unsorted()`.

Bad
---
```python
class Sale(Base, dist=even(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-sort-key.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "error"


def check(table: TableDesign) -> Faults:
    if table.sort is None:
        yield Fault("no sort key is decided on", 'Say sort=compound("…") or sort=unsorted()')
