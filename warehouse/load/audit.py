"""The log of loads: one row of `load_audit` for each load, upsert and unload, succeeded or failed.

A success is recorded in the same transaction as the data, so that neither exists without the other: whether a run whose
connection broke during COMMIT was committed, the log can tell. A failure is recorded in a transaction of its own.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal
from uuid import uuid4

import sqlalchemy as sa

from warehouse.db.system import current_revision
from warehouse.errors import LoadError, WarehouseError
from warehouse.load.report import Kind, LoadReport
from warehouse.models import LoadAudit
from warehouse.redaction import redact

_AUDIT = LoadAudit.__table__

OnRepeat = Literal["skip", "replay"]
_KEY_BYTES = 512


@dataclass(frozen=True)
class Run:
    """One run: its name exists before anything happens, so that a failure has one too.

    `load_key` is the caller's own name for the delivery; `on_repeat` says what happens when a run of that key on this
    table has succeeded already.
    """

    kind: Kind
    table: str
    source: str
    actor: str
    load_key: str = ""
    on_repeat: OnRepeat = "skip"
    run_id: str = field(default_factory=lambda: str(uuid4()))
    started: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))

    @property
    def skips_repeats(self) -> bool:
        return bool(self.load_key) and self.on_repeat == "skip"


def start(
    kind: Kind, table: str, source: str, actor: str = "", load_key: str = "", on_repeat: OnRepeat = "skip"
) -> Run:
    """Name a new run. The actor defaults to the user of this process. Raises LoadError for a load key that the log
    could not hold whole."""
    if len(load_key.encode()) > _KEY_BYTES or "\0" in load_key:
        raise LoadError(
            f"The load key {load_key[:40]!r}… is longer than {_KEY_BYTES} bytes, or holds a NUL.",
            next_step="Say a shorter one, such as dag/task/date.",
        )
    if on_repeat not in ("skip", "replay"):
        raise LoadError(f"on_repeat={on_repeat!r} is not understood.", next_step='Say "skip" or "replay".')
    return Run(kind, table, source, actor or _user(), load_key, on_repeat)


def is_recorded(connection: sa.Connection, run: Run) -> bool:
    """Whether the log tells of this run's success."""
    wanted = sa.select(_AUDIT.c.run_id).where(_AUDIT.c.run_id == run.run_id, _AUDIT.c.outcome == "succeeded")
    return connection.execute(wanted).first() is not None


def find_success(connection: sa.Connection, run: Run) -> LoadReport | None:
    """What the last successful run of this load key on this table did; None when there was none."""
    wanted = (
        sa.select(_AUDIT)
        .where(
            _AUDIT.c.load_key == run.load_key,
            _AUDIT.c.table_name == _cut(run.table, 255),
            _AUDIT.c.kind == run.kind,
            _AUDIT.c.outcome == "succeeded",
        )
        .order_by(_AUDIT.c.started_at.desc())
    )
    found = connection.execute(wanted.limit(1)).mappings().first()
    if found is None:
        return None
    return LoadReport(
        run_id=found["run_id"],
        table=run.table,
        kind=run.kind,
        rows_read=found["rows_read"] or 0,
        inserted=found["rows_inserted"] or 0,
        updated=found["rows_updated"] or 0,
        deleted=found["rows_deleted"] or 0,
        unchanged=found["rows_unchanged"] or 0,
        repeated=found["rows_repeated"] or 0,
        rejected=found["rows_rejected"] or 0,
        bytes=found["bytes_staged"] or 0,
        seconds=MappingProxyType({"earlier": found["seconds"] or 0.0}),
        outcome="skipped",
    )


@dataclass(frozen=True)
class Logged:
    """A run as the log tells of it. Counts are None where they are not known."""

    run_id: str
    kind: str
    table: str
    outcome: str
    actor: str
    source: str
    started: datetime
    seconds: float | None
    rows_read: int | None
    inserted: int | None
    updated: int | None
    deleted: int | None
    rejected: int | None
    attempts: int | None
    load_key: str | None
    error: str | None
    revision: str | None


def runs(connection: sa.Connection, *, table: str = "", outcome: str = "", limit: int = 20) -> list[Logged]:
    """The newest runs of the log, newest first; of one table, or of one outcome (succeeded, failed)."""
    wanted = sa.select(_AUDIT).order_by(_AUDIT.c.started_at.desc()).limit(limit)
    if table:
        # As `load` takes it: Redshift folds names, and public is where a name without a schema is.
        folded = table.strip().lower()
        wanted = wanted.where(_AUDIT.c.table_name.in_([folded, folded.removeprefix("public."), f"public.{folded}"]))
    if outcome:
        wanted = wanted.where(_AUDIT.c.outcome == outcome)
    return [
        Logged(
            run_id=row["run_id"],
            kind=row["kind"],
            table=row["table_name"],
            outcome=row["outcome"],
            actor=row["actor"],
            source=row["source"],
            started=row["started_at"],
            seconds=row["seconds"],
            rows_read=row["rows_read"],
            inserted=row["rows_inserted"],
            updated=row["rows_updated"],
            deleted=row["rows_deleted"],
            rejected=row["rows_rejected"],
            attempts=row["attempts"],
            load_key=row["load_key"],
            error=row["error"],
            revision=row["revision"],
        )
        for row in connection.execute(wanted).mappings()
    ]


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
        rows_unchanged=report.unchanged,
        rows_repeated=report.repeated,
        rows_rejected=report.rejected,
        bytes_staged=report.bytes,
        attempts=report.attempts,
    )


def record_failure(connection: sa.Connection, run: Run, error: BaseException) -> None:
    """Record and commit, in a transaction of its own. A run that is recorded already succeeded: its connection broke
    during COMMIT, after the data was in."""
    known = sa.select(_AUDIT.c.run_id).where(_AUDIT.c.run_id == run.run_id)
    if connection.execute(known).first() is None:
        told = str(error) if isinstance(error, WarehouseError) else redact(f"{type(error).__name__}: {error}")
        _insert(connection, run, "failed", error=_cut(told, 4096))
    connection.commit()


def _insert(connection: sa.Connection, run: Run, outcome: str, **values: object) -> None:
    ended = _now()
    connection.execute(
        sa.insert(_AUDIT).values(
            run_id=run.run_id,
            kind=run.kind,
            table_name=_cut(run.table, 255),
            actor=_cut(redact(run.actor), 255),
            source=_cut(redact(run.source), 65535),
            load_key=run.load_key or None,
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
