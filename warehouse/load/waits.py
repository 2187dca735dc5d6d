"""Says on whom a run waits: a thread that looks at SVV_TRANSACTIONS, over a connection of its own, while LOCK waits.

A run that queues for its table looks like one that hangs. After some seconds the caller hears who holds the table, by
the log and by progress; nothing else changes, and a watch that fails is let go.

https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_TRANSACTIONS.html
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from warehouse.db import locks
from warehouse.schema import TableDesign

log = logging.getLogger(__name__)

# Seconds: from when on a wait is worth a word, and how often it is looked at after that.
PATIENCE, _TICK = 2.0, 5.0


@contextlib.contextmanager
def watched(engine: sa.Engine, design: TableDesign, tell: Callable[[str], None]) -> Iterator[None]:
    """Call `tell` with the session that holds the table, from another thread, while the body takes its time."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(engine, design, tell, over), name="load watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def holder(connection: sa.Connection, design: TableDesign) -> locks.Holder | None:
    """Who holds the table, as far as it can be seen: the oldest transaction. Ends the connection's own."""
    try:
        found = locks.holders(connection, design.name, design.schema)
        connection.rollback()
    except sa.exc.DBAPIError:
        connection.rollback()
        return None
    return found[0] if found else None


def _watch(engine: sa.Engine, design: TableDesign, tell: Callable[[str], None], over: threading.Event) -> None:
    if over.wait(PATIENCE):
        return
    told = None
    with contextlib.suppress(sa.exc.SQLAlchemyError, OSError), engine.connect() as connection:
        while not over.is_set():
            found = holder(connection, design)
            if found is not None and found != told:
                told = found
                log.warning("%s: waiting for %s", design.qualified_name, found)
                tell(str(found))
            if over.wait(_TICK):
                return
