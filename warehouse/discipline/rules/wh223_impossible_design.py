"""A revision makes a table or a column that Redshift cannot have.

What
----
The table or the column of the revision breaks what Redshift allows: an unknown type, an encoding that does not take
the type, two distribution keys, an index, …

Why
---
The revision would stop on the cluster, after the steps before it; or, where the dialect drops the wrong part in
silence, it would make another table than it says.

Bad
---
```python
op.add_column("sale", sa.Column("detail", sa.JSON(), comment="As delivered.", redshift_encode="zstd"))
```

Good
----
```python
op.add_column("sale", sa.Column("detail", SUPER(), comment="As delivered.", redshift_encode="zstd"))
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-datatypes.html
"""

from warehouse.discipline.changes import Impossible
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "error"


def check(step: Impossible) -> Faults:
    yield Fault(step.fault, step.mend)
