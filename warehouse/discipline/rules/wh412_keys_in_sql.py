"""SQL holds AWS keys.

What
----
COPY or UNLOAD says ACCESS_KEY_ID, SECRET_ACCESS_KEY or CREDENTIALS with keys.

Why
---
The text is kept in the query log, in the file and in its history. IAM_ROLE needs no secret.

Bad
---
```sql
COPY sale FROM 's3://sales/2024' ACCESS_KEY_ID 'AKIA…' SECRET_ACCESS_KEY '…' CSV
```

Good
----
```sql
COPY sale FROM 's3://sales/2024' IAM_ROLE default CSV
```

See
---
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-authorization.html
"""

from warehouse.discipline.finding import Fault, Faults
from warehouse.discipline.statement import Statement

SEVERITY = "error"
SECRETS = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "MASTER_SYMMETRIC_KEY")


def check(statement: Statement) -> Faults:
    if statement.verb not in ("COPY", "UNLOAD", "CREATE"):
        return
    if any(word in SECRETS or "aws_secret_access_key" in word.lower() for word in statement.words):
        yield Fault(f"{statement.verb} holds a key", "Say IAM_ROLE, and rotate the key")
