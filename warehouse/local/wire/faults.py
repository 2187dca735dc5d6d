"""What is to go wrong, by database (translate/faults.py), and whom it hits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from warehouse.local.translate.plan import Fault

# Statements that write, to which a disk may be full.
_WRITES = frozenset(("INSERT", "UPDATE", "DELETE", "MERGE", "COPY"))
# What a kind hits by itself. A serializable database finds a conflict as a transaction commits, one with snapshots as
# it changes a row that another has changed.
_BY_ITSELF = {"disk full": _WRITES, "slow copy": frozenset(("COPY",))}
_COMMITS = frozenset(("COMMIT", "END"))
_CHANGES = frozenset(("UPDATE", "DELETE", "MERGE"))


class Faults:
    """The faults of all databases. Any thread may ask for one, or meet it."""

    def __init__(self, s3: Callable[[Fault], None]) -> None:
        """`s3` makes the S3 endpoint fail; a fault without a kind makes it work again."""
        self._s3 = s3
        self._lock = threading.Lock()
        self._waiting: dict[str, list[Fault]] = {}
        # Read without the lock: most servers never have one.
        self.armed = False

    def ask(self, database: str, fault: Fault) -> None:
        if fault.kind.startswith("s3"):
            self._s3(fault)
            return
        with self._lock:
            if fault.kind:
                self._waiting.setdefault(database, []).append(fault)
            else:
                self._waiting.pop(database, None)
            self.armed = bool(self._waiting)
        if not fault.kind:
            self._s3(fault)

    def strike(self, database: str, word: str, *, alone: bool, serializable: bool) -> Fault | None:
        """The fault that hits a statement whose first word is `word`; `alone` says that it is in no block."""
        with self._lock:
            waiting = self._waiting.get(database, [])
            for at, fault in enumerate(waiting):
                if not _hits(fault, word, alone=alone, serializable=serializable):
                    continue
                if fault.times > 1:
                    waiting[at] = replace(fault, times=fault.times - 1)
                else:
                    del waiting[at]
                if not waiting:
                    del self._waiting[database]
                    self.armed = bool(self._waiting)
                return fault
        return None


def _hits(fault: Fault, word: str, *, alone: bool, serializable: bool) -> bool:
    if fault.on:
        return word == fault.on or (fault.on in _COMMITS and word in _COMMITS)
    if fault.kind == "conflict" and serializable:
        return word in _COMMITS or (alone and word in _WRITES)
    if fault.kind == "conflict":
        return word in _CHANGES
    return word in _BY_ITSELF.get(fault.kind, (word,))
