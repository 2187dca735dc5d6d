"""A function of the leader node is called on a table.

What
----
A query reads a table and calls a function that only the leader node has: NOW, AGE, GENERATE_SERIES, STRING_AGG,
ARRAY_AGG, …

Why
---
Such a query works alone and fails as soon as a table is in it: "Specified types or functions not supported on
Redshift tables".

Bad
---
```sql
SELECT sale_key FROM sale WHERE sold_at < now()
```

Good
----
```sql
SELECT sale_key FROM sale WHERE sold_at < getdate()
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions_leader_node_only.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"
INSTEAD = {
    "now": "GETDATE()",
    "age": "DATEDIFF",
    "string_agg": "LISTAGG",
    "array_agg": "LISTAGG, or a SUPER array",
    "generate_series": "a table of numbers, or WITH RECURSIVE",
    "current_schema": "the schema's name",
    "current_schemas": "the schemas' names",
    "has_table_privilege": "SVV_RELATION_PRIVILEGES",
    "has_schema_privilege": "SVV_SCHEMA_PRIVILEGES",
    "localtime": "GETDATE()",
    "localtimestamp": "GETDATE()",
    "isfinite": "a comparison",
}


def check(statement: Statement) -> Faults:
    if any(not name.startswith(("pg_", "information_schema.")) for name in statement.reads):
        for name in sorted(statement.functions & set(INSTEAD)):
            yield Fault(f"{name} runs on the leader node only", f"Say {INSTEAD[name]}")
