"""A waiver holds nothing back.

What
----
A table, a view, a statement, a revision or pyproject.toml waives a rule that is not broken there, or a code that no
rule has.

Why
---
A waiver is a promise to the reader that something here is unusual and why. Once it is no longer true it misleads, and
it would hide the same fault when it comes back for another reason.

Bad
---
```python
class Sale(
    Base,
    dist=even(), sort=compound("sale_key"), waive={"WH001": "the access pattern is not known yet"},
    comment="One row per sale.",
):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```

Good
----
```python
class Sale(Base, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"
    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number of the sale.")
```
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.subject import WaiverUse

SEVERITY = "error"


def check(waiver: WaiverUse) -> Faults:
    if not waiver.known:
        yield Fault(f"{waiver.code} is waived, but there is no such rule", "Drop the waiver")
    elif not waiver.used:
        yield Fault(f"{waiver.code} is waived, but not broken", "Drop the waiver")
