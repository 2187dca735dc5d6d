"""An INSERT gives a value to an identity column.

What
----
INSERT names a column that the models declare with `identity=`, and not by default.

Why
---
Redshift numbers these rows itself and refuses a value. `identity_by_default=True` takes one; COPY takes them with
EXPLICIT_IDS.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(
        BIGINT, primary_key=True, identity=(1, 1), encode="az64", comment="Number of the sale."
    )


op.execute("INSERT INTO sale (sale_key) VALUES (1)")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")


op.execute("INSERT INTO sale (sale_key) VALUES (1)")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "error"


def check(statement: Statement, known: SchemaDesign) -> Faults:
    table = known.tables.get(statement.target) if statement.verb == "INSERT" else None
    if table is None:
        return
    for name in statement.inserted_columns:
        column = table.column(name)
        if column is not None and column.identity and not column.identity_by_default:
            yield Fault(f"{name} is numbered by Redshift", "Leave the column out")
