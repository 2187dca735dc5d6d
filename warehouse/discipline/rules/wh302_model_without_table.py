"""A model has no table in the warehouse.

What
----
A table is declared, and the warehouse has none of that name.

Why
---
The migration that makes it has not run here, or somebody has dropped the table by hand. `warehouse drift` tells
which.

Given
-----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Bad
---
```python
live = []
```

Good
----
```python
live = [TableFacts("sale", rows=1_000, size_mb=40, age_days=90)]
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_TABLE_INFO.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import MissingTable

SEVERITY = "error"


def check(table: MissingTable) -> Faults:
    yield Fault("the warehouse has no such table", 'Run "alembic upgrade head", or drop the model')
