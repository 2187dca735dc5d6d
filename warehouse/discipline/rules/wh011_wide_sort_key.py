"""A compound sort key has many columns.

What
----
The compound sort key has more than four columns.

Why
---
A compound key helps a filter only by its leading columns; from the fourth on hardly any query uses them, while every
VACUUM and every load sorts by all of them.

Bad
---
```python
class Sale(Base, dist=even(), sort=compound("year", "month", "day", "shop", "till"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    year: Mapped[int] = column(INTEGER, encode="raw", comment="Year.")
    month: Mapped[int] = column(INTEGER, encode="az64", comment="Month.")
    day: Mapped[int] = column(INTEGER, encode="az64", comment="Day.")
    shop: Mapped[int] = column(INTEGER, encode="az64", comment="Shop.")
    till: Mapped[int] = column(INTEGER, encode="az64", comment="Till.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("year", "month", "day"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    year: Mapped[int] = column(INTEGER, encode="raw", comment="Year.")
    month: Mapped[int] = column(INTEGER, encode="az64", comment="Month.")
    day: Mapped[int] = column(INTEGER, encode="az64", comment="Day.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Sorting_data.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"
# No page gives a limit; four is what published designs stay below.
MOST = 4


def check(table: TableDesign) -> Faults:
    if table.sort is not None and table.sort.style == "compound" and len(table.sort.columns) > MOST:
        yield Fault(f"the sort key has {len(table.sort.columns)} columns", "Keep those that queries filter by first")
