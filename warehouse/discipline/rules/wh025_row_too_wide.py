"""The fixed-width columns of a table do not fit into a row.

What
----
The widths of the columns, without VARCHAR, VARBYTE, SUPER and the spatial types, add up to more than 65,535 bytes.

Why
---
Redshift creates the table and fails later, when a query or a load first handles such a row: "combined length of
columns … exceeded the query-processing limit". VARCHAR does not count at its declared width.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    for number in range(1100):
        locals()[f"code_{number}"] = column(CHAR(64), encode="lzo", comment="A code.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    note: Mapped[str] = column(VARCHAR(4096), encode="lzo", comment="A note.")
```
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "error"
MOST_BYTES = 65_535
# Bytes of a value; DECIMAL up to 19 digits has 8, above 16.
WIDTHS = {"smallint": 2, "integer": 4, "real": 4, "date": 4, "boolean": 1}
NOT_COUNTED = ("character varying", "binary varying", "super", "geometry", "geography", "hllsketch")


def check(table: TableDesign) -> Faults:
    width = 0
    for column in table.columns:
        kind = column.redshift_type
        if kind.name == "character":
            width += kind.arguments[0]
        elif kind.name not in NOT_COUNTED:
            width += WIDTHS.get(kind.name, 8)
    if width > MOST_BYTES:
        yield Fault(f"the fixed-width columns have {width:,} bytes", "Make the long ones VARCHAR, or split the table")
