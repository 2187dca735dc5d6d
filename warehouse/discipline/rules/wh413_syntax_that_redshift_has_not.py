"""A statement uses syntax that Redshift has not.

What
----
ON CONFLICT, RETURNING, DISTINCT ON, FILTER (WHERE …), FOR UPDATE, TABLESAMPLE, LATERAL or CREATE TABLE … PARTITION
BY.

Why
---
Redshift looks like PostgreSQL and refuses these; each has something in its place.

Bad
---
```sql
INSERT INTO sale (sale_key) VALUES (1) ON CONFLICT DO NOTHING
```

Good
----
```sql
MERGE INTO sale USING staging_sale s ON sale.sale_key = s.sale_key
WHEN MATCHED THEN UPDATE SET shop = s.shop
WHEN NOT MATCHED THEN INSERT (sale_key, shop) VALUES (s.sale_key, s.shop)
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-features.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"
REFUSED = {
    ("ON", "CONFLICT"): "Stage the rows and MERGE, or use warehouse.load.upsert",
    ("RETURNING",): "Read the rows back by their key",
    ("DISTINCT", "ON"): "Number the rows with ROW_NUMBER() and keep the first: QUALIFY",
    ("FILTER", "(", "WHERE"): "Say CASE WHEN … END inside of the aggregate",
    ("FOR", "UPDATE"): "LOCK the table as the transaction's first statement",
    ("TABLESAMPLE",): "Filter by a hash of the key",
    ("LATERAL",): "Join, or unnest a SUPER value by naming it in FROM",
}


def check(statement: Statement) -> Faults:
    for words, instead in REFUSED.items():
        if statement.has(*words):
            yield Fault(f"Redshift has no {' '.join(words).replace(' ( ', ' (')}", instead)
