"""A revision drops a column that the table is distributed or sorted by.

What
----
The dropped column is the DISTKEY, or part of the SORTKEY, as the models or the revision say.

Why
---
Redshift refuses it, with CASCADE too. Change the distribution or the sort key first; where they are AUTO, Redshift
may have chosen the column itself, and ALTER SORTKEY NONE lets it go.

Given
-----
```python
waive = {"WH202": "moved to another table"}


class Sale(Base, dist=even(), sort=compound("sold_at"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[datetime] = column(TIMESTAMP, encode="raw", comment="Time of the sale, in UTC.")
```

Bad
---
```python
op.drop_column("sale", "sold_at")
```

Good
----
```python
op.alter_sort_key("sale", "none")
op.drop_column("sale", "sold_at")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import DropColumn
from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "error"


def check(change: DropColumn, known: SchemaDesign) -> Faults:
    table = known.tables.get(change.of_table)
    if table is None:
        return
    if table.dist is not None and table.dist.key == change.column:
        yield Fault("it is the distribution key", "Say op.alter_distribution first")
    if table.sort is not None and change.column in table.sort.columns:
        yield Fault("it is part of the sort key", "Say op.alter_sort_key first")
