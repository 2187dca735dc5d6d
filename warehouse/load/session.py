"""What surrounds the statements of a run: timing, the log, staging, one transaction, and cleaning up.

Every run goes the same way:

    describe and fit     the source against the model; nothing is sent yet
    probe                one query that names the columns: a missing table or migration is found before staging
    stage                parts and manifest
    one transaction      the statements, the proof, the audit row; COMMIT
    clean up             staged parts go after a success and stay after a failure, which names them
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.db.engine import connect
from warehouse.errors import WarehouseError
from warehouse.load import audit
from warehouse.load.copy import CopyOptions
from warehouse.load.failures import explain, lost
from warehouse.load.fit import fit
from warehouse.load.report import Kind, LoadReport, Progress, silent
from warehouse.load.source import Source, describe
from warehouse.load.stage import Staged, stage
from warehouse.models import LoadAudit
from warehouse.objectstore import ObjectStore
from warehouse.schema import TableDesign
from warehouse.settings import Settings, load_settings


@dataclass
class Session:
    """What one run works with. `phase` times its parts for the report."""

    run: audit.Run
    engine: sa.Engine
    settings: Settings
    store: ObjectStore
    progress: Progress
    # Whether the engine was made here, and is to be disposed of.
    owns_engine: bool = False
    design: TableDesign | None = None
    staged: Staged | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        self.progress(name, 0, None)
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started

    @contextlib.contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """A connection of the engine. ConnectionFailed when it breaks, also while it is opened or given back, where
        drivers raise what they like."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except (sa.exc.DBAPIError, OSError) as error:
            raise lost(error, self.engine) from error

    @property
    def prefix(self) -> str:
        return f"{self.settings.stage.rstrip('/')}/{self.run.run_id}" if self.settings.stage else ""

    def report(self, **counts: Any) -> LoadReport:
        return LoadReport(self.run.run_id, self.run.table, self.run.kind, **counts)


Work = Callable[[sa.Connection], LoadReport]


def execute(connection: sa.Connection, statement: str) -> sa.CursorResult[Any]:
    """Run one complete statement as it is: without parameters the driver does not scan it for placeholders."""
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def number(connection: sa.Connection, statement: str) -> int:
    return int(execute(connection, statement).scalar_one())


def open_session(
    kind: Kind,
    table: str,
    source: Any,
    engine: sa.Engine | None,
    settings: Settings | None,
    actor: str,
    progress: Progress | None,
) -> Session:
    settings = load_settings() if settings is None else settings
    named = isinstance(source, (str, os.PathLike))
    label = str(source) if named else f"a {type(source).__module__.split('.')[0]}.{type(source).__name__}"
    return Session(
        run=audit.start(kind, table, label, actor),
        engine=engine if engine is not None else connect(settings),
        settings=settings,
        store=ObjectStore.from_settings(settings),
        progress=progress or silent,
        owns_engine=engine is None,
    )


@contextlib.contextmanager
def attempt(session: Session) -> Iterator[None]:
    """Record a failure in the log, if that can be reached; the failure itself is what the caller hears of. Then close
    what this run opened."""
    try:
        yield
    except WarehouseError as error:
        if session.staged is not None and session.staged.owned:
            kept = f"What was staged is kept: {session.prefix}/."
            error.next_step = f"{error.next_step} {kept}".strip()
        with contextlib.suppress(sa.exc.SQLAlchemyError, WarehouseError), session.connection() as connection:
            audit.record_failure(connection, session.run, error)
        raise
    finally:
        session.store.close()
        if session.owns_engine:
            session.engine.dispose()


def describe_and_fit(
    session: Session, source: Any, options: CopyOptions | None, columns: Sequence[str] | None
) -> tuple[Source, tuple[str, ...], CopyOptions]:
    design = cast(TableDesign, session.design)
    chosen = options or CopyOptions()
    with session.phase("describe"):
        described = describe(source, chosen, session.store)
        delivered = fit(described, design, columns)
        _probe(session, delivered)
    return described, delivered, chosen


def _probe(session: Session, columns: Sequence[str]) -> None:
    """Ask the warehouse for no row of the columns: it answers whether table and columns are there."""
    design = cast(TableDesign, session.design)
    log = TableDesign.from_table(cast(sa.Table, LoadAudit.__table__))
    for one, names in ((design, columns), (log, [column.name for column in log.columns])):
        with session.connection() as connection:
            try:
                execute(connection, f"SELECT {sql.names(names)} FROM {sql.qualified(one.name, one.schema)} WHERE 1 = 0")
            except sa.exc.DBAPIError as error:
                raise explain(error, connection, one) from error


def stage_source(
    session: Session,
    source: Source,
    columns: tuple[str, ...],
    options: CopyOptions,
    *,
    keys: Sequence[str],
    compress: bool | None,
) -> Staged:
    with session.phase("stage"):
        session.staged = stage(
            source,
            cast(TableDesign, session.design),
            columns,
            store=session.store,
            prefix=session.prefix,
            options=options,
            keys=keys,
            compress=not session.settings.is_local if compress is None else compress,
            progress=session.progress,
        )
    return session.staged


def transact(session: Session, work: Work) -> LoadReport:
    with session.connection() as connection:
        try:
            report = work(connection)
            with session.phase("commit"):
                audit.record_success(connection, session.run, report)
                connection.commit()
        except sa.exc.DBAPIError as error:
            raise explain(error, connection, session.design, session.staged) from error
        except BaseException:
            with contextlib.suppress(sa.exc.DBAPIError):
                connection.rollback()
            raise
    return report


def finish(session: Session, report: LoadReport) -> LoadReport:
    if session.staged is not None:
        with session.phase("clean"), contextlib.suppress(WarehouseError):
            # The data is committed; a part that stays behind costs storage, not truth.
            session.staged.remove(session.store)
    return replace(report, seconds=MappingProxyType(dict(session.seconds)))
