"""Unique values are encoded with a dictionary.

What
----
The column alone is the primary key, or unique, and its encoding is BYTEDICT, TEXT255 or TEXT32K.

Why
---
A dictionary holds each value once and pays when values repeat. Unique ones fill it at once, and everything after its
256 entries is stored raw beside it.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="bytedict", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_Byte_dictionary_encoding.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"
DICTIONARIES = ("bytedict", "text255", "text32k")


def check(subject: ColumnSubject) -> Faults:
    if subject.column.encode not in DICTIONARIES or subject.design is None:
        return
    if (subject.column.name,) in (subject.design.primary_key, *subject.design.unique_keys):
        yield Fault(
            f"unique values are encoded {subject.column.encode}", 'Say encode="az64" for numbers, "zstd" for text'
        )
