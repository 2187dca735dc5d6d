"""A table with personal data is granted to PUBLIC.

What
----
A column is marked with `pii=`, and `grants=` gives something to `public`.

Why
---
PUBLIC is every user that the warehouse has, and every one that it will have. Personal data should be granted to the
role that needs it.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), grants={"public": "select"}, comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    mail: Mapped[str] = column(VARCHAR(80), encode="zstd", pii="email", comment="Address.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), grants={"role support": "select"}, comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    mail: Mapped[str] = column(VARCHAR(80), encode="zstd", pii="email", comment="Address.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "error"


def check(table: TableDesign) -> Faults:
    personal = [column.name for column in table.columns if column.pii not in (None, "none")]
    if personal and any(grant.kind == "public" for grant in table.grants or ()):
        yield Fault(f"personal data ({', '.join(personal)}) is granted to everybody", "Grant it to a role")
