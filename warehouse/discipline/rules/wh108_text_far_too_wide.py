"""A text column is as wide as can be.

What
----
The VARCHAR is longer than 16,384 bytes.

Why
---
It is not stored at its width, but queries reserve memory by it when they sort, join and aggregate, and spill to disk
for nothing. And a length that fits everything checks nothing.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(65535), encode="zstd", comment="Free text.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(2000), encode="zstd", comment="Free text.")
```
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"
# A quarter of the most that VARCHAR takes.
MOST_BYTES = 16_384


def check(subject: ColumnSubject) -> Faults:
    kind = subject.column.redshift_type
    if kind.name == "character varying" and kind.arguments[0] > MOST_BYTES:
        yield Fault(
            f"VARCHAR({kind.arguments[0]}) fits everything", "Say how long the longest value may be, with some room"
        )
