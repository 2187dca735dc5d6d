"""The warehouse has a table that no model owns.

What
----
A table of the warehouse is not among the models, and the configuration does not ignore it.

Why
---
Nobody can say what it holds, whether its keys hold, who may drop it. Write a model for it, drop it, or name its owner
in `ignore_tables`.

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
live = [TableFacts("sale"), TableFacts("sale_copy_old", rows=1_000, size_mb=40, age_days=900)]
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
from warehouse.discipline.subject import LiveTable

SEVERITY = "warning"


def check(table: LiveTable) -> Faults:
    if table.design is None:
        facts = table.facts
        size = "" if facts.size_mb is None else f", {facts.size_mb:,} MB"
        age = "" if facts.age_days is None else f", {facts.age_days:,} days old"
        yield Fault(
            f"no model owns the table{size}{age}", "Write a model for it, drop it, or say who owns it in ignore_tables"
        )
