"""A materialized view's query holds what it must not.

What
----
The query of a materialized view has ORDER BY, LIMIT or OFFSET, or calls a function of the leader node; with AUTO
REFRESH also one that changes with the time.

Why
---
Redshift refuses to create it. Order and limits belong to the query that reads it.

Bad
---
```python
materialized_view("sale_total", Base.metadata, "SELECT 1 AS one ORDER BY one", dist=all_(), comment="One row.")
```

Good
----
```python
materialized_view("sale_total", Base.metadata, "SELECT 1 AS one", dist=all_(), comment="One row.")
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement
from warehouse.schema.design import ViewDesign

SEVERITY = "error"
LEADER = frozenset(
    {"current_schema", "current_schemas", "has_database_privilege", "has_schema_privilege", "has_table_privilege"}
)
MUTABLE = frozenset({"getdate", "sysdate", "current_date", "current_timestamp", "random", "timeofday", "now"})


def check(view: ViewDesign) -> Faults:
    if view.kind != "materialized":
        return
    statement = Statement(view.query, origin="view")
    for part in statement.outer_clauses("order", "limit", "offset"):
        yield Fault(
            f"the query has {part.upper().replace('ORDER', 'ORDER BY')}", "Drop it; say it where the view is read"
        )
    called = statement.functions
    for name in sorted(called & (LEADER | (MUTABLE if view.auto_refresh else frozenset()))):
        yield Fault(f"the query calls {name}", "Drop it, or say auto_refresh=False" if name in MUTABLE else "Drop it")
