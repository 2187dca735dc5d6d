"""A revision widens a column whose encoding forbids it.

What
----
A VARCHAR changes its length, and the models encode it BYTEDICT, RUNLENGTH, TEXT255 or TEXT32K.

Why
---
Redshift refuses ALTER COLUMN TYPE under these encodings. `op.alter_encoding` to zstd or lzo comes first.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale.", waive={"WH117": "lengths are certain"}):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(80), encode="bytedict", comment="Text.")


op.alter_column("sale", "note", type_=sa.String(200), existing_type=sa.String(80))
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str | None] = column(VARCHAR(80), encode="zstd", comment="Text.")


op.alter_column("sale", "note", type_=sa.String(200), existing_type=sa.String(80))
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from warehouse.discipline.changes import AlterColumn
from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import SchemaDesign
from warehouse.redshift.encodings import NOT_WIDENABLE

SEVERITY = "error"


def check(change: AlterColumn, known: SchemaDesign) -> Faults:
    table = known.tables.get(change.of_table)
    column = table.column(change.column) if table is not None else None
    if "type" in change.changed and column is not None and column.encode in NOT_WIDENABLE:
        yield Fault(f"the column is encoded {column.encode}", 'Say op.alter_encoding(…, "zstd") first')
