"""What a live warehouse knows about one of its tables: statistics, as a frozen value.

`warehouse.db.facts.table_facts` reads them; rules whose answer depends on data ask for them and say nothing without.
Every number may be None: the view that holds it may be empty (SVV_TABLE_INFO has no rows for empty tables) or not
granted.

https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_TABLE_INFO.html
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.schema.design import qualified


@dataclass(frozen=True)
class TableFacts:
    """One table of the warehouse, as it is today."""

    name: str
    schema: str | None = None
    rows: int | None = None
    size_mb: int | None = None
    # Rows of the fullest slice divided by those of the emptiest.
    skew_rows: float | None = None
    # Percent of the rows that are not in the order of the sort key; of the statistics that are out of date.
    unsorted: float | None = None
    stats_off: float | None = None
    # Is any column compressed?
    encoded: bool | None = None
    # Whole days since a query last read it, and since it was made.
    unread_days: int | None = None
    age_days: int | None = None
    owner: str | None = None

    @property
    def qualified_name(self) -> str:
        """The name for messages: qualified unless it is in public."""
        return qualified(self.schema, self.name)
