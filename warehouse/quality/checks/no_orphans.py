"""Every foreign key finds its row.

Redshift does not enforce foreign keys, but its planner drops joins on their word. A key with a NULL in it refers to
nothing and is no orphan. The count is of rows, the examples are of distinct values.

Of severity warning: orphans are what real deliveries look like (a flight by an aeroplane that no list names), and
the row itself is true. Who needs them to fail says check(…, severities={"no_orphans": "error"}).

https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from warehouse.db import sql
from warehouse.quality.checks import EXAMPLES, Probe
from warehouse.schema import TableDesign


def probes(design: TableDesign, known: Mapping[str, TableDesign]) -> Iterable[Probe]:
    """One probe for each foreign key."""
    table = sql.qualified(design.name, design.schema)
    for key in design.foreign_keys:
        schema, _, parent = key.ref_table.rpartition(".")
        pairs = zip(key.columns, key.ref_columns, strict=True)
        # The aliases keep a table that refers to itself apart.
        found = " AND ".join(f"parent.{sql.name(theirs)} = child.{sql.name(ours)}" for ours, theirs in pairs)
        refers = " AND ".join(f"child.{sql.name(column)} IS NOT NULL" for column in key.columns)
        orphans = (
            f"FROM {table} AS child WHERE {refers} "
            f"AND NOT EXISTS (SELECT 1 FROM {sql.qualified(parent, schema or None)} AS parent WHERE {found})"
        )
        columns = sql.names(key.columns, of="child")
        yield Probe(
            check="no_orphans",
            table=design.qualified_name,
            columns=key.columns,
            count=f"SELECT COUNT(*) {orphans}",
            examples=f"SELECT DISTINCT {columns} {orphans} ORDER BY {columns} LIMIT {EXAMPLES}",
            severity="warning",
            against=f"{key.ref_table} ({', '.join(key.ref_columns)})",
        )
