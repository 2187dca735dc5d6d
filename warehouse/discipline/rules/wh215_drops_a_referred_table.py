"""A revision drops a table that others refer to.

What
----
The dropped table is the target of a foreign key of another table of the models.

Why
---
Redshift refuses it without CASCADE, and with CASCADE drops the foreign keys without a word, so that the planner and
`warehouse check` lose what they knew.

Given
-----
```python
waive = {"WH201": "merged into another table"}
```

Bad
---
```python
class Buyer(Base, dist=key("buyer_key"), sort=unsorted(), comment="One row per buyer."):
    __tablename__ = "buyer"
    buyer_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the buyer.")


class Sale(Base, dist=key("buyer"), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")


op.drop_table("buyer")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")


op.drop_table("buyer")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_DROP_TABLE.html
"""

from warehouse.discipline.changes import DropTable
from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "error"


def check(change: DropTable, known: SchemaDesign) -> Faults:
    tables = known.tables.values()
    referring = [
        one.qualified_name for one in tables if any(key.ref_table == change.of_table for key in one.foreign_keys)
    ]
    if referring := sorted(set(referring) - {change.of_table}):
        yield Fault(f"{', '.join(referring)} refers to it", "Drop these foreign keys first")
