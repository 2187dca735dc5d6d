"""The first column of a sort key is compressed.

What
----
The first column of the compound sort key has another encoding than raw.

Why
---
Redshift reads this column first, to find the blocks of the others. Compressed, one of its blocks holds many more rows
than a block of any other column, so a narrow range reads far more of them than it needs. Redshift's own choice is to
leave it raw.

Bad
---
```python
class Sale(Base, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
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
https://docs.aws.amazon.com/redshift/latest/dg/t_Sorting_data.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    encode, sort = subject.column.encode, subject.design.sort if subject.design is not None else None
    # RUNLENGTH has a rule of its own.
    leads = subject.sort_position == 0 and sort is not None and sort.style == "compound"
    if leads and encode not in (None, "raw", "runlength"):
        yield Fault(f"the first sort column is encoded {encode}", 'Say encode="raw"')
