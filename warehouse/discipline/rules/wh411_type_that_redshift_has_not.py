"""A statement names a type that Redshift has not.

What
----
CREATE TABLE or ALTER TABLE gives a column the type SERIAL, UUID, JSON, BYTEA, MONEY or another of PostgreSQL's.

Why
---
Redshift refuses it. Each has something in its place.

Bad
---
```sql
CREATE TABLE sale (sale_key BIGSERIAL, detail VARCHAR(200))
```

Good
----
```sql
CREATE TABLE sale (sale_key BIGINT IDENTITY(1,1), detail VARCHAR(200))
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-datatypes.html
"""

from itertools import pairwise

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement
from warehouse.redshift.types import UNSUPPORTED

SEVERITY = "error"
# Words that are types only in the place of one; a column may be called interval or array.
TYPES = {
    name.upper(): mend
    for name, mend in UNSUPPORTED.items()
    if name not in ("array", "interval", "enum", "bit varying", "oid")
}


def check(statement: Statement) -> Faults:
    # A CREATE TABLE … AS has a query and no types of its own.
    if statement.verb not in ("CREATE", "ALTER") or statement.kind != "TABLE" or statement.tree is not None:
        return
    for before, word in pairwise(statement.words):
        if word in TYPES and before not in ("(", ",", ".", "TABLE", "COLUMN", "BY"):
            yield Fault(f"Redshift has no type {word}", TYPES[word].rstrip("."))
