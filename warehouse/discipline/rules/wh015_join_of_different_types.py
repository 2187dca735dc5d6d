"""A foreign key and its target have different types.

What
----
A column of the foreign key is of another type than the column that it refers to. The length of a VARCHAR does not
count.

Why
---
Each comparison converts one of the two, so neither rows on the same slice nor the order of the rows help the join.
Where the conversion loses something, rows do not find each other.

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
class Sale(Base, dist=key("buyer"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(INTEGER, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
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
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-defining-constraints.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import Link

SEVERITY = "error"


def check(link: Link) -> Faults:
    for mine, theirs in link.pairs():
        left, right = mine.redshift_type, theirs.redshift_type
        if left.name != right.name or (left != right and left.name == "numeric"):
            yield Fault(
                f"{mine.name} is {left}, {link.target.qualified_name}.{theirs.name} is {right}", "Give both one type"
            )
