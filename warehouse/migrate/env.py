"""The whole of Alembic's environment; `migrations/env.py` only calls `run`.

    alembic upgrade head            against the configured warehouse (WAREHOUSE_URL, or the embedded Redshift)
    alembic upgrade head --sql      prints a script for psql; needs no server
    alembic -x url=… upgrade head   against another one
    alembic -x debug=true …         with the traceback of an error

    -x wait=SECONDS                 how long to wait for another migration that runs (0: refuse at once)
    -x lock_timeout=SECONDS         how long a statement may wait for a table that somebody else holds
    -x edited=REVISION,…            these revisions were edited after they ran, and may be
    -x step=done|again              the answer about a step of which nobody can know whether it is done

Commands that change the warehouse take the mutex, ask the guards and keep alembic_history (execution/). Whatever goes
wrong is one of our errors: the `alembic` command prints it as one paragraph, a caller from Python gets it as it is.
"""

from __future__ import annotations

import logging
import traceback
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy.pool import NullPool

from warehouse.db.dialect import adapt
from warehouse.db.engine import connect, warehouse_url
from warehouse.db.failures import right_missing, server_error
from warehouse.discipline import Config
from warehouse.errors import ConnectionFailed, DisciplineError, MigrationError, SettingsError, WarehouseError
from warehouse.migrate import plugin
from warehouse.migrate.execution.conductor import Conductor, past_the_ops
from warehouse.migrate.execution.history import told
from warehouse.migrate.execution.mutex import Mutex
from warehouse.migrate.execution.watch import Watch
from warehouse.migrate.gate import refuse_revision
from warehouse.migrate.impl import RedshiftImpl
from warehouse.migrate.rebuild.stage import Stage
from warehouse.migrate.render import render_item
from warehouse.settings import Settings, load_settings

# Keys of Config.attributes, by which a caller from Python hands things over.
SETTINGS, METADATA = "warehouse.settings", "warehouse.metadata"
# What `--sql` compiles for when no URL is configured.
_OFFLINE_URL = "redshift+redshift_connector://"
_STATEMENT_SHOWN = 200  # characters of a refused statement in a message: enough to recognise it, one paragraph still


def run(metadata: sa.MetaData) -> None:
    """Run the current Alembic command for these models. Called by migrations/env.py."""
    by_hand = context.config.cmd_opts is not None
    if by_hand:
        _show_progress()
    try:
        plugin.register()
        target = context.config.attributes.get(METADATA, metadata)
        if context.is_offline_mode():
            _offline(target)
        else:
            _online(target)
    except WarehouseError as error:
        debug = context.get_x_argument(as_dictionary=True).get("debug", "").lower() in ("true", "1", "yes")
        if not by_hand or debug:
            raise
        raise CommandError(str(error)) from error


def settings() -> Settings:
    """The settings of this command: `-x url=…`, else those handed over by the caller, else the environment's."""
    given = context.config.attributes.get(SETTINGS)
    base = given if isinstance(given, Settings) else load_settings()
    url = context.get_x_argument(as_dictionary=True).get("url", "")
    return replace(base, url=url, is_local=False) if url else base


def _online(metadata: sa.MetaData) -> None:
    found = settings()
    engine = connect(found, poolclass=NullPool)
    try:
        with engine.connect() as connection, ExitStack() as stack:
            _configure(metadata, connection=connection)
            if _changes_the_warehouse():
                _enter(stack, engine, connection, found)
            _migrate()
    except sa.exc.DBAPIError as error:
        # Outside of a revision: reading the version table, or reflecting.
        _refused(error, None)
    finally:
        engine.dispose()


def _changes_the_warehouse() -> bool:
    """upgrade, downgrade and stamp have a destination; current, check and revision only read."""
    return "destination_rev" in context.get_context().opts


def _enter(stack: ExitStack, engine: sa.Engine, connection: sa.Connection, found: Settings) -> None:
    """Keep other migrations out, watch what runs, and keep the history."""
    made = context.get_context()
    impl = made.impl
    assert isinstance(impl, RedshiftImpl) and impl.conductor is not None
    mutex = stack.enter_context(Mutex(engine, made.version_table_schema, wait=_seconds("wait", found.migration_wait)))
    lock_timeout = _seconds("lock_timeout", found.lock_timeout)
    impl.watch = stack.enter_context(Watch(connection, engine, lock_timeout=lock_timeout, is_held=mutex.is_held))
    impl.stage = Stage.of(found)
    impl.conductor.prepare()
    stack.enter_context(past_the_ops(connection, impl))


def _seconds(name: str, default: float) -> float:
    said = _option(name)
    try:
        return float(said) if said else default
    except ValueError:
        raise SettingsError(f"-x {name}={said} is no number of seconds.", next_step=f"Say -x {name}=60.") from None


def _option(name: str) -> str:
    """What `-x name=…` says, or what a caller from Python handed over under that name."""
    given: str = context.get_x_argument(as_dictionary=True).get(name, "")
    return given or str(context.config.attributes.get(f"warehouse.{name}", ""))


def _offline(metadata: sa.MetaData) -> None:
    url = settings().url
    drivername = warehouse_url(url).drivername if url else _OFFLINE_URL.split(":")[0]
    # The URL itself stays out: only its dialect matters. "named" keeps % single in what is printed.
    _configure(
        metadata,
        url=sa.URL.create(drivername),
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        output_encoding=None,
    )
    _migrate()


def _configure(metadata: sa.MetaData, **options: Any) -> None:
    options = {name: value for name, value in options.items() if value is not None}
    context.configure(
        target_metadata=metadata,
        transaction_per_migration=True,
        process_revision_directives=refuse_revision,
        render_item=render_item,
        on_version_apply=_applied,
        autogenerate_plugins=plugin.PLUGINS,
        **options,
    )
    made = context.get_context()
    adapt(made.dialect)
    if not isinstance(made.impl, RedshiftImpl):
        raise MigrationError(
            f"The URL's dialect {made.dialect.name!r} is not Redshift.",
            next_step="Begin it with redshift+redshift_connector://.",
        )
    made.impl.migration_context = made
    made.impl.config = Config.load(settings().home)
    answer = _option("step")
    if answer not in ("", "done", "again"):
        raise SettingsError(f"-x step={answer} is no answer.", next_step="Say -x step=done or -x step=again.")
    edited = frozenset(one for one in _option("edited").split(",") if one)
    made.impl.conductor = Conductor(made, edited, answer or None)  # type: ignore[arg-type]


def _applied(ctx: MigrationContext, step: Any, heads: Any, run_args: Any) -> None:
    """A revision's version was written: its history belongs into the same transaction."""
    if isinstance(ctx.impl, RedshiftImpl) and ctx.impl.conductor is not None:
        ctx.impl.conductor.applied(step)


def _migrate() -> None:
    try:
        with context.begin_transaction():
            context.run_migrations()
    except WarehouseError as error:
        where = _revision_line(error)
        if not where:
            raise
        message = f"{where}: {error.message}"
        if isinstance(error, DisciplineError):
            raise DisciplineError(message, findings=error.findings, next_step=error.next_step) from error
        raise type(error)(message, next_step=error.next_step) from error
    except sa.exc.SQLAlchemyError as error:
        _refused(error, _revision_line(error))


def _refused(error: sa.exc.SQLAlchemyError, where: str | None) -> NoReturn:
    """Raise MigrationError for what the warehouse, or SQLAlchemy's compiler, refused."""
    impl = context.get_context().impl
    if isinstance(impl, RedshiftImpl) and impl.watch is not None and (gave_up := impl.watch.gave_up):
        raise MigrationError(
            f"{where}: {gave_up.message}" if where else gave_up.message, next_step=gave_up.next_step
        ) from error
    # What is asked of a broken connection afterwards fails in its own way.
    if isinstance(error, sa.exc.PendingRollbackError) or getattr(error, "connection_invalidated", False):
        message = "the connection to the warehouse broke"
        raise ConnectionFailed(
            f"{where}: {message}." if where else f"{message[0].upper()}{message[1:]}.",
            next_step="Run the same command again: it goes on from what the warehouse has recorded.",
        ) from error
    undone = _left(impl)
    if isinstance(error, sa.exc.DBAPIError):
        statement = " ".join((error.statement or "").split())
        if len(statement) > _STATEMENT_SHOWN:
            statement = f"{statement[:_STATEMENT_SHOWN]} …"
        message = f"the warehouse refused a statement: {server_error(error)}. The statement: {statement}."
        undone = f"{right_missing(server_error(error))} {undone}".strip()
    else:
        message = f"the statement cannot be made for Redshift: {error}"
    raise MigrationError(
        f"{where}: {message}" if where else message[0].upper() + message[1:], next_step=undone
    ) from error


def _left(impl: Any) -> str:
    """What a failed revision leaves in the warehouse, and how to go on."""
    run = impl.conductor.run if isinstance(impl, RedshiftImpl) and impl.conductor is not None else None
    if run is None:
        return "Nothing was changed."
    if not run.left_transaction:
        return "Nothing of this revision is in the warehouse. Mend it and run the same command again."
    return (
        f"{told(run.entry.steps)} in the warehouse, because a statement after that runs outside a "
        "transaction; that is recorded. Mend the rest and run the same command again (with "
        f"-x edited={run.entry.revision} when the file was edited): it goes on from there."
    )


def _revision_line(error: BaseException) -> str | None:
    """`migrations/versions/x.py:23` for an error that came from a revision, else None."""
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        names = frame.f_globals
        # Only a revision's module has both of these.
        if "revision" in names and "down_revision" in names:
            found = f"{_relative(frame.f_code.co_filename)}:{line}"
    return found


def _relative(filename: str) -> str:
    path = Path(filename)
    try:
        return str(path.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(path)


def _show_progress() -> None:
    """Let the `alembic` command say on stderr which revisions it runs. A library's caller logs as it likes."""
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    logging.getLogger("alembic.autogenerate.compare").setLevel(logging.INFO)
    # Alembic logs an error and prints it: once is enough.
    logging.getLogger("alembic.util.messaging").setLevel(logging.CRITICAL)
