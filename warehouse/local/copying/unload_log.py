"""What STL_UNLOAD_LOG, SYS_UNLOAD_HISTORY and SYS_UNLOAD_DETAIL will say of an UNLOAD (catalog/48_unload.sql)."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.local.copying.unload_files import Job, Written
from warehouse.local.translate.tokens import literal
from warehouse.local.wire.upstream import Upstream

# As the views spell the formats of files (r_STL_LOAD_COMMITS, file_format).
_FORMATS = {"json": "JSON", "parquet": "Parquet"}


def run_row(job: Job, session: Upstream, started: float, error: str = "") -> str:
    """The statement that records an UNLOAD of `session` that ends now."""
    values = (
        str(session.query_id),
        f"(SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = {literal(session.user)})",
        str(session.transaction),
        str(session.pid),
        "current_database()",
        literal("aborted" if error else "completed"),
        f"to_timestamp({started}) AT TIME ZONE 'UTC'",
        "clock_timestamp() AT TIME ZONE 'UTC'",
        literal(_FORMATS.get(job.options.format, "Text")),
        literal(job.options.compression),
        literal(job.target),
        literal(error.replace("\0", ".")),
    )
    return f"INSERT INTO pg_redshift.unload_run VALUES ({', '.join(values)}); "


def file_rows(written: Sequence[Written], session: Upstream) -> str:
    """The statement that records the files; "" when there are none."""
    rows = [f"({session.query_id}, {one.slice}, {literal(one.uri)}, {one.rows}, {one.size})" for one in written]
    return f"INSERT INTO pg_redshift.unload_file VALUES {', '.join(rows)}; " if rows else ""
