"""Primary and unique keys hold each value once.

Redshift declares them and does not enforce them, while its planner believes them: with duplicates DISTINCT may return
duplicates and joins may multiply rows. A key with NULL in it is no value (SQL's rule for UNIQUE); not_null_keys
looks for those of a primary key. The count is of keys that stand more than once.

https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from warehouse.db import sql
from warehouse.quality.checks import EXAMPLES, Probe
from warehouse.schema import TableDesign


def probes(design: TableDesign, known: Mapping[str, TableDesign]) -> Iterable[Probe]:
    """One probe for the primary key and one for each unique key."""
    for key in (design.primary_key, *design.unique_keys):
        if not key:
            continue
        columns = sql.names(key)
        complete = " AND ".join(f"{sql.name(column)} IS NOT NULL" for column in key)
        repeated = (
            f"SELECT {columns} FROM {sql.qualified(design.name, design.schema)} WHERE {complete} "
            f"GROUP BY {columns} HAVING COUNT(*) > 1"
        )
        yield Probe(
            check="unique_keys",
            table=design.qualified_name,
            columns=key,
            count=f"SELECT COUNT(*) FROM ({repeated}) AS repeated",
            examples=f"{repeated} ORDER BY {columns} LIMIT {EXAMPLES}",
        )
