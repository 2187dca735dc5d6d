"""A foreign key and its target are encoded in different ways.

What
----
A column of the foreign key declares another encoding than the column that it refers to, and neither is raw.

Why
---
The same values compressed in two ways are a sign that one of the two was never looked at again. Where both were
measured, waive it. Raw is left alone: it is right for the first column of a sort key.

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
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="zstd", comment="The buyer.")
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
https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import Link

SEVERITY = "warning"


def check(link: Link) -> Faults:
    for mine, theirs in link.pairs():
        if mine.encode and theirs.encode and mine.encode != theirs.encode and "raw" not in (mine.encode, theirs.encode):
            there = f"{link.target.qualified_name}.{theirs.name}"
            yield Fault(f"{mine.name} is encoded {mine.encode}, {there} {theirs.encode}", "Encode both the same way")
