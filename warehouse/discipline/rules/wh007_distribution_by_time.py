"""A table is distributed by a date or a time.

What
----
The distribution key is a DATE, TIME or TIMESTAMP column.

Why
---
Queries ask for periods. The rows of one day, or one hour, then lie on one slice, which does the whole query's work;
and new rows all arrive at the same slice. It can be right where every question spans many values and two large tables
are joined on the time: then waive it and say so.

Bad
---
```python
class Sale(Base, dist=key("sold_on"), sort=compound("sold_on"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_on: Mapped[datetime] = column(DATE, encode="raw", comment="Day of the sale.")
```

Good
----
```python
class Sale(Base, dist=key("sale_key"), sort=compound("sold_on"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_on: Mapped[datetime] = column(DATE, encode="raw", comment="Day of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_choosing_dist_sort.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"
TIMES = ("date", "time", "timestamp")


def check(table: TableDesign) -> Faults:
    key = table.column(table.dist.key) if table.dist is not None and table.dist.key else None
    if key is not None and key.type.startswith(TIMES):
        yield Fault(
            f"the distribution key {key.name} is a {key.redshift_type.name}",
            "Distribute by what the table is joined by, and sort by the time",
        )
