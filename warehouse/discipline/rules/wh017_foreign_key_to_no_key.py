"""A foreign key refers to columns that are no key.

What
----
The columns that the foreign key refers to are neither the primary key of that table nor declared unique.

Why
---
Redshift takes a foreign key only to a primary key or to unique columns, and the planner concludes from it that each
row finds one partner at most. If it finds two, sums are wrong.

Given
-----
```python
class Buyer(Base, dist=key("buyer_key"), sort=unsorted(), comment="One row per buyer."):
    __tablename__ = "buyer"
    buyer_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the buyer.")
    code: Mapped[int] = column(BIGINT, encode="az64", comment="Number at the old shop.")
```

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.code"), encode="az64", comment="The buyer.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import Link

SEVERITY = "error"


def check(link: Link) -> Faults:
    keys = [set(link.target.primary_key), *map(set, link.target.unique_keys)]
    if set(link.key.ref_columns) not in keys:
        columns = ", ".join(link.key.ref_columns)
        yield Fault(
            f"{link.target.qualified_name} has no key ({columns})", "Refer to its primary key, or declare it unique"
        )
