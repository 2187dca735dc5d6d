"""A text column's encoding forbids to widen it later.

What
----
The column is VARCHAR, and its encoding is BYTEDICT, RUNLENGTH, TEXT255 or TEXT32K.

Why
---
Widening a VARCHAR is the one change of a type that Redshift does in place, and it refuses it under these encodings;
the column must then be re-encoded first, or the table rebuilt. Zstd compresses about as well. Where the length is
certain, say so in a waiver.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(200), encode="text255", comment="Free text.")
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
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject
from warehouse.redshift.encodings import NOT_WIDENABLE

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    encode = subject.column.encode
    if encode in NOT_WIDENABLE and subject.column.type.startswith("character varying"):
        yield Fault(f"a VARCHAR encoded {encode} can never be widened in place", 'Say encode="zstd" or encode="lzo"')
