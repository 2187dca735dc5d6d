"""A table is distributed by a column that may be null.

What
----
The column of `dist=key("…")` is nullable.

Why
---
All rows with a null in the distribution key lie on one slice, which then does their work alone while the others wait;
and null never joins, so the network that the key should save is spared for nothing.

Bad
---
```python
class Sale(Base, dist=key("buyer"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int | None] = column(BIGINT, encode="az64", comment="Number of the buyer.")
```

Good
----
```python
class Sale(Base, dist=key("buyer"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, encode="az64", comment="Number of the buyer.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_choosing_dist_sort.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign) -> Faults:
    key = table.column(table.dist.key) if table.dist is not None and table.dist.key else None
    if key is not None and key.nullable:
        yield Fault(
            f"the distribution key {key.name} may be null", "Say nullable=False, or distribute by another column"
        )
