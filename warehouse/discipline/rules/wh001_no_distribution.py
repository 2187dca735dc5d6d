"""A table says nothing about its distribution.

What
----
The table declares none of `dist=key("…")`, `dist=even()`, `dist=all_()` and `dist=auto()`.

Why
---
The distribution decides which rows share a slice, and so whether a join happens in place or sends one side over the
network. A table that says nothing gets AUTO, and nobody can tell later whether that was a decision. If it was one,
say `dist=auto()`.

Bad
---
```python
class Sale(Base, sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=key("sale_key"), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_choosing_dist_sort.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "error"


def check(table: TableDesign) -> Faults:
    if table.dist is None:
        yield Fault("no distribution is declared", 'Say dist=key("…") or dist=even()')
