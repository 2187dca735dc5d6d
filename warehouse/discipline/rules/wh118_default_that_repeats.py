"""A default is not what it looks like in a load.

What
----
The column's DEFAULT calls RANDOM(), or another function that should give each row its own value.

Why
---
COPY evaluates a default once and gives the same value to every row of the load.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    bucket: Mapped[float] = column(
        DOUBLE_PRECISION, server_default=sa.func.random(), encode="zstd", comment="Random number."
    )
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    bucket: Mapped[float] = column(DOUBLE_PRECISION, encode="zstd", comment="Random number, given when loading.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_loading_default_values.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"
PER_ROW = ("random", "timeofday", "clock_timestamp", "uuid", "gen_random_uuid")


def check(subject: ColumnSubject) -> Faults:
    default = (subject.column.default or "").lower()
    if default and any(f"{name}(" in default for name in PER_ROW):
        yield Fault(f"COPY evaluates {default} once for all rows", "Give the value when loading")
