"""A column's encoding is not documented for its type.

What
----
The type is one that AWS's table of encodings leaves out (TIME, SUPER, VARBYTE, GEOMETRY, …), and the encoding is not
the one that Redshift itself would choose for it.

Why
---
Whether the cluster takes it depends on the cluster's version, so the table may be created in one place and refused in
another. What AWS documents as impossible is refused when the class is defined; this is the grey rest.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[str] = column(TIME, encode="lzo", comment="Local time of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[str] = column(TIME, encode="az64", comment="Local time of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject
from warehouse.redshift.encodings import ENCODINGS, allowed_encodings, verdict

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    encode, kind = subject.column.encode, subject.column.redshift_type
    if encode is not None and encode in ENCODINGS and verdict(encode, kind.name) == "undocumented":
        documented = " or ".join(f'encode="{name}"' for name in allowed_encodings(kind.name))
        yield Fault(f"encoding {encode} is not documented for {kind.name}", f"Say {documented}")
