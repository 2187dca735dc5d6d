"""A sort key begins with a column of few values.

What
----
The first column of the sort key is a BOOLEAN or a CHAR(1).

Why
---
A block is skipped when its smallest and largest value say that nothing in it can match. With two values the first
column skips half of the table at best, and the columns after it start anew for each.

Bad
---
```python
class Sale(Base, dist=even(), sort=compound("online", "sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    online: Mapped[bool] = column(BOOLEAN, encode="raw", comment="Was it sold on line?")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("sale_key", "online"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
    online: Mapped[bool] = column(BOOLEAN, encode="raw", comment="Was it sold on line?")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-sort-key.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"
FEW = ("boolean", "character(1)", "character varying(1)")


def check(table: TableDesign) -> Faults:
    first = table.column(table.sort.columns[0]) if table.sort is not None and table.sort.columns else None
    if first is not None and first.type in FEW:
        yield Fault(f"the sort key begins with {first.name}, which has few values", "Begin with a selective column")
