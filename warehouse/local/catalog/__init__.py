"""The catalog: what Redshift keeps and PostgreSQL does not, and the views that show it.

All of it lives in the schema `pg_redshift`, whose name hides it from whoever skips `pg_…` schemas. `RELATIONS` and
`FUNCTIONS`
name what the translator redirects there.
"""

from warehouse.local.catalog.install import FUNCTIONS, INFORMATION_SCHEMA, RELATIONS, SCHEMA, VERSION, install

__all__ = ["FUNCTIONS", "INFORMATION_SCHEMA", "RELATIONS", "SCHEMA", "VERSION", "install"]
