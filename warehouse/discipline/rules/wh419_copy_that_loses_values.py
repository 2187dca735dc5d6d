"""COPY changes or drops values without a word.

What
----
COPY says TRUNCATECOLUMNS, ACCEPTINVCHARS, ACCEPTANYDATE, IGNOREALLERRORS, or MAXERROR above 0.

Why
---
Values are cut, letters replaced, dates become null, rows are left out, and the load succeeds. Mend the column or the
file; where the loss is meant, waive it with the reason.

Bad
---
```sql
COPY sale FROM 's3://sales/2024' IAM_ROLE default CSV TRUNCATECOLUMNS
```

Good
----
```sql
COPY sale FROM 's3://sales/2024' IAM_ROLE default CSV
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-conversion.html
"""

from itertools import pairwise

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"
LOSSY = ("TRUNCATECOLUMNS", "ACCEPTINVCHARS", "ACCEPTANYDATE", "IGNOREALLERRORS")


def check(statement: Statement) -> Faults:
    if statement.verb != "COPY":
        return
    for word in LOSSY:
        if statement.has(word):
            yield Fault(f"{word} loses values", "Make the column fit, or mend the file")
    for before, number in pairwise(statement.words):
        if before == "MAXERROR" and number not in ("AS", "0"):
            yield Fault(f"MAXERROR {number} leaves rows out", "Drop it")
