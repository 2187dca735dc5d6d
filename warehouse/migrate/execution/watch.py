"""Watches the statement that runs: says how long it takes, on whom it waits, and ends a wait that takes too long.

An ALTER that waits for a reader makes every later reader wait behind it, and Redshift has no lock_timeout. So a thread
looks at SVV_TRANSACTIONS over a connection of its own once a statement has run for a while; after `lock_timeout`
seconds of waiting the statement is cancelled, which leaves the warehouse as it was before it. Work is never cancelled,
only waiting.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from warehouse.db import locks
from warehouse.db.system import session_id
from warehouse.errors import MigrationError
from warehouse.migrate.execution.steps import shown

log = logging.getLogger("alembic.runtime.migration.watch")

# Seconds: how often it looks, from when on a statement is worth a look, how often progress is told, and how often the
# lock's session is asked whether it lives (routers forget connections that are silent for some minutes).
_TICK, _PATIENCE, _TELL, _ALIVE = 0.5, 2.0, 30.0, 30.0


class Watch:
    """`with Watch(connection, engine, lock_timeout=120, is_held=mutex.is_held): …` around a migration.

    Raises MigrationError before the next statement when `is_held` says that the lock is lost.
    """

    def __init__(
        self, connection: sa.Connection, engine: sa.Engine, *, lock_timeout: float, is_held: Callable[[], bool]
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._lock_timeout = lock_timeout
        self._is_held = is_held
        self._session = session_id(connection)
        connection.rollback()
        self._statement: tuple[str, float] | None = None
        self._lost = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="migration watch", daemon=True)
        # Set when a wait was ended: the error that the cancelled statement stands for.
        self.gave_up: MigrationError | None = None

    def __enter__(self) -> Watch:
        event.listen(self._connection, "before_cursor_execute", self._begin)
        event.listen(self._connection, "after_cursor_execute", self._end)
        event.listen(self._connection.engine, "handle_error", self._failed)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        event.remove(self._connection, "before_cursor_execute", self._begin)
        event.remove(self._connection, "after_cursor_execute", self._end)
        event.remove(self._connection.engine, "handle_error", self._failed)

    def _begin(self, conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if self._lost:
            raise MigrationError(
                "The session that kept other migrations out is gone, so this one stops before its next statement.",
                next_step="See whether another migration runs, then run the same command again: it goes on from here.",
            )
        self._statement = (statement, time.monotonic())

    def _end(self, *_: Any) -> None:
        self._statement = None

    def _failed(self, context: Any) -> None:
        if context.connection is self._connection:
            self._statement = None

    def _run(self) -> None:
        looking: sa.Connection | None = None
        waits_since: float | None = None
        told = asked = time.monotonic()
        seen: tuple[str, float] | None = None
        try:
            while not self._over.wait(_TICK):
                now = time.monotonic()
                if now - asked > _ALIVE:
                    asked = now
                    self._lost = self._lost or not self._is_held()
                running = self._statement
                if running != seen:
                    seen, waits_since, told = running, None, now
                if running is None or now - running[1] < _PATIENCE:
                    continue
                looking = looking or self._engine.connect()
                blockers = locks.blockers(looking, self._session)
                looking.rollback()
                if not blockers:
                    waits_since = None
                    if now - told > _TELL:
                        told = now
                        log.info("Still running, %.0f s: %s", now - running[1], shown(running[0]))
                    continue
                if waits_since is None or now - told > _TELL:
                    told = now
                    held = blockers[0]
                    log.warning("Waiting for a lock on %s, held by %s: %s", held.table, held, shown(running[0]))
                waits_since = waits_since or now
                if now - waits_since > self._lock_timeout and self._statement == running:
                    self.gave_up = self._given_up(blockers[0])
                    locks.cancel(looking, self._session)
                    looking.rollback()
                    waits_since = None
        except sa.exc.DBAPIError as error:
            # The watch is a help: without it the migration goes on.
            log.warning("The migration is not watched any more: %s", error)
        finally:
            if looking is not None:
                looking.close()

    def _given_up(self, holder: locks.Holder) -> MigrationError:
        return MigrationError(
            f"Gave up after {self._lock_timeout:.0f} s of waiting for a lock on {holder.table}, held by {holder}.",
            next_step="Run the same command again when that is over: it goes on from here. -x lock_timeout=SECONDS "
            f"waits longer; SELECT pg_terminate_backend({holder.pid}) ends the other session.",
        )
