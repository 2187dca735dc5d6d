"""An identity of 32 bits numbers the rows of a fact or a log.

What
----
The column is INTEGER with `identity=`, and the table has the shape of a fact or a log.

Why
---
Slices draw numbers from ranges of their own and leave gaps, so numbers are used up faster than rows arrive; and a
type cannot be changed in place. BIGINT compresses to the same size.

Bad
---
```python
class Login(Log, Base, comment="One row per login."):
    __tablename__ = "sale_login"
    login_key: Mapped[int] = column(
        INTEGER, primary_key=True, identity=(1, 1), encode="az64", comment="Number of the login."
    )
```

Good
----
```python
class Login(Log, Base, comment="One row per login."):
    __tablename__ = "sale_login"
    login_key: Mapped[int] = column(
        BIGINT, primary_key=True, identity=(1, 1), encode="az64", comment="Number of the login."
    )
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"


def check(subject: ColumnSubject) -> Faults:
    column, design = subject.column, subject.design
    if column.identity and column.type == "integer" and design is not None and design.shape in ("fact", "log"):
        yield Fault("an INTEGER numbers rows that never stop", "Make it BIGINT")
