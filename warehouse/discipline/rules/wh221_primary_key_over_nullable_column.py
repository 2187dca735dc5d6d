"""A revision makes a nullable column part of a primary key.

What
----
The columns of the added primary key include one that was created nullable, as the models say.

Why
---
ADD PRIMARY KEY takes only columns that were created NOT NULL, and that cannot be changed in place.

Given
-----
```python
waive = {"WH220": "counted"}


class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    shop: Mapped[int | None] = column(INTEGER, encode="az64", comment="Shop.")
```

Bad
---
```python
op.create_primary_key("sale_pkey", "sale", ["shop"])
```

Good
----
```python
op.create_primary_key("sale_pkey", "sale", ["sale_key"])
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import AddConstraint
from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "error"


def check(change: AddConstraint, known: SchemaDesign) -> Faults:
    table = known.tables.get(change.of_table)
    if table is None or change.kind != "primary_key":
        return
    for name in change.columns:
        column = table.column(name)
        if column is not None and column.nullable:
            yield Fault(f"{name} may be null", "Rebuild the table with the column NOT NULL")
