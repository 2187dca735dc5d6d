"""What surrounds the statements of a run: timing, the log, staging, one transaction, and cleaning up.

Every run goes the same way:

    describe and fit     the source against the model; nothing is sent yet
    probe                one query that names the columns: a missing table or migration is found before staging
    stage                parts and manifest
    one transaction      LOCK, the statements, the proof, the audit row; COMMIT
                         a conflict rolls it back, and the whole transaction is tried again
    clean up             staged parts go after a success and stay after a failure, which names them

The lock comes first, because Redshift fixes a transaction's snapshot at its first statement and LOCK is none that does:
what is read afterwards is the newest state, and nobody else writes until the commit. So two loads into one table queue
and the proof holds under either isolation level. Readers wait as well; what they are spared is half a load.
https://docs.aws.amazon.com/redshift/latest/dg/r_LOCK.html
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.db.engine import connect
from warehouse.db.failures import server_error
from warehouse.db.system import table_columns
from warehouse.errors import ConnectionFailed, LoadError, WarehouseError
from warehouse.load import audit
from warehouse.load.attempts import ONCE, Retry, tries
from warehouse.load.copy import CopyOptions
from warehouse.load.failures import explain, lost
from warehouse.load.fit import fit, hold_against, renamed
from warehouse.load.guards import Guards
from warehouse.load.locate import plan_search
from warehouse.load.report import Kind, LoadReport, Progress, silent
from warehouse.load.shape import Shape
from warehouse.load.source import Source, describe
from warehouse.load.stage import Staged, stage
from warehouse.load.upkeep import do, needed
from warehouse.load.waits import watched
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
    retry: Retry = field(default_factory=Retry)
    guards: Guards = field(default_factory=Guards)
    # The work itself queues for the table, when it has got that far.
    queues_late: bool = False
    # VACUUM and ANALYZE are run when they are needed.
    upkeep: bool = False
    # Nothing is sent: the run is only previewed.
    dry: bool = False
    # Which try of the transaction runs, counted from 1.
    attempt: int = 0
    # What the try that runs has done, once it is ready to be committed.
    done: LoadReport | None = None
    design: TableDesign | None = None
    # The columns that the table has in the warehouse and not in the model.
    unknown: tuple[str, ...] = ()
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

    @contextlib.contextmanager
    def guarded(self) -> Iterator[sa.Connection]:
        """A connection whose statements the run's guards limit; it is given back as it was."""
        settings = self.guards.settings()
        with self.connection() as connection:
            try:
                for change, _ in settings:
                    execute(connection, change)
                if settings:
                    # What follows begins with a transaction of its own, and its first statement is to be LOCK.
                    connection.commit()
                yield connection
            finally:
                if settings and not connection.invalidated:
                    with contextlib.suppress(sa.exc.DBAPIError):
                        connection.rollback()
                        for _, back in settings:
                            execute(connection, back)
                        connection.commit()

    def waits_for(self, holder: str) -> None:
        self.progress(f"lock: {holder}", 0, None)

    @property
    def prefix(self) -> str:
        return f"{self.settings.stage.rstrip('/')}/{self.run.run_id}" if self.settings.stage else ""

    def close(self) -> None:
        """Give back what was opened for this run."""
        self.store.close()
        if self.owns_engine:
            self.engine.dispose()

    def report(self, **counts: Any) -> LoadReport:
        return LoadReport(self.run.run_id, self.run.table, self.run.kind, attempts=self.attempt, **counts)


Work = Callable[[sa.Connection], LoadReport]
P = TypeVar("P")


@dataclass(frozen=True)
class Trial:
    """A query over no rows, what is `wrong` when it fails, and which option says what it asks."""

    query: str
    wrong: str
    option: str


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
    load_key: str = "",
    on_repeat: audit.OnRepeat = "skip",
    retry: Retry | None = None,
    guards: Guards | None = None,
) -> Session:
    settings = load_settings() if settings is None else settings
    named = isinstance(source, (str, os.PathLike))
    label = str(source) if named else f"a {type(source).__module__.split('.')[0]}.{type(source).__name__}"
    if isinstance(source, sa.TextClause):
        label = source.text
    return Session(
        run=audit.start(kind, table, label, actor, load_key, on_repeat),
        engine=engine if engine is not None else connect(settings),
        settings=settings,
        store=ObjectStore.from_settings(settings),
        progress=progress or silent,
        owns_engine=engine is None,
        retry=retry or Retry(),
        guards=guards or Guards(),
    )


@contextlib.contextmanager
def attempt(session: Session) -> Iterator[None]:
    """Record a failure in the log, if that can be reached; the failure itself is what the caller hears of. Then close
    what this run opened."""
    try:
        yield
    except BaseException as error:  # also an interrupt, and what the caller's own iterator raises
        kept = session.staged is not None and session.staged.owned
        told = f"What was staged is kept: {session.prefix}/." if kept else ""
        if isinstance(error, WarehouseError):
            error.next_step = f"{error.next_step} {told}".strip()
        else:
            told = f"Run {session.run.run_id} ended by it; what was not committed is rolled back. {told}"
            error.add_note(told.strip())
        with contextlib.suppress(sa.exc.SQLAlchemyError, WarehouseError), session.connection() as connection:
            audit.record_failure(connection, session.run, error)
        raise
    finally:
        session.close()


def describe_and_fit(
    session: Session,
    source: Any,
    design: TableDesign,
    options: CopyOptions,
    columns: Sequence[str] | None,
    rename: Mapping[str, str] | None = None,
    defaults: Collection[str] = (),
) -> tuple[Source, tuple[str, ...]]:
    """The delivery, held against `design` (the table as it is delivered) before a byte of it is sent, and the columns
    that it fills: those of its fields, then those that get a default."""
    with session.phase("describe"):
        described = _named(session, describe(source, options, session.store, columns))
        if rename:
            described = renamed(described, rename)
        fitting = (*fit(described, design, columns, defaults), *defaults)
        known = [name for name in fitting if cast(TableDesign, session.design).column(name) is not None]
        _probe(session, known)
    return described, fitting


def _named(session: Session, described: Source) -> Source:
    """The source with the names of its columns where only the warehouse knows them: those of a query that is a text."""
    if described.kind != "query" or described.names is not None:
        return described
    query = f"SELECT * FROM ({described.query}\n) AS q WHERE 1 = 0"
    with watched(session.engine, cast(TableDesign, session.design), session.waits_for):
        names = _try(session, Trial(query, "the query cannot be run", "the query"))
    return replace(described, names=names, width=len(names))


def _probe(session: Session, columns: Sequence[str]) -> None:
    """Ask the warehouse for no row of the columns: it answers whether table and columns are there. Then hold their
    types against the model."""
    design, log = cast(TableDesign, session.design), _log_design()
    for one, names in ((design, columns), (log, [column.name for column in log.columns])):
        with session.guarded() as connection:
            try:
                # Whoever has locked the table keeps this waiting, too.
                with watched(session.engine, one, session.waits_for):
                    table = sql.qualified(one.name, one.schema)
                    execute(connection, f"SELECT {sql.names(names)} FROM {table} WHERE 1 = 0")
                if one is design:
                    real = table_columns(connection, one.schema, one.name)
                    session.unknown = hold_against(one, real, names)
            except sa.exc.DBAPIError as error:
                raise explain(error, connection, one) from error


def _log_design() -> TableDesign:
    return TableDesign.from_table(cast(sa.Table, LoadAudit.__table__))


def stage_source(
    session: Session,
    source: Source,
    design: TableDesign,
    columns: tuple[str, ...],
    options: CopyOptions,
    *,
    keys: Sequence[str],
    compress: bool | None,
    shape: Shape | None = None,
    trials: Sequence[Trial] = (),
    plan: Callable[[Staged], P],
) -> P:
    """Send the delivery, whose fields go to `columns`, and plan what is done with it.

    Before a byte is sent, the plan is made of what will be there, and the `trials` are run: the warehouse computes what
    the caller has written for no row at all.
    """

    def made(*, send: bool) -> Staged:
        staged = stage(
            source,
            design,
            columns,
            store=session.store,
            prefix=session.prefix,
            options=options,
            keys=keys,
            compress=not session.settings.is_local if compress is None else compress,
            progress=session.progress,
            send=send,
        )
        return staged if shape is None else replace(staged, columns=shape.columns, shape=shape)

    plan(made(send=False))
    for trial in trials:
        _try(session, trial)
    with session.phase("stage"):
        session.staged = made(send=not session.dry)
    return plan(session.staged)


def _try(session: Session, trial: Trial) -> tuple[str, ...]:
    """Run a query over no rows; the names of its columns."""
    with session.guarded() as connection:
        try:
            return tuple(execute(connection, trial.query).keys())
        except sa.exc.DBAPIError as error:
            failure = explain(error, connection, session.design)
            if not failure.retryable:
                failure = LoadError(
                    f"{session.run.table}: {trial.wrong}: {server_error(error)}.",
                    next_step=f"Nothing was sent. Correct {trial.option}.",
                )
            raise failure from error


class Repeated(Exception):
    """A run of the same load key has succeeded before; `.report` tells what it did."""

    def __init__(self, report: LoadReport) -> None:
        super().__init__(report.run_id)
        self.report = report


def transact(session: Session, work: Work) -> LoadReport:
    """Do `work` in one transaction, and commit it with its row in the log; again when it may be tried again.

    Returns the report of what was committed, or of the earlier run of the same load key.
    """

    def waiting(failed: int) -> None:
        session.progress("wait", failed, session.retry.attempts)

    # Without a table nothing can be locked, so that a try whose end is unknown could run beside the next.
    for one in tries(session.retry if session.design else ONCE, waiting):
        with one:
            session.attempt += 1
            try:
                return _transaction(session, work)
            except Repeated as repeated:
                return repeated.report
            except ConnectionFailed:
                if (report := _committed(session)) is not None:
                    return report
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def _transaction(session: Session, work: Work) -> LoadReport:
    session.done = None if session.attempt == 1 else session.done
    with session.guarded() as connection:
        try:
            if not session.queues_late:
                queue(session, connection)
            session.done = work(connection)
            with session.phase("commit"):
                audit.record_success(connection, session.run, session.done)
                connection.commit()
        except sa.exc.DBAPIError as error:
            failure = explain(error, connection, session.design, session.staged)
            raise _placed(session, failure, error) from error
        except BaseException:
            with contextlib.suppress(sa.exc.DBAPIError):
                connection.rollback()
            raise
    return session.done


def _placed(session: Session, failure: WarehouseError, error: sa.exc.DBAPIError) -> WarehouseError:
    """The failure with the row of the file, where COPY did not tell it and the file does."""
    search = plan_search(failure, server_error(error), session.staged) if session.staged else None
    if search is not None:
        # Whatever comes in between, what COPY said is what the caller has to hear.
        with contextlib.suppress(Exception), session.phase("locate"):
            return search.run(session.store) or failure
    return failure


def queue(session: Session, connection: sa.Connection) -> None:
    """Queue for the table, then see whether this run, or one with its load key, has been here before.

    The log is read over a connection of its own: under SERIALIZABLE two loads that both read the log and write to it
    could not both commit.
    """
    if session.design is None:
        return
    with session.phase("lock"), watched(session.engine, session.design, session.waits_for):
        execute(connection, f"LOCK TABLE {sql.qualified(session.design.name, session.design.schema)}")
    if session.attempt > 1 and (report := _committed(session)) is not None:
        raise Repeated(report)
    if (earlier := succeeded(session)) is not None:
        raise Repeated(earlier)


def succeeded(session: Session) -> LoadReport | None:
    """The report of an earlier run with this load key; None when there was none, or when it is to be replayed."""
    if not session.run.skips_repeats:
        return None
    with session.connection() as reading:
        try:
            return audit.find_success(reading, session.run)
        except sa.exc.DBAPIError as error:
            raise explain(error, reading, _log_design()) from error


def _committed(session: Session) -> LoadReport | None:
    """The report of an earlier try whose COMMIT was executed though its answer was lost. None when the log does not
    tell of it, or cannot be read."""
    if session.done is None:
        return None
    with contextlib.suppress(sa.exc.SQLAlchemyError, WarehouseError), session.connection() as connection:
        if audit.is_recorded(connection, session.run):
            return session.done
    return None


def finish(session: Session, report: LoadReport) -> LoadReport:
    if session.staged is not None:
        with session.phase("clean"), contextlib.suppress(WarehouseError):
            # The data is committed; a part that stays behind costs storage, not truth.
            session.staged.remove(session.store)
    if session.design is not None and (advice := needed(session.design, report, made_anew=session.queues_late)):
        if session.upkeep:
            with session.phase("upkeep"):
                advice = do(session.engine, advice)
        report = replace(report, advice=advice)
    return replace(report, seconds=MappingProxyType(dict(session.seconds)))
