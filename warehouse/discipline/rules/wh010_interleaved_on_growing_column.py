"""An interleaved sort key holds a column that only grows.

What
----
A column of the interleaved sort key is a DATE or a TIMESTAMP, or an IDENTITY.

Why
---
New values lie outside of what the interleaving was made for, so every load leaves the table less sorted, until VACUUM
REINDEX reads and writes all of it. A compound sort key takes growing values at its end for nothing. (Interleaving
also forbids most changes in place, and concurrency scaling.)

Bad
---
```python
class Sale(Base, dist=even(), sort=interleaved("sold_at", "sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[datetime] = column(TIMESTAMP, encode="raw", comment="Time of the sale, in UTC.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("sold_at", "sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[datetime] = column(TIMESTAMP, encode="raw", comment="Time of the sale, in UTC.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Sorting_data.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign) -> Faults:
    if table.sort is None or table.sort.style != "interleaved":
        return
    for name in table.sort.columns:
        column = table.column(name)
        if column is not None and (column.identity or column.type.startswith(("date", "timestamp"))):
            yield Fault(f"the interleaved sort key holds {name}, which only grows", "Say sort=compound(…)")
