"""A date or a time is kept as text.

What
----
The column is CHAR or VARCHAR, and its name ends in `_at`, `_on`, `_date`, `_time`, `_ts` or `_timestamp`.

Why
---
Text sorts and compares by its letters, takes more room, and lets in the 31st of February. Blocks are skipped by the
real order of time only when the type has it.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[str] = column(VARCHAR(30), encode="zstd", comment="Time of the sale, in UTC.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[str] = column(TIMESTAMP, encode="az64", comment="Time of the sale, in UTC.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-timestamp-date-columns.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"
TIMES = ("_at", "_on", "_date", "_time", "_ts", "_timestamp")


def check(subject: ColumnSubject) -> Faults:
    if subject.column.name.endswith(TIMES) and subject.column.type.startswith("character"):
        yield Fault(f"a time is {subject.column.type}", "Say DATE, TIMESTAMP or TIMESTAMPTZ")
