"""The log of loads: one row of `load_audit` for each load, upsert and unload, succeeded or failed.

A success is recorded in the same transaction as the data, so that neither exists without the other: whether a run whose
connection broke during COMMIT was committed, the log can tell. A failure is recorded in a transaction of its own.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa

from warehouse.db.system import current_revision
from warehouse.load.report import Kind, LoadReport
from warehouse.models import LoadAudit

_AUDIT = LoadAudit.__table__


@dataclass(frozen=True)
class Run:
    """One attempt: its name exists before anything happens, so that a failure has one too."""

    kind: Kind
    table: str
    source: str
    actor: str
    run_id: str = field(default_factory=lambda: str(uuid4()))
    started: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))


def start(kind: Kind, table: str, source: str, actor: str = "") -> Run:
    """Name a new run. The actor defaults to the user of this process."""
    return Run(kind, table, source, actor or _user())


def record_success(connection: sa.Connection, run: Run, report: LoadReport) -> None:
    """Record in the transaction of the data."""
    _insert(
        connection,
        run,
        "succeeded",
        files=len(report.files),
        rows_read=report.rows_read,
        rows_inserted=report.inserted,
        rows_updated=report.updated,
        rows_deleted=report.deleted,
        # Repeated rows were left out as well: with them the counts add up to what was read.
        rows_rejected=report.rejected + report.repeated,
    )


def record_failure(connection: sa.Connection, run: Run, error: BaseException) -> None:
    """Record and commit, in a transaction of its own. A run that is recorded already succeeded: its connection broke
    during COMMIT, after the data was in."""
    known = sa.select(_AUDIT.c.run_id).where(_AUDIT.c.run_id == run.run_id)
    if connection.execute(known).first() is None:
        _insert(connection, run, "failed", error=_cut(str(error), 4096))
    connection.commit()


def _insert(connection: sa.Connection, run: Run, outcome: str, **values: object) -> None:
    ended = _now()
    connection.execute(
        sa.insert(_AUDIT).values(
            run_id=run.run_id,
            kind=run.kind,
            table_name=_cut(run.table, 255),
            actor=_cut(run.actor, 255),
            source=_cut(run.source, 65535),
            started_at=run.started,
            ended_at=ended,
            seconds=(ended - run.started).total_seconds(),
            outcome=outcome,
            revision=current_revision(connection),
            **values,
        )
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _cut(text: str, size: int) -> str:
    """At most `size` bytes of UTF-8, never half a character; NUL cannot be stored."""
    return text.replace("\0", "").encode()[:size].decode(errors="ignore")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "unknown"
