"""An amount of money is a floating-point number.

What
----
The column is REAL or DOUBLE PRECISION, and its name speaks of money (price, amount, cost, fee, tax, revenue, balance,
…).

Why
---
Cents have no exact binary form: sums differ by the order of the rows, and two reports of the same table disagree in
the last digit.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    price: Mapped[float] = column(DOUBLE_PRECISION, encode="zstd", comment="Price in euros.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    price: Mapped[float] = column(DECIMAL(12, 2), encode="az64", comment="Price in euros.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_Numeric_types201.html
"""

import re

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"
MONEY = re.compile(r"(^|_)(price|amount|cost|costs|fee|fees|tax|revenue|balance|salary|discount|turnover)(_|$)")


def check(subject: ColumnSubject) -> Faults:
    if subject.column.type in ("real", "double precision") and MONEY.search(subject.column.name):
        yield Fault(f"money is {subject.column.type}", "Say DECIMAL(…, 2)")
