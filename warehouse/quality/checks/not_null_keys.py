"""No column of a primary key is NULL.

NOT NULL is the one constraint that Redshift enforces, and a primary key implies it. A table made elsewhere, or
changed by hand, may lack it; a row without a key is never found again, by nobody.

https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from warehouse.db import sql
from warehouse.quality.checks import EXAMPLES, Probe
from warehouse.schema import TableDesign


def probes(design: TableDesign, known: Mapping[str, TableDesign]) -> Iterable[Probe]:
    """One probe for the primary key."""
    if not design.primary_key:
        return
    table = sql.qualified(design.name, design.schema)
    keyless = " OR ".join(f"{sql.name(column)} IS NULL" for column in design.primary_key)
    yield Probe(
        check="not_null_keys",
        table=design.qualified_name,
        columns=design.primary_key,
        count=f"SELECT COUNT(*) FROM {table} WHERE {keyless}",
        examples=f"SELECT {sql.names(design.primary_key)} FROM {table} WHERE {keyless} LIMIT {EXAMPLES}",
    )
