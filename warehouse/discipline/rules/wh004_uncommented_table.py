"""A table has no comment.

What
----
The table's comment is missing or blank.

Why
---
The comment goes into the warehouse and from there into every SQL client and the data dictionary. One sentence, best
about what one row is, spares each reader the guess, and a table that nobody can describe in a sentence should perhaps
not exist.

Bad
---
```python
class Sale(Base, dist=even(), sort=compound("sale_key")):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_COMMENT.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "error"


def check(table: TableDesign) -> Faults:
    if not (table.comment or "").strip():
        yield Fault("the table has no comment", 'Say what one row is: comment="…"')
