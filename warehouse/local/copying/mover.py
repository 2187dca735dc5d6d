"""What a session calls for COPY and UNLOAD: executes them, keeps the load views, puts failures in Redshift's words.

Load errors are written through a connection of their own, so that they outlive the rolled back load.
"""

from __future__ import annotations

import time
from pathlib import Path

from warehouse.local.copying import load, unload, unload_log
from warehouse.local.copying.failure import CopyError
from warehouse.local.postgres import SUPERUSER
from warehouse.local.translate.plan import Copy, Unload
from warehouse.local.translate.tokens import literal
from warehouse.local.wire import messages as m
from warehouse.local.wire import reply
from warehouse.local.wire.moving import Failed
from warehouse.local.wire.upstream import Upstream, UpstreamError
from warehouse.objectstore import ObjectStore


class Mover:
    """COPY and UNLOAD for one session."""

    def __init__(self, postgres: Path, database: str, user: str, store: ObjectStore) -> None:
        self._postgres, self._database, self._user, self._store = postgres, database, user, store

    def __call__(self, plan: Copy | Unload, upstream: Upstream) -> tuple[str, str]:
        """Execute `plan` in the session's transaction; the command tag, and the notice of a success.

        Raises Failed, UpstreamError.
        """
        query = upstream.query_id
        try:
            return self._copy(plan, upstream, query) if isinstance(plan, Copy) else self._unload(plan, upstream, query)
        except CopyError as error:
            raise Failed(_notice(error)) from error
        except load.RowRejected as rejected:
            self._record(rejected, upstream, query)
            table = rejected.target.name
            raise Failed(
                m.error(
                    "XX000", f"Load into table '{table}' failed.  Check 'stl_load_errors' system table for details."
                ),
                # Known after a failure too, to find its errors by.
                afterwards=_remember(copy_id=query, copy_count=0, query_id=query),
            ) from rejected

    def _copy(self, plan: Copy, upstream: Upstream, query: int) -> tuple[str, str]:
        target, files = load.execute(plan, upstream, self._store)
        rows = sum(file.rows for file in files)
        kind = "Parquet" if "PARQUET" in plan.parameters else "Text"
        values = ", ".join(
            f"(0, {query}, {i} % pg_redshift.slices(), {literal(file.uri)}, {file.rows}, {file.size}, 0, "
            f"clock_timestamp(), {literal(kind)}, {target.oid}, {upstream.pid})"
            for i, file in enumerate(files)
        )
        upstream.run(
            "INSERT INTO pg_redshift.load_commit (userid, query, slice, filename, lines_scanned, bytes_scanned, "
            "errors, curtime, file_format, tbl, session) "
            f"VALUES {values}; " + _remember(copy_id=query, copy_count=rows, query_id=query)
        )
        return "COPY", f"Load into table '{target.name}' completed, {rows} record(s) loaded successfully."

    def _unload(self, plan: Unload, upstream: Upstream, query: int) -> tuple[str, str]:
        job = unload.prepare(plan, upstream)
        started = time.time()
        try:
            written = unload.execute(job, upstream, self._store)
        except (CopyError, UpstreamError) as error:
            notice = error.notice if isinstance(error, UpstreamError) else _notice(error)
            connection = Upstream(self._postgres, {"user": SUPERUSER, "database": self._database})
            try:
                connection.run(unload_log.run_row(job, upstream, started, notice.text))
            finally:
                connection.close()
            # Known after a failure too, since the rows had begun to flow (PG_LAST_UNLOAD_ID).
            afterwards = _remember(unload_id=query, unload_count=0, query_id=query)
            raise Failed(reply.notice(notice), afterwards=afterwards) from error
        rows = sum(one.rows for one in written)
        upstream.run(
            unload_log.run_row(job, upstream, started)
            + unload_log.file_rows(written, upstream)
            + _remember(unload_id=query, unload_count=rows, query_id=query)
        )
        return "UNLOAD", f"UNLOAD completed, {rows} record(s) unloaded successfully."

    def _record(self, rejected: load.RowRejected, upstream: Upstream, query: int) -> None:
        row = rejected.row
        connection = Upstream(self._postgres, {"user": SUPERUSER, "database": self._database})
        try:
            texts = (rejected.file.uri, row.column, row.type, row.length, row.raw_line, row.value, row.reason)
            uri, column, type_, length, raw, value, reason = (literal(text.replace("\0", ".")) for text in texts)
            connection.run(
                "INSERT INTO pg_redshift.load_error (userid, slice, tbl, starttime, session, query, filename, "
                "line_number, colname, type, col_length, position, raw_line, raw_field_value, err_code, "
                "err_reason, xid, database) VALUES "
                f"(100, 0, {rejected.target.oid}, clock_timestamp(), {upstream.pid}, {query}, {uri}, "
                f"{row.line}, {column}, {type_}, {length}, {row.position}, left({raw}, 1024), left({value}, 1024), "
                f"{row.code}, left({reason}, 100), {upstream.transaction}, {literal(self._database)})"
            )
        finally:
            connection.close()


def _notice(error: CopyError) -> m.Notice:
    return m.error(error.sqlstate, error.message, detail=error.detail, hint=error.hint)


def _remember(**numbers: int) -> str:
    # Settings of the session, as pg_last_copy_id() and its kin read them.
    return "; ".join(f"SET redshift.{name} = '{value}'" for name, value in numbers.items())
