"""What a table needs after a run: ANALYZE when many rows have changed, VACUUM when many lie unsorted or are dead.

Counted, not looked up: a run knows what it has done, and SVV_TABLE_INFO of a large cluster takes its time. The limits
are Redshift's own: ANALYZE passes over a table of which less than 10 % has changed, VACUUM over one that is sorted and
clean to 95 %. Redshift does both by itself when it has nothing else to do; advice is for who cannot wait for that.

https://docs.aws.amazon.com/redshift/latest/dg/r_ANALYZE.html
https://docs.aws.amazon.com/redshift/latest/dg/r_VACUUM_command.html
"""

from __future__ import annotations

import logging

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.db.failures import server_error
from warehouse.load.report import LoadReport, Upkeep
from warehouse.schema import TableDesign

log = logging.getLogger(__name__)

_STALE, _UNTIDY = 0.10, 0.05


def needed(design: TableDesign, report: LoadReport, *, made_anew: bool = False) -> tuple[Upkeep, ...]:
    """What a run has left to do; nothing where it does not tell how many rows the table has, or has made it anew."""
    rows = report.table_rows
    if not rows or made_anew or report.outcome == "skipped":
        return ()
    name = sql.qualified(design.name, design.schema)
    dead = report.updated + report.deleted
    # COPY sorts what it brings into an empty table, and writes down its statistics.
    unsorted = report.inserted + report.updated if rows > report.inserted or dead else 0
    found = []
    if (changed := unsorted + report.deleted) > _STALE * rows:
        found.append(Upkeep(f"ANALYZE {name}", f"{changed:,} rows have changed, {_share(changed, rows)} of the table"))
    reasons = []
    if dead > _UNTIDY * rows:
        reasons.append(f"{dead:,} rows are dead, {_share(dead, rows)} of those that live")
    if design.sort and design.sort.columns and unsorted > _UNTIDY * rows:
        reasons.append(f"up to {unsorted:,} rows lie unsorted, {_share(unsorted, rows)} of the table")
    if reasons:
        # VACUUM comes first: it moves rows, ANALYZE counts them.
        found.insert(0, Upkeep(f"VACUUM {name}", "; ".join(reasons)))
    return tuple(found)


def do(engine: sa.Engine, wanted: tuple[Upkeep, ...]) -> tuple[Upkeep, ...]:
    """Run the statements, each by itself, for VACUUM takes no transaction; what could not be done.

    The run is over and its data is in, so that a failure is told and no error: another VACUUM may be at work.
    """
    left = []
    for one in wanted:
        try:
            with engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(one.statement)
        except (sa.exc.DBAPIError, OSError) as error:
            log.warning("%s failed: %s", one.statement, server_error(error))
            left.append(one)
    return tuple(left)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}"
