"""One connection to the PostgreSQL behind us, over its private socket, with blocking reads.

The session relays through it; COPY and UNLOAD stream through it; `rows()` serves our own small questions.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from warehouse.local.wire import messages as m

_CHUNK = 1 << 18
_HEADER = struct.Struct("!Bi").unpack_from
_COPY_DATA, _ERROR, _COMPLETE, _READY = b"dECZ"


# What a statement answers: (name, type OID, type modifier) of each column, rows as text, the command tag.
Result = tuple[list[tuple[str, int, int]], list[list[str | None]], str]


class UpstreamError(Exception):
    """PostgreSQL answered with an error. `.notice` holds its fields."""

    def __init__(self, notice: m.Notice) -> None:
        super().__init__(notice.text)
        self.notice = notice


class UpstreamGone(Exception):
    """The connection to PostgreSQL ended."""


class Upstream:
    """A connection to PostgreSQL. Not safe for use by two threads."""

    def __init__(self, socket_path: Path, parameters: dict[str, str]) -> None:
        """Connect and log in (the private socket trusts its owner). Raises UpstreamError, UpstreamGone."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.status = b"I"
        # The numbers of the statement that runs and of its transaction, for what refers to them (COPY's load views).
        self.query_id = self.transaction = 0
        self.parameters: dict[str, str] = {}
        self.user, self.database = parameters.get("user", ""), parameters.get("database", "")
        self.pid = 0
        self.key = b""
        # Asked whenever PostgreSQL keeps us waiting, and between the pieces of a COPY: whether it is still worth it.
        # What it raises ends the wait, and PostgreSQL is left at work.
        self.watch: Callable[[], None] | None = None
        self.left = False
        self._reader = m.Reader(limit=1 << 30)
        try:
            self.socket.connect(str(socket_path))
            self.socket.sendall(m.startup(parameters))
            self._log_in()
        except OSError as error:
            self.socket.close()
            raise UpstreamGone(f"PostgreSQL is not reachable: {error}") from error
        except Exception:
            self.socket.close()
            raise

    def _log_in(self) -> None:
        while True:
            kind, body = self._next()
            if kind == b"S":
                name, at = m.take_text(body)
                self.parameters[name] = m.take_text(body, at)[0]
            elif kind == b"K":
                self.pid, self.key = int.from_bytes(body[:4], "big"), body[4:]
            elif kind == b"E":
                raise UpstreamError(m.parse_notice(body))
            elif kind == b"Z":
                self.status = body
                return

    def _next(self) -> tuple[bytes, bytes]:
        while (found := self._reader.take()) is None:
            self._reader.feed(self._receive())
        return found

    def _receive(self) -> bytes:
        while True:
            try:
                data = self.socket.recv(_CHUNK)
            except BlockingIOError:  # a session has given this socket a time limit
                self.look()
                continue
            except OSError as error:
                raise UpstreamGone(f"PostgreSQL closed the connection: {error}") from error
            if not data:
                raise UpstreamGone("PostgreSQL closed the connection")
            return data

    def look(self) -> None:
        """Ask `watch`, if there is one. Raises what it raises."""
        if self.watch is not None:
            try:
                self.watch()
            except BaseException:
                self.left = True
                raise

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise UpstreamGone(f"PostgreSQL closed the connection: {error}") from error

    def rows(self, sql: str) -> list[list[str | None]]:
        """Run `sql` (one or several statements) and return all rows, values as text. Raises UpstreamError."""
        return list(self._answers(m.query(sql)))

    def run(self, sql: str) -> str:
        """Run `sql` and return the last command tag. Raises UpstreamError."""
        for _ in self._answers(m.query(sql)):
            pass
        return self.last_tag

    last_tag = ""

    def ask(self, sql: str, told: Callable[[m.Notice], None]) -> list[Result]:
        """Run `sql` and return what each of its statements answers; `told` hears notices. Raises UpstreamError."""
        self.send(m.query(sql))
        failure: m.Notice | None = None
        found: list[Result] = []
        columns: list[tuple[str, int, int]] = []
        rows: list[list[str | None]] = []
        while True:
            kind, body = self._next()
            if kind == b"T":
                columns = m.parse_row_description(body)
            elif kind == b"D":
                rows.append([None if v is None else bytes(v).decode("utf-8") for v in m.parse_data_row(body)])
            elif kind == b"C":
                found.append((columns, rows, m.take_text(body)[0]))
                columns, rows = [], []
            elif kind == b"N":
                told(m.parse_notice(body))
            elif kind == b"E":
                failure = m.parse_notice(body)
            elif kind == b"Z":
                self.status = body
                break
        if failure is not None:
            raise UpstreamError(failure)
        return found

    def run_bound(self, sql: str, types: bytes, bound: bytes) -> None:
        """Run `sql` with a client's parameter types and the rest of its Bind; drops rows. Raises UpstreamError."""
        request = m.Parse("", sql, types).encode() + m.message(b"B", b"\0\0" + bound)
        for _ in self._answers(request + m.message(b"E", b"\0\0\0\0\0") + m.SYNC):
            pass

    def _answers(self, request: bytes) -> Iterator[list[str | None]]:
        self.send(request)
        failure: m.Notice | None = None
        found: list[list[str | None]] = []
        while True:
            kind, body = self._next()
            if kind == b"D":
                found.append([None if v is None else bytes(v).decode("utf-8") for v in m.parse_data_row(body)])
            elif kind == b"C":
                self.last_tag = m.take_text(body)[0]
            elif kind == b"E":
                failure = m.parse_notice(body)
            elif kind == b"Z":
                self.status = body
                break
        if failure is not None:
            raise UpstreamError(failure)
        yield from found

    def copy_in(self, sql: str, chunks: Iterable[bytes]) -> int:
        """Feed `chunks` to a COPY … FROM STDIN and return how many rows it took.

        An error of PostgreSQL stops the feeding and raises UpstreamError; an exception of `chunks` fails the COPY and
        is raised.
        """
        self.send(m.query(sql))
        while True:
            kind, body = self._next()
            if kind == b"G":
                break
            if kind == b"E":
                self._finish()
                raise UpstreamError(m.parse_notice(body))
        try:
            for chunk in chunks:
                if chunk:
                    self.look()
                    self.send(m.message(b"d", chunk))
                    if self._has_answer():
                        break
            self.send(m.message(b"c"))
        except UpstreamGone:
            raise
        except BaseException:
            self.send(m.message(b"f", m.text("the source failed")))
            self._finish()
            raise
        failure = self._finish()
        if failure is not None:
            raise UpstreamError(failure)
        return int(self.last_tag.rpartition(" ")[2])

    def _has_answer(self) -> bool:
        # An error ends a COPY before its data does; without this look we would send all of it for nothing.
        try:
            data = self.socket.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        if not data:
            raise UpstreamGone("PostgreSQL closed the connection")
        self._reader.feed(data)
        return True

    def _finish(self) -> m.Notice | None:
        failure = None
        while True:
            kind, body = self._next()
            if kind == b"E":
                failure = m.parse_notice(body)
            elif kind == b"C":
                self.last_tag = m.take_text(body)[0]
            elif kind == b"Z":
                self.status = body
                return failure

    def copy_out(self, sql: str) -> Iterator[list[bytes]]:
        """The rows of a COPY (…) TO STDOUT, as many at a time as arrive together. Raises UpstreamError.

        Who stops before the end has the statement cancelled.
        """
        self.send(m.query(sql))
        failure: m.Notice | None = None
        rest, finished = b"", False
        try:
            while not finished:
                data, at, rows = rest + self._receive(), 0, []
                size = len(data)
                # This loop sees each row, so it takes the messages apart by itself: m.Reader costs ten times as much.
                while at + 5 <= size:
                    kind, length = _HEADER(data, at)
                    end = at + 1 + length
                    if end > size:
                        break
                    if kind == _COPY_DATA:
                        rows.append(data[at + 5 : end])
                    elif kind == _ERROR:
                        failure = m.parse_notice(data[at + 5 : end])
                    elif kind == _COMPLETE:
                        self.last_tag = m.take_text(data, at + 5)[0]
                    elif kind == _READY:
                        self.status, finished = data[at + 5 : end], True
                    at = end
                rest = data[at:]
                if rows:
                    yield rows
        except UpstreamGone:
            finished = True
            raise
        finally:
            if not finished:
                cancel(Path(self.socket.getpeername()), self.pid, self.key)
                self._reader.feed(rest)
                self._finish()
        if failure is not None:
            raise UpstreamError(failure)

    def columns(self, sql: str) -> list[tuple[str, int, int]]:
        """Name, type OID and type modifier of each column of a query, without running it. Raises UpstreamError."""
        request = m.Parse("", sql, b"\0\0").encode() + m.message(b"D", b"S\0") + m.SYNC
        self.send(request)
        found: list[tuple[str, int, int]] = []
        failure = None
        while True:
            kind, body = self._next()
            if kind == b"T":
                found = m.parse_row_description(body)
            elif kind == b"E":
                failure = m.parse_notice(body)
            elif kind == b"Z":
                self.status = body
                if failure is not None:
                    raise UpstreamError(failure)
                return found

    def close(self) -> None:
        try:
            self.socket.sendall(m.message(b"X"))
        except OSError:
            pass
        finally:
            self.socket.close()


def cancel(socket_path: Path, pid: int, key: bytes) -> None:
    """Ask PostgreSQL to cancel what the backend `pid` is doing; says nothing of whether it did."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(socket_path))
            body = m.CANCEL_REQUEST.to_bytes(4, "big") + pid.to_bytes(4, "big") + key
            connection.sendall((len(body) + 4).to_bytes(4, "big") + body)
            connection.recv(1)
        except OSError:
            return
