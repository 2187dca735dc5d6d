"""What may be granted on a table or a view, and to whom, as data.

https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
"""

from __future__ import annotations

# In the order of the grammar. DROP is newer than the first five, ALTER and TRUNCATE newer still: an older cluster
# refuses them by itself.
TABLE_PRIVILEGES = ("select", "insert", "update", "delete", "drop", "references", "alter", "truncate")
ALL = "all"
PUBLIC = "public"
# The words before a grantee's name; a name without one is a user.
GRANTEE_KINDS = ("role", "group")
