"""The query log: what every session ran, kept in the server's memory, shown through STL_QUERY and its relations.

A statement costs a few assignments here, and no commit: nothing is written. A statement that reads the log carries it
to PostgreSQL as a setting of its session (`redshift.history`), where catalog/44_history.sql unfolds it; so the log is
read without a snapshot in its way, in a read-only transaction too. The newest `KEPT` statements are kept until the
server stops; a cluster keeps two to five days. A view of a user's that reads the log is known by its name (`reader`),
so that a statement that reads it carries the log too.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.local.translate import Call, Pass
from warehouse.local.translate.tokens import literal
from warehouse.local.wire.statement import Statement

KEPT = 10_000
KEPT_CONNECTIONS = 5_000
# Characters of all texts: as they are kept, and of the whole log as it is read. The log must not outgrow the data.
_HELD, _MOST = 16_000_000, 8_000_000
# Query IDs are taken from a file in portions, so that a server that was killed does not give one twice.
_PORTION = 10_000


@dataclass(slots=True)
class Entry:
    """One statement: times are seconds since 1970."""

    id: int
    text: str
    label: str
    user: str
    database: str
    pid: int
    xid: int
    leader: bool
    reads: tuple[str, ...]
    start: float
    end: float = 0.0
    aborted: bool = False
    tag: str = ""
    error: str = ""
    # The CALL that it was run by, and what RAISE said in it: (level, when, text).
    caller: int = 0
    # The table over which it could not be put in order with others (error 1023).
    conflict: int = 0
    messages: list[tuple[str, float, str]] = field(default_factory=list)
    json: str = ""

    def dump(self) -> str:
        if self.json:
            return self.json
        rows = self.tag.rpartition(" ")[2]
        found = json.dumps(
            {
                "id": self.id, "text": self.text, "label": self.label, "username": self.user,
                "database": self.database, "pid": self.pid, "xid": self.xid, "leader": self.leader, "reads": self.reads,
                "started": self.start, "ended": self.end or None, "aborted": self.aborted,
                "rows": int(rows) if rows.isdigit() else 0, "error": self.error[:500],
                "caller": self.caller or None, "conflict": self.conflict or None,
                "messages": self.messages,
            }
        )  # fmt: skip
        if self.end:
            self.json = found
        return found


class History:
    """The log of a server. Any thread may add to it."""

    def __init__(self, numbers: Path | None = None) -> None:
        """`numbers` is the file that remembers which query IDs were given."""
        self._entries: deque[Entry] = deque()
        self._held = 0
        self._running: dict[int, Entry] = {}
        self._file = numbers
        self._lock = threading.Lock()
        self._next = self._limit = int(numbers.read_text()) if numbers and numbers.exists() else 100
        self._transactions = itertools.count(self._next)
        self._connections: deque[str] = deque(maxlen=KEPT_CONNECTIONS)
        self._readers: set[str] = set()
        self._through: re.Pattern[str] | None = None

    def number(self) -> int:
        with self._lock:
            if self._next >= self._limit:
                self._limit = self._next + _PORTION
                if self._file is not None:
                    self._file.write_text(str(self._limit))
            self._next += 1
            return self._next - 1

    def transaction(self) -> int:
        return next(self._transactions)

    def begin(self, entry: Entry) -> None:
        self._running[entry.id] = entry

    def forget(self, entry: Entry) -> None:
        self._running.pop(entry.id, None)

    def finish(self, entry: Entry) -> None:
        self._running.pop(entry.id, None)
        with self._lock:
            self._entries.append(entry)
            self._held += len(entry.text)
            while len(self._entries) > KEPT or self._held > _HELD:
                self._held -= len(self._entries.popleft().text)

    def reader(self, view: str) -> None:
        """A view of a user's reads the log: whatever names it does too."""
        with self._lock:
            self._readers.add(view)
            self._through = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._readers))})\b")

    def is_read_through_view(self, sql: str) -> bool:
        return self._through is not None and self._through.search(sql) is not None

    def connection(self, event: str, **facts: object) -> None:
        """Somebody connected, was refused, or left (AWS r_STL_CONNECTION_LOG)."""
        self._connections.append(json.dumps({"event": event, "at": time.time(), **facts}))

    def connections(self) -> str:
        """The log of connections as JSON."""
        return f"[{','.join(list(self._connections))}]"

    def dump(self, user: str | None) -> str:
        """The log as JSON, newest first, as much as a session takes; of one user, when one is named."""
        found: list[str] = []
        size = 0
        for entry in itertools.chain(list(self._running.values()), reversed(list(self._entries))):
            if user is not None and entry.user != user:
                continue
            found.append(entry.dump())
            size += len(found[-1])
            if size > _MOST:
                break
        return f"[{','.join(found)}]"


@dataclass
class Recorder:
    """One session's part in the log. What PostgreSQL answers by itself waits in a row; ours come one by one."""

    history: History
    user: str
    database: str
    pid: int
    last: int = -1
    _label: str = "unset"
    _label_before: str = "unset"
    _local: str = ""
    _xid: int = 0
    _waiting: deque[tuple[Entry, Statement, int]] = field(default_factory=deque)
    # Calls of procedures that are running, the innermost last.
    _calls: list[Entry] = field(default_factory=list)
    conflict: int = 0

    def begin(self, statement: Statement, status: bytes) -> Entry:
        """A statement begins; `status` is the transaction's as PostgreSQL told it last."""
        if status == b"I" and not self._waiting:
            self._xid = self.history.transaction()
            self._local, self._label_before = "", self._label
        label = self._local or self._label
        plan = statement.plan
        entry = Entry(
            self.history.number(), statement.logged, "default" if label == "unset" else label, self.user,
            self.database, self.pid, self._xid, isinstance(plan, Pass) and plan.leader,
            statement.reads, time.time(),
        )  # fmt: skip
        if self._calls:
            entry.caller = self._calls[0].id
        if isinstance(plan, Call):
            self._calls.append(entry)
        self.history.begin(entry)
        return entry

    def said(self, level: str, text: str) -> None:
        """RAISE, in the procedure that runs."""
        if self._calls:
            self._calls[0].messages.append((level, time.time(), text[:1024]))

    def wait(self, statement: Statement, status: bytes, position: int) -> None:
        """A statement goes to PostgreSQL, whose answer ends it, behind `position` other requests of its batch."""
        self._waiting.append((self.begin(statement, status), statement, position))

    def complete(self, tag: str) -> None:
        if self._waiting:
            entry, statement, _ = self._waiting.popleft()
            self.end(entry, statement, tag=tag)
            if self._waiting:
                self._waiting[0][0].start = entry.end

    def fail(self, error: str, answered: int) -> None:
        """A request behind `answered` others failed; what is behind it never ran. What was not bound is no query."""
        if self._waiting and answered >= self._waiting[0][2]:
            entry, statement, _ = self._waiting.popleft()
            self.end(entry, statement, error=error or "failed")
        self.settle()

    def settle(self) -> None:
        for entry, _, _ in self._waiting:
            self.history.forget(entry)
        self._waiting.clear()

    def end(self, entry: Entry, statement: Statement, *, tag: str = "", error: str = "") -> None:
        entry.end = time.time()
        if isinstance(statement.plan, Call):
            self._calls.remove(entry)
        entry.tag, entry.error, entry.aborted = tag, error, bool(error)
        entry.conflict, self.conflict = self.conflict, 0
        self.history.finish(entry)
        if statement.is_query and not entry.leader:
            self.last = entry.id
        if error:
            return
        if tag == "ROLLBACK":
            self._label, self._local = self._label_before, ""
        elif statement.label is not None:
            if statement.label_is_local:
                self._local = statement.label
            else:
                self._label = statement.label

    def preparation(self, *, everything: bool) -> str:
        """What hands the log over to PostgreSQL: `everything`, or what this session's user ran."""
        log = self.history.dump(None if everything else self.user)
        return (
            f"SELECT set_config('redshift.history', {literal(log)}, false), "
            f"set_config('redshift.query_id', '{self.last}', false), "
            f"set_config('redshift.connections', {literal(self.history.connections() if everything else '')}, false)"
        )
