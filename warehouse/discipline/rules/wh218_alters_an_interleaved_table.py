"""A revision changes the design of an interleaved table in place.

What
----
The distribution or an encoding of a table changes whose sort key is interleaved, as the models say.

Why
---
Redshift refuses both for interleaved tables. Make the sort key compound first, which it allows in place.

Bad
---
```python
class Sale(Base, dist=even(), sort=interleaved("shop", "sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    shop: Mapped[int] = column(INTEGER, encode="az64", comment="Shop.")


op.alter_distribution("sale", "all")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("shop", "sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    shop: Mapped[int] = column(INTEGER, encode="raw", comment="Shop.")


op.alter_distribution("sale", "all")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Sorting_data.html
"""

from warehouse.discipline.changes import AlterColumn, AlterDistribution
from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "error"


def check(change: AlterDistribution | AlterColumn, known: SchemaDesign) -> Faults:
    table = known.tables.get(change.of_table)
    if table is None or table.sort is None or table.sort.style != "interleaved":
        return
    if isinstance(change, AlterDistribution) or "encode" in change.changed:
        yield Fault("the sort key is interleaved", 'Say op.alter_sort_key(…, "compound", …) first')
