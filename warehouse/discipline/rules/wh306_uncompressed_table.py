"""No column of a live table is compressed.

What
----
The warehouse reports the table as not encoded, and it has more than 100 MB.

Why
---
It takes several times the room, and several times the reading. A model with encodings and `op.alter_encoding`
compress it in place.

Given
-----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
```

Bad
---
```python
live = [TableFacts("sale", size_mb=40_000, encoded=False)]
```

Good
----
```python
live = [TableFacts("sale", size_mb=40_000, encoded=True)]
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import LiveTable

SEVERITY = "warning"
# Below, a table takes its smallest number of blocks anyway.
LEAST_MB = 100


def check(table: LiveTable) -> Faults:
    size = table.facts.size_mb
    if table.facts.encoded is False and size is not None and size > LEAST_MB:
        yield Fault(f"{size:,} MB are not compressed", "Give its columns encodings: op.alter_encoding")
