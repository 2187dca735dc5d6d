"""A foreign key refers to a table that no model declares.

What
----
The foreign key names a table, or a column of it, that is not among the models.

Why
---
Nothing checks a foreign key in Redshift, and CREATE TABLE stops when its target is not there. A link to a table that
somebody else owns belongs into the documentation, or that table among the models.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
```

Good
----
```python
class Buyer(Base, dist=key("buyer_key"), sort=unsorted(), comment="One row per buyer."):
    __tablename__ = "buyer"
    buyer_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the buyer.")


class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("buyer.buyer_key"), encode="az64", comment="The buyer.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-defining-constraints.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign
from warehouse.schema.design import TableDesign

SEVERITY = "error"


def check(table: TableDesign, known: SchemaDesign) -> Faults:
    if not known.complete:
        return
    for key in table.foreign_keys:
        target = known.tables.get(key.ref_table)
        missing = [] if target is None else [name for name in key.ref_columns if target.column(name) is None]
        if target is None:
            yield Fault(
                f"the foreign key of {', '.join(key.columns)} refers to {key.ref_table}, which no model declares",
                "Declare the table, or drop the foreign key",
            )
        elif missing:
            yield Fault(f"{key.ref_table} has no column {missing[0]}", "Name the columns of its primary key")
