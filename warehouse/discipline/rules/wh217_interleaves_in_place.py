"""A revision makes a sort key interleaved.

What
----
`op.alter_sort_key` asks for INTERLEAVED.

Why
---
Redshift has no statement for it. An interleaved key comes with CREATE TABLE, so the table must be rebuilt; a compound
one is nearly always the better answer.

Bad
---
```python
op.alter_sort_key("sale", "interleaved", ["shop", "sale_key"])
```

Good
----
```python
op.alter_sort_key("sale", "compound", ["shop", "sale_key"])
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/t_Sorting_data.html
"""

from warehouse.discipline.changes import AlterSortKey
from warehouse.discipline.finding import Fault, Faults

SEVERITY = "error"


def check(change: AlterSortKey) -> Faults:
    if change.new.style == "interleaved":
        yield Fault("a table cannot become interleaved in place", 'Say "compound", or rebuild the table')
