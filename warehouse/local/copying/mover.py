"""What a session calls for COPY and UNLOAD: executes them, keeps their logs, puts failures in Redshift's words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from warehouse.local.copying import journal, load, unload, unload_log
from warehouse.local.copying.failure import CopyError
from warehouse.local.postgres import SUPERUSER
from warehouse.local.translate.plan import Copy, Unload
from warehouse.local.wire import messages as m
from warehouse.local.wire import reply
from warehouse.local.wire.moving import Failed
from warehouse.local.wire.upstream import Upstream, UpstreamError
from warehouse.objectstore import ObjectStore

_SEE = "Check 'stl_load_errors' system table for details."


class Mover:
    """COPY and UNLOAD for one session."""

    def __init__(self, postgres: Path, database: str, user: str, store: ObjectStore) -> None:
        self._postgres, self._database, self._user, self._store = postgres, database, user, store

    def __call__(self, plan: Copy | Unload, upstream: Upstream) -> tuple[str, Sequence[str]]:
        """Execute `plan` in the session's transaction; the command tag, and the notices of a success.

        Raises Failed, UpstreamError.
        """
        query = upstream.query_id
        try:
            return self._copy(plan, upstream, query) if isinstance(plan, Copy) else self._unload(plan, upstream, query)
        except CopyError as error:
            raise Failed(_notice(error)) from error
        except load.LoadFailed as failed:
            self._journal(failed.load, upstream, failed=True)
            raise Failed(
                m.error("XX000", f"Load into table '{failed.load.target.name}' failed.  {_SEE}"),
                # Known after a failure too, to find its errors by.
                afterwards=_remember(copy_id=query, copy_count=0, query_id=query),
            ) from failed

    def _copy(self, plan: Copy, upstream: Upstream, query: int) -> tuple[str, Sequence[str]]:
        done = load.execute(plan, upstream, self._store, self._connect)
        upstream.run(_remember(copy_id=query, copy_count=done.rows, query_id=query))
        self._journal(done, upstream)
        findings, load_of = done.findings, f"Load into table '{done.target.name}' completed"
        told = [f"{load_of}, {done.rows} record(s) loaded successfully."]
        if findings.rejected_count:
            told.append(f"{load_of}, {findings.rejected_count} record(s) could not be loaded.  {_SEE}")
        if findings.replaced_count:
            told.append(
                f"{load_of}, {findings.replaced_count} record(s) were loaded with replacements made for "
                "ACCEPTINVCHARS.  Check 'stl_replacements' system table for details."
            )
        return "COPY", told

    def _unload(self, plan: Unload, upstream: Upstream, query: int) -> tuple[str, Sequence[str]]:
        job = unload.prepare(plan, upstream)
        started = time.time()
        try:
            written = unload.execute(job, upstream, self._store)
        except (CopyError, UpstreamError) as error:
            notice = error.notice if isinstance(error, UpstreamError) else _notice(error)
            connection = self._connect()
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
        return "UNLOAD", [f"UNLOAD completed, {rows} record(s) unloaded successfully."]

    def _connect(self) -> Upstream:
        return Upstream(self._postgres, {"user": SUPERUSER, "database": self._database})

    def _journal(self, done: load.Load, upstream: Upstream, *, failed: bool = False) -> None:
        connection = self._connect()
        try:
            journal.write(done, upstream, connection, failed=failed)
        finally:
            connection.close()


def _notice(error: CopyError) -> m.Notice:
    return m.error(error.sqlstate, error.message, detail=error.detail, hint=error.hint)


def _remember(**numbers: int) -> str:
    # Settings of the session, as pg_last_copy_id() and its kin read them.
    return "; ".join(f"SET redshift.{name} = '{value}'" for name, value in numbers.items())
