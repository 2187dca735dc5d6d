"""A DECIMAL has more digits than a 64-bit number holds.

What
----
The precision is above 19.

Why
---
Up to 19 digits are stored in 8 bytes, more take 16, and arithmetic on them is slower. Few things are counted to 20
digits.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    price: Mapped[float] = column(DECIMAL(38, 2), encode="az64", comment="Price in euros.")
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

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"
MOST_DIGITS = 19


def check(subject: ColumnSubject) -> Faults:
    kind = subject.column.redshift_type
    if kind.name == "numeric" and kind.arguments[0] > MOST_DIGITS:
        yield Fault(f"{kind} takes 16 bytes", f"Say DECIMAL with at most {MOST_DIGITS} digits")
