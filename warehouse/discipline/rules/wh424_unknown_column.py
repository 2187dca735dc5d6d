"""A statement names a column that the table has not.

What
----
INSERT lists a column that the model of its table does not declare.

Why
---
It fails when it runs; the model knows it now.

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
op.execute("INSERT INTO sale (sale_key, shop) VALUES (1, 2)")
```

Good
----
```python
op.execute("INSERT INTO sale (sale_key) VALUES (1)")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_INSERT_30.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "error"


def check(statement: Statement, known: SchemaDesign) -> Faults:
    table = known.tables.get(statement.target) if statement.verb == "INSERT" else None
    for name in statement.inserted_columns if table is not None else ():
        if table is not None and table.column(name) is None:
            yield Fault(f"{statement.target} has no column {name}", "Name one that it has")
