"""A column has no comment.

What
----
The column's comment is missing or blank.

Why
---
Unit, time zone and meaning of null are not in a column's type. A warehouse outlives the people who knew them.

Bad
---
```python
class Sale(Base, dist=even(), sort=compound("sold_at"), comment="One row per sale."):
    __tablename__ = "sale"
    sold_at: Mapped[datetime] = column(TIMESTAMP, primary_key=True, encode="raw")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("sold_at"), comment="One row per sale."):
    __tablename__ = "sale"
    sold_at: Mapped[datetime] = column(TIMESTAMP, primary_key=True, encode="raw", comment="Time of the sale, in UTC.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_COMMENT.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    if not (subject.column.comment or "").strip():
        yield Fault("the column has no comment", 'Say what it holds, and in which unit: comment="…"')
