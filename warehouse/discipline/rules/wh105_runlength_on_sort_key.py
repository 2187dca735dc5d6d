"""A column of a sort key is encoded RUNLENGTH.

What
----
A column of the sort key declares `encode="runlength"`.

Why
---
Sorted values are long runs, so a single block then holds the rows of thousands of blocks of the other columns, and
every range scan reads those. AWS advises against it in so many words.

Bad
---
```python
class Sale(Base, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="runlength", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_Runlength_encoding.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    if subject.sort_position is not None and subject.column.encode == "runlength":
        yield Fault(
            "a sort column is encoded runlength", 'Say encode="raw" for the first one, "az64" or "zstd" for others'
        )
