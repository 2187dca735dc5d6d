"""A table's name must be quoted.

What
----
The name is a reserved word, or holds something else than small letters, digits and underscores.

Why
---
Every query, by hand or by a tool, has to quote it, and the one that forgets fails with a syntax error that does not
name the reason.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale order"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale_order"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.redshift.words import must_be_quoted
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign) -> Faults:
    if must_be_quoted(table.name):
        yield Fault(f"the name {table.name} must be quoted everywhere", "Rename it: small letters, digits, underscores")
