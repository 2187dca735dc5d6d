"""A query wraps the first sort column in a function.

What
----
A predicate of a view calls a function on, or casts, the first column of a table's sort key.

Why
---
Redshift knows the smallest and the largest value of each block, but not those of the function, so every block is
read. Write the range itself: `sold_at >= '2024-01-01' AND sold_at < '2024-02-01'`.

Given
-----
```python
class Sale(Base, dist=even(), sort=compound("sold_at"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    sold_at: Mapped[datetime] = column(TIMESTAMP, encode="raw", comment="Time of the sale, in UTC.")
```

Bad
---
```python
view(
    "sale_2024",
    Base.metadata,
    "SELECT sale_key FROM sale WHERE date_part('year', sold_at) = 2024",
    comment="One row per sale of 2024.",
)
```

Good
----
```python
view(
    "sale_2024",
    Base.metadata,
    "SELECT sale_key FROM sale WHERE sold_at >= '2024-01-01' AND sold_at < '2025-01-01'",
    comment="One row per sale of 2024.",
)
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Sorting_data.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement
from warehouse.discipline.subject import SchemaDesign

SEVERITY = "warning"


def check(statement: Statement, known: SchemaDesign) -> Faults:
    tables = [known.tables[name] for name in statement.reads if name in known.tables] if known.tables else []
    first = {table.sort.columns[0] for table in tables if table.sort is not None and table.sort.columns}
    for name in sorted(first & set(statement.wrapped_columns)):
        yield Fault(f"a predicate wraps the sort column {name}", "Compare the bare column with the ends of a range")
