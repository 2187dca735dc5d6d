"""A column has no encoding.

What
----
The column declares no `encode=`, and the table is not `encode="auto"`.

Why
---
Compression is what makes a columnar warehouse small and fast. A column without it is compressed by Redshift's guess,
or, as soon as one other column of the table names an encoding, by the default of its type, for good. For "not
compressed", which is right for the leading column of a sort key, say `encode="raw"`; `encode="by_type"` on the table
fills in the usual ones.

Bad
---
```python
class Sale(Base, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, comment="Number of the sale.")
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
https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject
from warehouse.redshift.encodings import default_encoding

SEVERITY = "error"


def check(subject: ColumnSubject) -> Faults:
    if subject.column.encode is None and not (subject.design is not None and subject.design.encode == "auto"):
        usual = default_encoding(subject.column.redshift_type.name, sort_key=subject.sort_position == 0)
        yield Fault("no encoding is declared", f'Say encode="…"; for {subject.column.type} "{usual}" is usual')
