"""A log is not sorted by time.

What
----
The table has the shape of a log, and its sort key does not begin with a date or a time.

Why
---
Logs are asked for periods and trimmed by age. Sorted by time, new rows arrive at the end, in order, and both read
only the blocks that they need.

Bad
---
```python
class Login(Log, Base, sort=compound("user_key", "logged_at"), comment="One row per login."):
    __tablename__ = "sale_login"
    user_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the user.")
```

Good
----
```python
class Login(Log, Base, comment="One row per login."):
    __tablename__ = "sale_login"
    user_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the user.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-sort-key.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.schema.design import TableDesign

SEVERITY = "warning"


def check(table: TableDesign) -> Faults:
    if table.shape != "log" or table.sort is None or table.sort.style == "auto":
        return
    first = table.column(table.sort.columns[0]) if table.sort.columns else None
    if first is None or not first.type.startswith(("date", "time")):
        yield Fault("the log is not sorted by time", 'Say sort=compound("logged_at")')
