"""A fact refers to no dimension.

What
----
The table has the shape of a fact and no foreign key.

Why
---
A fact without links is a heap of numbers: nobody can tell what its codes mean, the planner cannot use what the keys
promise, and `warehouse check` cannot find the orphans. Foreign keys cost nothing in Redshift, for it does not enforce
them.

Bad
---
```python
class Sale(Fact, Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Good
----
```python
class Buyer(Base, dist=key("buyer_key"), sort=unsorted(), comment="One row per buyer."):
    __tablename__ = "buyer"
    buyer_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the buyer.")


class Sale(Fact, Base, dist=key("buyer"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-defining-constraints.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign) -> Faults:
    if table.shape == "fact" and not table.foreign_keys:
        yield Fault("the fact has no foreign key", "Declare what its keys refer to")
