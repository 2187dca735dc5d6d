"""A table is distributed by a column that none of its joins uses.

What
----
The table has foreign keys, its distribution key is in none of them, and no other table refers to it by that column.

Why
---
A distribution key pays when two tables are joined on it: their rows already share a slice. Distributed by anything
else, the table is sent over the network for every join, as with EVEN, but less evenly spread.

Given
-----
```python
class Buyer(Base, dist=key("buyer_key"), sort=unsorted(), comment="One row per buyer."):
    __tablename__ = "buyer"
    buyer_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the buyer.")
```

Bad
---
```python
class Sale(Base, dist=key("sale_key"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
```

Good
----
```python
class Sale(Base, dist=key("buyer"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-best-dist-key.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign, known: SchemaDesign) -> Faults:
    key = table.dist.key if table.dist is not None else None
    if key is None or not table.foreign_keys or not known.complete:
        return
    joined = {column for one in table.foreign_keys for column in one.columns} | known.referred_columns(table)
    if key not in joined:
        yield Fault(
            f"the distribution key {key} is part of no join",
            "Distribute by the foreign key of the largest table that it is joined with, or say dist=even()",
        )
