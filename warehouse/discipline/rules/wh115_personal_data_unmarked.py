"""A column looks like personal data and is not marked.

What
----
The name speaks of personal data (email, phone, birth_date, first_name, iban, passport, ssn, …), and `pii=` says
nothing.

Why
---
Who must find or erase everything about a person starts from the marks, and so does whoever grants access. Say what it
is: `pii="email"`; `pii="none"` says that it only looks like it.

Bad
---
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    email: Mapped[str | None] = column(VARCHAR(80), encode="zstd", comment="Address of the buyer.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=unsorted(), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="az64", comment="Number of the sale.")
    email: Mapped[str | None] = column(VARCHAR(80), encode="zstd", pii="email", comment="Address of the buyer.")
```
"""

import re

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import ColumnSubject

SEVERITY = "warning"
PERSONAL = re.compile(
    r"(^|_)(e_?mail|phone|mobile|fax|ssn|iban|passport|birth_?(date|day)|date_of_birth|(first|last|given|family)_name"
    r"|surname|ip_address|credit_card)(_|$)"
)


def check(subject: ColumnSubject) -> Faults:
    if subject.column.pii is None and PERSONAL.search(subject.column.name):
        yield Fault("it looks like personal data", 'Say what it is: pii="…", or pii="none"')
