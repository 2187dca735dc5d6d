"""Two tables distributed by key are joined by other columns.

What
----
Both tables of a foreign key are DISTSTYLE KEY, and the columns of the foreign key do not pair the two distribution
keys.

Why
---
Each alone looks well distributed, and their join still sends one of them over the network. The larger pair should
share its key; the other side may be EVEN, or ALL when it is small. Two foreign keys of one table can not both have
it: waive the one that matters less.

Given
-----
```python
class Sale(Base, dist=key("buyer"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
```

Bad
---
```python
class Buyer(Base, dist=key("code"), sort=unsorted(), comment="One row per buyer."):
    __tablename__ = "buyer"
    buyer_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the buyer.")
    code: Mapped[int] = column(BIGINT, encode="az64", comment="Number at the old shop.")
```

Good
----
```python
class Buyer(Base, dist=key("buyer_key"), sort=unsorted(), comment="One row per buyer."):
    __tablename__ = "buyer"
    buyer_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the buyer.")
    code: Mapped[int] = column(BIGINT, encode="az64", comment="Number at the old shop.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_choosing_dist_sort.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import Link

SEVERITY = "warning"


def check(link: Link) -> Faults:
    mine, theirs = (one.dist.key if one.dist is not None else None for one in (link.table, link.target))
    pairs = list(zip(link.key.columns, link.key.ref_columns, strict=True))
    # A table that is distributed by another of its joins has made its choice; WH008 asks whether it has made one.
    chosen = mine in {pair[0] for pair in pairs}
    if mine and theirs and chosen and (mine, theirs) not in pairs:
        yield Fault(
            f"{link.target.qualified_name} is distributed by {theirs}, which this join does not use",
            "Distribute both by the joined column, or the smaller one as ALL",
        )
