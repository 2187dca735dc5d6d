"""A unique key says what the primary key says already.

What
----
A unique constraint holds all columns of the primary key.

Why
---
What is unique by fewer columns is unique by more. The second promise tells the planner nothing new, and `warehouse
check` counts the same duplicates twice.

Bad
---
```python
sa.Table(
    "sale",
    Base.metadata,
    sa.Column("sale_key", sa.BigInteger, primary_key=True, redshift_encode="raw", comment="Number of the sale."),
    sa.UniqueConstraint("sale_key"),
    comment="One row per sale.",
    **table_options(dist=even(), sort=compound("sale_key")),
)
```

Good
----
```python
sa.Table(
    "sale",
    Base.metadata,
    sa.Column("sale_key", sa.BigInteger, primary_key=True, redshift_encode="raw", comment="Number of the sale."),
    comment="One row per sale.",
    **table_options(dist=even(), sort=compound("sale_key")),
)
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign) -> Faults:
    for key in table.unique_keys:
        if table.primary_key and set(table.primary_key) <= set(key):
            yield Fault(f"unique ({', '.join(key)}) follows from the primary key", "Drop the unique constraint")
