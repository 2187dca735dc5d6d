"""Bytes between a client and PostgreSQL: read, sent and kept in order, without deadlock when both talk at once.

Answers are relayed by message headers; rows are not looked at, and go on before they are whole. What the others mean is
the session's business (session.py).

Measured (two cores, 2026): a forwarder that only reads and writes adds 55 to 75 microseconds to a round trip, for two
more wake-ups and TCP in place of a Unix socket; what is done here and in session.py for a statement adds 20 to 30.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Sequence

from warehouse.local.wire import messages as m
from warehouse.local.wire.upstream import Upstream, UpstreamGone

_CHUNK = 1 << 16
# How long a read waits before it looks at the other end too (a timeval of 0.1 s). Asking first which end has something
# to say would cost a point query a third of its time.
_PATIENCE = struct.pack("@ll", 0, 100_000)
# How much of a client's pipeline is kept while PostgreSQL is busy, before we stop reading from the client.
_PIPELINE = 1 << 20

# What poll(2) says of a peer that has closed its end, even while words of it are unread; macOS has no other than HUP.
_CLOSED = getattr(select, "POLLRDHUP", select.POLLHUP)

_unpack_length = struct.Struct("!i").unpack_from
_ROW = ord("D")
# Answers that go on as they are and count as one to a request of the client's; `t` only comes before a `T` or `n`.
PLAIN = frozenset(b"123Tn")
DESCRIPTION = frozenset(b"T")
_TYPES = ord("t")


class ClientGone(Exception):
    """The client closed its connection, or said goodbye."""


class Relay:
    """The two ends of a session, and what is under way between them."""

    def __init__(self, client: socket.socket, upstream: Upstream) -> None:
        self._client = client
        self._encrypted = isinstance(client, ssl.SSLSocket)
        self._upstream = upstream
        for end in (client, upstream.socket):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
        self._reader = m.Reader()
        # What is ready for the client, and for PostgreSQL: a batch of small messages is sent at once.
        self._out = bytearray()
        self._ahead = bytearray()
        # The beginning of a message of PostgreSQL's, how long it has to get, and how much of a row is still to come
        # whose beginning has gone on.
        self._inbox = bytearray()
        self._wanted = 5
        self._passing = 0
        # One entry for each ReadyForQuery that PostgreSQL owes: whether the client is to see it.
        self._owed: deque[bool] = deque()
        # Requests of the extended protocol that went to PostgreSQL since the last Sync; answers since its last end.
        self._sent = 0
        self._answered = 0
        # When set, it is shown each of PostgreSQL's messages and says what is left of it for the client.
        self._filter: Callable[[bytes, bytes], bytes | None] | None = None
        # Kinds of answers that nobody here looks into; whether rows may hold names that are to be put back.
        self._plain = PLAIN
        self._renaming = False

    @property
    def busy(self) -> bool:
        """True while PostgreSQL still owes an answer."""
        return bool(self._owed) or self._upstream.left

    def _stay(self) -> None:
        """Raises ClientGone when the client has closed its end, so that nobody waits for what is under way."""
        poll = select.poll()
        poll.register(self._client, _CLOSED)
        if poll.poll(0):
            raise ClientGone

    def _answer(self, kind: bytes, body: bytes) -> None:
        """Take in one message of PostgreSQL."""
        raise NotImplementedError

    def _wait(self, watched: Sequence[socket.socket]) -> None:
        """Block until one of `watched` says something, and take it in."""
        if isinstance(self._client, ssl.SSLSocket) and self._client in watched and self._client.pending():
            self._read_client()  # decrypted already: the socket itself has nothing more to say
            return
        readable, _, _ = select.select(watched, [], [])
        if self._upstream.socket in readable:
            self._take_answers()
        if self._client in readable:
            self._read_client()

    def _idle(self) -> None:
        """Wait for the client's next request; after a while for PostgreSQL as well, which may go meanwhile."""
        try:
            self._read_client()
        except BlockingIOError:
            self._wait([self._client, self._upstream.socket])

    def _forward(self, data: bytes) -> None:
        """Have `data` sent to PostgreSQL, at the latest before we wait for anything."""
        self._ahead += data
        if len(self._ahead) >= _CHUNK:
            self._push()

    def _push(self) -> None:
        """Send to PostgreSQL. While it waits for us to read its answers it does not listen: then they are taken in."""
        if not self._ahead:
            return
        rest = memoryview(bytes(self._ahead))
        self._ahead.clear()
        upstream = self._upstream.socket
        while rest:
            try:
                rest = rest[upstream.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                readable, _, _ = select.select([upstream], [upstream], [])
                if readable:
                    self._take_answers()
            except OSError as error:
                raise UpstreamGone(f"PostgreSQL closed the connection: {error}") from error

    def _read_client(self) -> None:
        try:
            data = self._client.recv(_CHUNK)
        except BlockingIOError:
            raise
        except OSError as error:
            raise ClientGone from error
        if not data:
            raise ClientGone
        self._reader.feed(data)

    def _settle(self) -> None:
        """Relay until PostgreSQL owes nothing. The client may hang up meanwhile: then ClientGone is raised."""
        while self._owed:
            self._push()
            self._flush()
            # Most answers come at once: read before asking which of the two has something to say.
            try:
                self._take_answers()
            except BlockingIOError:
                listening = len(self._reader) < _PIPELINE
                self._wait([self._client, self._upstream.socket] if listening else [self._upstream.socket])

    def _take_answers(self) -> None:
        try:
            data = self._upstream.socket.recv(_CHUNK)
        except BlockingIOError:
            raise
        except OSError as error:
            raise UpstreamGone(str(error)) from error
        if not data:
            raise UpstreamGone("PostgreSQL closed the connection")
        at = 0
        if self._passing:
            at = min(self._passing, len(data))
            self._passing -= at
        elif self._inbox:
            self._inbox += data
            if len(self._inbox) < self._wanted:
                return
            data = bytes(self._inbox)
            self._inbox.clear()
        self._take(data, at)

    def _take(self, data: bytes, at: int) -> None:
        """Take in `data`, of which all before `at` belongs to a row that passes.

        This is the inner loop of a fetch: it looks at headers only, and what passes is cut out in runs.
        """
        start, size = 0, len(data)
        while size - at >= 5:
            kind = data[at]
            end = at + 1 + _unpack_length(data, at + 1)[0]
            if self._filter is None:
                if kind == _ROW and not self._renaming:
                    while end + 5 <= size and data[end] == _ROW:
                        end += 1 + _unpack_length(data, end + 1)[0]
                    if end > size:
                        self._passing = end - size
                        end = size
                    at = end
                    continue
                if end <= size and (kind in self._plain or kind == _TYPES):
                    self._answered += kind != _TYPES
                    at = end
                    continue
            if end > size:
                break
            self._say(data[start:at])
            self._answer(data[at : at + 1], data[at + 5 : end])
            start = at = end
        if at < size:
            self._inbox += data[at:]
            self._wanted = end - at if size - at >= 5 else 5
        if at - start >= _CHUNK // 2:
            self._flush()
            self._send(memoryview(data)[start:at])
        elif at > start:
            self._out += data[start:at]
            if len(self._out) >= _CHUNK:
                self._flush()

    def _say(self, data: bytes) -> None:
        self._out += data

    def _flush(self) -> None:
        if self._out:
            self._send(self._out)
            self._out.clear()

    def _send(self, data: bytearray | memoryview) -> None:
        try:
            self._client.sendall(data)
        except OSError as error:
            raise ClientGone from error
