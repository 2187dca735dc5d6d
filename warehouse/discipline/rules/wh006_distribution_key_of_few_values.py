"""A table is distributed by a column of few values.

What
----
The distribution key is a BOOLEAN or a CHAR(1).

Why
---
Rows with the same value share a slice. Two values fill two slices, however many the cluster has.

Bad
---
```python
class Sale(Base, dist=key("online"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    online: Mapped[bool] = column(BOOLEAN, encode="raw", comment="Was it sold on line?")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    online: Mapped[bool] = column(BOOLEAN, encode="raw", comment="Was it sold on line?")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_choosing_dist_sort.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"
FEW = ("boolean", "character(1)", "character varying(1)")


def check(table: TableDesign) -> Faults:
    key = table.column(table.dist.key) if table.dist is not None and table.dist.key else None
    if key is not None and key.type in FEW:
        yield Fault(
            f"the distribution key {key.name} has few values", "Distribute by a column of many, or say dist=even()"
        )
