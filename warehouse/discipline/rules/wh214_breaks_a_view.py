"""A revision takes something away that a view reads.

What
----
The revision drops or renames a table, or drops a column, and a view of the models reads it.

Why
---
Redshift refuses to drop what a bound view needs. A late-binding view does not protect itself and fails when it is
read next; after a rename a bound view goes on reading the old table under its new name. Drop or replace the view in
the same revision.

Given
-----
```python
waive = {"WH202": "moved"}


class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[datetime] = column(TIMESTAMP, encode="az64", comment="Time of the sale, in UTC.")
```

Bad
---
```python
view("sale_total", Base.metadata, "SELECT sold_at, sale_key FROM sale", comment="One row per sale.")


op.drop_column("sale", "sold_at")
```

Good
----
```python
op.drop_column("sale", "sold_at")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
"""

from warehouse.discipline.changes import DropColumn, DropTable, RenameColumn, RenameTable
from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "error"


def check(change: DropTable | RenameTable | DropColumn | RenameColumn, known: SchemaDesign) -> Faults:
    column = getattr(change, "column", None)
    readers = known.readers(change.of_table)
    if column is not None:
        readers = [name for name in readers if known.mentions(name, column)]
    if readers:
        yield Fault(f"{', '.join(readers)} reads it", "Drop or replace the view in the same revision")
