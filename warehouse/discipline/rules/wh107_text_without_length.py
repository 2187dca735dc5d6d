"""A text column has the length that one gets without asking.

What
----
The column is VARCHAR(256): what VARCHAR, TEXT and NVARCHAR without a length become.

Why
---
256 bytes is a number that nobody chose. It refuses the first longer value, in the middle of a load, and says nothing
about the values to whoever reads it.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR, encode="zstd", comment="Free text.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(200), encode="zstd", comment="Free text.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    if subject.column.type == "character varying(256)":
        yield Fault(
            "the length is 256, as without a length", "Say how many bytes the longest value may have: VARCHAR(…)"
        )
