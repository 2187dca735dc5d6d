"""A column that could be compressed is raw.

What
----
The column is raw, is no part of the sort key, and its type has a better encoding by default.

Why
---
Raw values take their full width on disk and on the way from it. It is right for the first column of a sort key, and
for types that Redshift itself leaves raw.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(200), encode="raw", comment="Free text.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(200), encode="zstd", comment="Free text.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject
from warehouse.redshift.encodings import default_encoding

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    if subject.column.encode != "raw" or subject.sort_position is not None or subject.design is None:
        return
    usual = default_encoding(subject.column.redshift_type.name)
    if usual != "raw":
        yield Fault("the column is not compressed", f'Say encode="{usual}" or encode="zstd"')
