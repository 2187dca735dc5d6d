"""Bytes between a client and PostgreSQL: read, sent and kept in order, without deadlock when both talk at once.

Answers are relayed by message headers; rows are not looked at. What they mean is the session's business (session.py).
"""

from __future__ import annotations

import contextlib
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
        self._inbox = bytearray()
        # One entry for each ReadyForQuery that PostgreSQL owes: whether the client is to see it.
        self._owed: deque[bool] = deque()
        # When set, it is shown each of PostgreSQL's messages and says what is left of it for the client.
        self._filter: Callable[[bytes, bytes], bytes | None] | None = None

    @property
    def busy(self) -> bool:
        """True while PostgreSQL still owes an answer."""
        return bool(self._owed)

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
        """Wait for the client's next request; now and then see whether PostgreSQL has gone meanwhile."""
        try:
            self._read_client()
        except BlockingIOError:
            if select.select([self._upstream.socket], [], [], 0)[0]:
                self._take_answers()

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
            with contextlib.suppress(BlockingIOError):
                self._take_answers()
                continue
            listening = len(self._reader) < _PIPELINE
            self._wait([self._client, self._upstream.socket] if listening else [self._upstream.socket])

    def _drain(self) -> None:
        """Finish what was sent in this batch, without showing the client that it is finished.

        Outside a transaction this commits it, where PostgreSQL would wait for the client's Sync.
        """
        self._owed.append(False)
        self._forward(m.SYNC)
        self._settle()

    def _take_answers(self) -> None:
        try:
            data = self._upstream.socket.recv(_CHUNK)
        except BlockingIOError:
            raise
        except OSError as error:
            raise UpstreamGone(str(error)) from error
        if not data:
            raise UpstreamGone("PostgreSQL closed the connection")
        inbox = self._inbox
        inbox += data
        at, size = 0, len(inbox)
        while size - at >= 5:
            if inbox[at] == 0x44 and self._filter is None:
                end = m.skip_rows(inbox, at)
                if end == at:
                    break
                self._out += inbox[at:end]
                at = end
                continue
            end = at + 1 + int.from_bytes(inbox[at + 1 : at + 5], "big")
            if end > size:
                break
            self._answer(bytes(inbox[at : at + 1]), bytes(inbox[at + 5 : end]))
            at = end
        del inbox[:at]
        if len(self._out) >= _CHUNK:
            self._flush()

    def _say(self, data: bytes) -> None:
        self._out += data

    def _flush(self) -> None:
        if self._out:
            try:
                self._client.sendall(self._out)
            except OSError as error:
                raise ClientGone from error
            self._out.clear()
