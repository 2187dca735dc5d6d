"""One migration at a time, in a warehouse without advisory locks whose alembic_version takes any number of rows.

A second connection holds `LOCK alembic_lock` in a transaction that lasts as long as the migration. Redshift ends that
transaction when the session ends, however it ends, so a holder that died blocks nobody; a row with a lease would block
until it expires, and a holder that was only slow would go on after it. LOCK waits for its turn under both isolation
levels, and it reads nothing, so the long transaction keeps no snapshot.

The table is empty and stays so: it is only there to be locked. https://docs.aws.amazon.com/redshift/latest/dg/r_LOCK.html
"""

from __future__ import annotations

import contextlib
import logging
import time
from types import TracebackType

import sqlalchemy as sa

from warehouse.db import locks
from warehouse.db.failures import server_error
from warehouse.errors import MigrationError
from warehouse.migrate.execution import history

log = logging.getLogger("alembic.runtime.migration.mutex")

NAME = "alembic_lock"
# Seconds of one attempt; after each the holder is looked up anew.
_ATTEMPT = 5.0
_CANCELLED = "57014"


class MigrationLocked(MigrationError):
    """Another migration of this warehouse is running."""

    retryable = True


def table(schema: str | None = None) -> sa.Table:
    """The table that is locked."""
    return sa.Table(
        NAME,
        sa.MetaData(),
        sa.Column("nothing", sa.BOOLEAN, nullable=False, comment="No row is ever written.", redshift_encode="raw"),
        schema=schema,
        comment="Locked by warehouse.migrate while a migration runs. It stays empty.",
        redshift_diststyle="ALL",
    )


class Mutex:
    """`with Mutex(engine, schema, wait=300): …`; raises MigrationLocked when its turn does not come within `wait` s.

    `wait` 0 refuses at once.
    """

    def __init__(self, engine: sa.Engine, schema: str | None = None, *, wait: float) -> None:
        self._engine = engine
        self._table = table(schema)
        self._wait = wait
        self._connection: sa.Connection | None = None

    def __enter__(self) -> Mutex:
        self._connection = self._engine.connect()
        try:
            self._create()
            self._acquire()
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._connection is not None
        # Ends the transaction, and with it the lock; a broken connection has ended both already.
        with contextlib.suppress(sa.exc.DBAPIError):
            self._connection.close()

    def is_held(self) -> bool:
        """Does the session that holds the lock still live? Asked now and then, which also keeps it alive."""
        assert self._connection is not None
        try:
            self._connection.execute(sa.text("SELECT 1"))
        except sa.exc.DBAPIError:
            return False
        return True

    def _create(self) -> None:
        connection = self._require()
        if sa.inspect(connection).has_table(NAME, schema=self._table.schema):
            connection.rollback()
            return
        try:
            for statement in history.creation(self._table):
                connection.execute(statement)
            connection.commit()
        except sa.exc.DBAPIError:
            # Two first migrations at once: the other one has made it.
            connection.rollback()
            if not sa.inspect(connection).has_table(NAME, schema=self._table.schema):
                raise
            connection.rollback()

    def _acquire(self) -> None:
        connection = self._require()
        began = time.monotonic()
        told: list[locks.Holder] = []
        while True:
            holders = locks.holders(connection, NAME, self._table.schema)
            connection.rollback()
            left = began + self._wait - time.monotonic()
            if holders and left <= 0:
                raise self._refusal(holders)
            if holders and holders != told:
                log.warning("Another migration runs (%s): waiting for it, at most %.0f s.", holders[0], left)
                told = holders
            if self._try(min(max(left, 1.0), _ATTEMPT)):
                return
            if time.monotonic() >= began + self._wait:
                raise self._refusal(holders)

    def _try(self, seconds: float) -> bool:
        connection = self._require()
        connection.execute(sa.text(f"SET statement_timeout TO {max(int(seconds * 1000), 1)}"))
        connection.commit()
        try:
            name = self._engine.dialect.identifier_preparer.format_table(self._table)
            connection.execute(sa.text(f"LOCK TABLE {name}"))
        except sa.exc.DBAPIError as error:
            connection.rollback()
            if server_error(error).code == _CANCELLED or "cancel" in str(server_error(error)).lower():
                return False
            raise
        return True

    def _refusal(self, holders: list[locks.Holder]) -> MigrationLocked:
        who = f": {holders[0]}" if holders else " (its session is not visible to this user)"
        kill = f" If nobody is behind it any more: SELECT pg_terminate_backend({holders[0].pid})." if holders else ""
        return MigrationLocked(
            f"Another migration of this warehouse runs{who}. Nothing was changed.",
            next_step=f"Run the command again when it is over; -x wait=SECONDS waits for it.{kill}",
        )

    def _require(self) -> sa.Connection:
        assert self._connection is not None
        return self._connection
