"""A column's name must be quoted.

What
----
The name is a reserved word, or holds something else than small letters, digits and underscores.

Why
---
Every query, by hand or by a tool, has to quote it, and the one that forgets fails with a syntax error that does not
name the reason. `TAG`, `USER` and `OFFSET` are among them.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    order: Mapped[int] = column(INTEGER, encode="az64", comment="Number of the order.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    order_key: Mapped[int] = column(INTEGER, encode="az64", comment="Number of the order.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject
from warehouse.redshift.words import must_be_quoted

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    if must_be_quoted(subject.column.name):
        yield Fault(
            "the name must be quoted everywhere", "Rename it: small letters, digits, underscores, no reserved word"
        )
