"""Serializable isolation: which transactions, one table counted as a whole, could have run one after another.

A block keeps one snapshot, and PostgreSQL refuses what two blocks change in the same rows. What is left to find is
write skew: each of two transactions reads a table that the other writes (AWS c_serial_isolation). A block that has
written is certified as it commits: it fails when it closes a cycle with blocks that committed since its snapshot.

Statements outside blocks are not certified: each sees what was committed when it began. On a cluster the statement that
closes the cycle fails; here it is COMMIT.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

# How many committed blocks are remembered; older ones are seen by every snapshot that is still in use.
_KEPT = 1000

# Tables that this transaction read or wrote, as its locks tell. pg_redshift.write_lock() marks what UPDATE and DELETE
# read.
QUESTION = """
SELECT pg_catalog.pg_current_xact_id_if_assigned(), pg_catalog.pg_current_snapshot(), d.oid,
       string_agg(DISTINCT l.rel::text, ',') FILTER (WHERE l.reads), string_agg(DISTINCT l.rel::text, ',') FILTER (WHERE NOT l.reads)
FROM pg_catalog.pg_database d LEFT JOIN (
    SELECT relation AS rel, mode = 'AccessShareLock' AS reads FROM pg_catalog.pg_locks
    WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND mode IN ('AccessShareLock', 'RowExclusiveLock')
    UNION ALL
    SELECT objid, true FROM pg_catalog.pg_locks
    WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'advisory' AND classid = 4 AND objsubid = 1
) AS l ON EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = l.rel AND c.relkind = 'r' AND c.relpersistence <> 't'
                  AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_redshift'::regnamespace, 'information_schema'::regnamespace))
WHERE d.datname = pg_catalog.current_database() GROUP BY d.oid
"""  # noqa: E501


@dataclass(frozen=True)
class Transaction:
    """What a block that has written did."""

    xid: int
    database: int
    reads: frozenset[int]
    writes: frozenset[int]
    xmin: int
    xmax: int
    running: frozenset[int]

    @classmethod
    def from_row(cls, row: list[str | None]) -> Transaction | None:
        """The answer to QUESTION; None for a transaction that has written nothing."""
        xid, snapshot, database, reads, writes = row
        if xid is None or not writes:
            return None
        xmin, xmax, running = str(snapshot).split(":")
        return cls(
            int(xid), int(str(database)), _numbers(reads), _numbers(writes), int(xmin), int(xmax), _numbers(running)
        )

    def sees(self, other: Transaction) -> bool:
        """True when the other had committed before this one's snapshot."""
        return other.xid < self.xmin or (other.xid < self.xmax and other.xid not in self.running)

    def must_precede(self, other: Transaction) -> bool:
        """True when this one read what the other has written since, or was over when the other began."""
        return other.sees(self) or (not self.sees(other) and bool(self.reads & other.writes))


def _numbers(text: str | None) -> frozenset[int]:
    return frozenset(int(one) for one in (text or "").split(",") if one)


class Certifier:
    """The blocks that committed lately. Safe for use by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._committed: deque[Transaction] = deque(maxlen=_KEPT)

    def admit(self, transaction: Transaction) -> Transaction | None:
        """Remember `transaction` as committed, or return one with which it cannot be put in any order."""
        with self._lock:
            others = [one for one in self._committed if one.database == transaction.database]
            culprit = _closes_cycle(transaction, others)
            if culprit is None:
                self._committed.append(transaction)
            return culprit

    def forget(self, transaction: Transaction) -> None:
        """Its COMMIT failed after all."""
        with self._lock:
            self._committed.remove(transaction)


def _closes_cycle(new: Transaction, others: Iterable[Transaction]) -> Transaction | None:
    """The last transaction on a way from `new` back to it, along "must precede"; None when there is no such way."""
    unseen = [one for one in others if not new.sees(one)]
    reached = [one for one in unseen if new.must_precede(one)]
    left = [one for one in unseen if one not in reached]
    while reached:
        one = reached.pop()
        if one.must_precede(new):
            return one
        following = [other for other in left if one.must_precede(other)]
        left = [other for other in left if other not in following]
        reached += following
    return None
