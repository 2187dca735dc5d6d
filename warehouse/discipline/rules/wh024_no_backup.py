"""A table that nothing rebuilds is left out of backups.

What
----
The table says `backup=False` and is no staging table.

Why
---
A table without backup is empty after the cluster is restored from a snapshot. Nothing warns then, and views and joins
quietly give less. Staging tables are filled anew anyway; for others, say why in a waiver.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), backup=False, comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign) -> Faults:
    if not table.backup and table.shape != "staging":
        yield Fault("the table is in no backup", "Drop backup=False, or make it a Staging table")
