"""A key is a floating-point number.

What
----
A column of the primary key or of a foreign key is REAL or DOUBLE PRECISION.

Why
---
Two numbers that print alike need not be equal, so a row may not find its own key again, and an upsert inserts it
twice.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[float] = column(DOUBLE_PRECISION, primary_key=True, encode="zstd", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_Numeric_types201.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "error"


def check(subject: ColumnSubject) -> Faults:
    design = subject.design
    if design is None or subject.column.type not in ("real", "double precision"):
        return
    keys = {*design.primary_key, *(name for key in design.foreign_keys for name in key.columns)}
    if subject.column.name in keys:
        yield Fault(f"a key is {subject.column.type}", "Make it BIGINT, DECIMAL or VARCHAR")
