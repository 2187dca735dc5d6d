"""The query log: what every session ran, kept in the server's memory, shown through STL_QUERY and its relations.

A statement costs a few assignments here, and no commit: nothing is written. A statement that reads the log carries it
to PostgreSQL as a setting of its session (`redshift.history`), where catalog/44_history.sql unfolds it; so the log is
read without a snapshot in its way, in a read-only transaction too. The newest `KEPT` statements are kept until the
server stops; a cluster keeps two to five days. A view of a user's that reads the log shows what its session last read.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.local.translate import Pass, Plan, Steps
from warehouse.local.translate.plan import Refused
from warehouse.local.translate.tokens import literal, tokenize

KEPT = 10_000
# Of one text, and of the whole log when it is read: the log must not outgrow the data.
_LONGEST, _MOST = 16_000, 8_000_000
# Query IDs are taken from a file in portions, so that a server that was killed does not give one twice.
_PORTION = 10_000

_VIEWS = r"stl_(?:query|querytext|ddltext|utilitytext)|svl_(?:statementtext|qlog)|sys_query_(?:history|text)"
_READS = re.compile(rf'pg_redshift"?\."?(?:{_VIEWS}|stv_recents|stv_inflight|pg_last_query_id)\b')
_LABEL = re.compile(r"SET (LOCAL )?redshift\.query_group = '((?:[^']|'')*)'|RESET ALL")
# Statements whose texts hold no secret in a place that is known; all others are looked through.
_PLAIN = ("SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "ROLLBACK")
_SECRETS = {
    "CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "MASTER_SYMMETRIC_KEY", "PASSWORD",
}  # fmt: skip
_FILLERS = {"AS", "=", "TO"}


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
    start: float
    end: float = 0.0
    aborted: bool = False
    tag: str = ""
    error: str = ""
    json: str = ""

    def dump(self) -> str:
        if self.json:
            return self.json
        rows = self.tag.rpartition(" ")[2]
        found = json.dumps(
            {
                "id": self.id, "text": self.text[:_LONGEST], "label": self.label, "username": self.user,
                "database": self.database, "pid": self.pid, "xid": self.xid, "leader": self.leader,
                "started": self.start, "ended": self.end or None, "aborted": self.aborted,
                "rows": int(rows) if rows.isdigit() else 0, "error": self.error[:500],
            }
        )  # fmt: skip
        if self.end:
            self.json = found
        return found


class History:
    """The log of a server. Any thread may add to it."""

    def __init__(self, numbers: Path | None = None) -> None:
        """`numbers` is the file that remembers which query IDs were given."""
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._running: dict[int, Entry] = {}
        self._file = numbers
        self._lock = threading.Lock()
        self._next = self._limit = int(numbers.read_text()) if numbers and numbers.exists() else 100
        self._transactions = itertools.count(self._next)

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
        self._entries.append(entry)

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
    _waiting: deque[tuple[Entry, Plan]] = field(default_factory=deque)
    bound: bool = False

    def begin(self, text: str, plan: Plan, status: bytes) -> Entry:
        """A statement begins; `status` is the transaction's as PostgreSQL told it last."""
        if status == b"I" and not self._waiting:
            self._xid = self.history.transaction()
            self._local, self._label_before = "", self._label
        label = self._local or self._label
        entry = Entry(
            self.history.number(), redacted(text, plan), "default" if label == "unset" else label, self.user,
            self.database, self.pid, self._xid, isinstance(plan, Pass) and plan.leader, time.time(),
        )  # fmt: skip
        self.history.begin(entry)
        return entry

    def wait(self, text: str, plan: Plan, status: bytes) -> None:
        """A statement goes to PostgreSQL, whose answer ends it."""
        self._waiting.append((self.begin(text, plan, status), plan))

    def complete(self, tag: str) -> None:
        if self._waiting:
            entry, plan = self._waiting.popleft()
            self.end(entry, plan, tag=tag)
            if self._waiting:
                self._waiting[0][0].start = entry.end

    def fail(self, error: str) -> None:
        """The statement in turn failed; those behind it never ran. A text that does not parse is not a query."""
        if self._waiting and self.bound:
            entry, plan = self._waiting.popleft()
            self.end(entry, plan, error=error or "failed")
        self.settle()

    def settle(self) -> None:
        for entry, _ in self._waiting:
            self.history.forget(entry)
        self._waiting.clear()
        self.bound = False

    def end(self, entry: Entry, plan: Plan, *, tag: str = "", error: str = "") -> None:
        entry.end = time.time()
        entry.tag, entry.error, entry.aborted = tag, error, bool(error)
        self.history.finish(entry)
        if not entry.leader and _first_word(entry.text) in _QUERIES:
            self.last = entry.id
        sql = getattr(plan, "sql", "") if isinstance(plan, Pass) else getattr(plan, "main", "")
        if error or not isinstance(sql, str):
            return
        if tag == "ROLLBACK":
            self._label, self._local = self._label_before, ""
        elif found := _LABEL.match(sql):
            value = (found[2] or "unset").replace("''", "'")
            if found[1]:
                self._local = value
            else:
                self._label = value

    def is_read(self, plan: Plan) -> bool:
        """True when `plan` reads the log, or asks for the last query's number."""
        sql = plan.sql if isinstance(plan, Pass) else plan.main if isinstance(plan, Steps) else ""
        return "pg_redshift" in sql and _READS.search(sql) is not None

    def preparation(self, *, everything: bool) -> str:
        """What hands the log over to PostgreSQL: `everything`, or what this session's user ran."""
        log = self.history.dump(None if everything else self.user)
        return (
            f"SELECT set_config('redshift.history', {literal(log)}, false), "
            f"set_config('redshift.query_id', '{self.last}', false)"
        )


_QUERIES = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "UNLOAD", "("}
_FIRST = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*(\w+)", re.DOTALL)


def _first_word(text: str) -> str:
    found = _FIRST.match(text)
    return found[1].upper() if found else ""


def redacted(text: str, plan: Plan) -> str:
    """`text` without what stands behind CREDENTIALS, PASSWORD and their like; one that cannot be cut loses its end."""
    if isinstance(plan, Pass) and plan.sql.startswith(_PLAIN):
        return text
    upper = text.upper()
    if not any(word in upper for word in _SECRETS):
        return text
    try:
        tokens = tokenize(text)
    except Refused:
        return text[: min(at for word in _SECRETS if (at := upper.find(word)) >= 0)]
    parts, at = [], 0
    for index, token in enumerate(tokens):
        if token.kind in ("string", "name") and _behind_secret(tokens, index):
            parts += [text[at : token.start], "'***'"]
            at = token.end
    return "".join(parts) + text[at:]


def _behind_secret(tokens: Sequence[object], index: int) -> bool:
    for token in reversed(tokens[:index]):
        word = getattr(token, "word", "") or getattr(token, "text", "").upper()
        if word not in _FILLERS:
            return word in _SECRETS
    return False
