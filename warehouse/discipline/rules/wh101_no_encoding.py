"""A column has no encoding.

What
----
The column declares no `encode=`.

Why
---
Compression is what makes a columnar warehouse small and fast. A column without it is compressed by Redshift's
guess, or, as soon as one other column of the table names an encoding, by the default of its type, for good. For "not
compressed", which is right for the leading column of a sort key, say `encode="raw"`.

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
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.discipline.finding import Fault
from warehouse.discipline.subject import ColumnSubject
from warehouse.redshift.encodings import default_encoding

CODE = "WH101"
SEVERITY = "error"


def check(subject: ColumnSubject) -> Iterator[Fault]:
    if subject.column.encode is None:
        design = subject.design
        leads = design is not None and design.sort is not None and subject.column.name in design.sort.columns[:1]
        usual = default_encoding(subject.column.redshift_type.name, sort_key=leads)
        yield Fault("no encoding is declared", f'Say encode="…"; for {subject.column.type} "{usual}" is usual')
