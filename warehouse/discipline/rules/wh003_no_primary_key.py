"""A table has no primary key.

What
----
No column, and no set of columns, is declared as the primary key. Staging tables and logs are left alone: their rows
are what was delivered, or what happened.

Why
---
Redshift does not enforce a primary key, and still it matters: it says what one row is, it is what an upsert matches
rows by, and it is what `warehouse check` counts duplicates of. Without it, nothing can ever tell that a row was
loaded twice.

Bad
---
```python
sa.Table(
    "sale",
    Base.metadata,
    sa.Column("sale_key", sa.BigInteger, redshift_encode="raw", comment="Number of the sale."),
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

SEVERITY = "error"


def check(table: TableDesign) -> Faults:
    if not table.primary_key and table.shape not in ("staging", "log"):
        yield Fault("no primary key is declared", "Say primary_key=True on the columns that name a row")
