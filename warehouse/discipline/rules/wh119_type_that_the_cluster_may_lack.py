"""A type is newer than some clusters.

What
----
The column is INTERVAL YEAR TO MONTH or INTERVAL DAY TO SECOND.

Why
---
Redshift took them as types of columns in 2024; an older cluster, most drivers' bulk loads and Parquet files do not
know them. A number of seconds or months, with the unit in its name, works everywhere.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    took: Mapped[str] = column(INTERVAL_DAY_TO_SECOND, encode="raw", comment="Duration.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    seconds: Mapped[int] = column(INTEGER, encode="az64", comment="Duration in seconds.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_interval_data_types.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    if subject.column.type.startswith("interval"):
        yield Fault(f"{subject.column.type} is a new type", "Keep a number, with its unit in the name")
