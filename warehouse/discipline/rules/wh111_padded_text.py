"""A long text is padded with blanks.

What
----
The column is CHAR with more than 64 bytes.

Why
---
CHAR fills every value up to its length, refuses letters of more than one byte, and ignores blanks at the end. It
suits codes of one length; longer text varies.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(CHAR(200), encode="zstd", comment="Free text.")
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
# The longest codes of one length are hashes in hexadecimal digits: SHA-256 has 64.
MOST_BYTES = 64


def check(subject: ColumnSubject) -> Faults:
    kind = subject.column.redshift_type
    if kind.name == "character" and kind.arguments[0] > MOST_BYTES:
        yield Fault(f"CHAR({kind.arguments[0]}) pads every value", f"Say VARCHAR({kind.arguments[0]})")
