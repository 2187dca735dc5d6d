"""The statistics of a live warehouse's tables, in two queries.

https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_TABLE_INFO.html
https://docs.aws.amazon.com/redshift/latest/dg/r_PG_CLASS_INFO.html
https://docs.aws.amazon.com/redshift/latest/dg/SYS_QUERY_DETAIL.html
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from warehouse.db.queries import query
from warehouse.schema.design import DEFAULT_SCHEMA
from warehouse.schema.facts import TableFacts


def table_facts(connection: sa.Connection) -> list[TableFacts]:
    """What the warehouse knows about each of its tables, by schema and name.

    An empty table has no statistics. `unread_days` is None for a table that nobody read as far back as Redshift's query
    log reaches, which is a few days.
    """
    unread = {row.table_id: int(row.unread_days) for row in connection.execute(query("table_reads"))}
    return [_facts(row, unread.get(row.table_id)) for row in connection.execute(query("table_facts"))]


def _facts(row: Any, unread_days: int | None) -> TableFacts:
    return TableFacts(
        name=row.table_name,
        schema=None if row.schema_name == DEFAULT_SCHEMA else row.schema_name,
        rows=_whole(row.row_count),
        size_mb=_whole(row.size_mb),
        skew_rows=_number(row.skew_rows),
        unsorted=_number(row.unsorted),
        stats_off=_number(row.stats_off),
        # `Y`, `N`, or `Y, AUTO(ENCODE)`.
        encoded=None if row.encoded is None else row.encoded.startswith("Y"),
        unread_days=unread_days,
        age_days=_whole(row.age_days),
        owner=row.owner_name,
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
