"""From a client's first packet to its session: encryption, cancel requests, the password, the greeting.

Until a client has proved its password it gets little: small packets, and a few seconds for all of them.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.local.wire import auth, reply, upstream
from warehouse.local.wire import messages as m
from warehouse.local.wire.upstream import Upstream, UpstreamError, UpstreamGone

# Seconds that a client has for its start-up packet and its password.
LOGIN_SECONDS = 20.0

_NOT_AVAILABLE = m.error("57P03", "the database system is not available", severity="FATAL")


class Refused(Exception):
    """The client hears `.notice` and is hung up on."""

    def __init__(self, notice: m.Notice) -> None:
        super().__init__(notice.text)
        self.notice = notice


class WrongPassword(Refused):
    """Nobody of that name logs in with that answer."""

    def __init__(self, user: str) -> None:
        super().__init__(m.error("28000", f'password authentication failed for user "{user}"', severity="FATAL"))


@dataclass(eq=False)
class Door:
    """Lets one client in. `client` becomes the encrypted socket when it asks for encryption; `first` what it said.

    `peer` is its address, noted on arrival: a client that has left has none any more.
    """

    client: socket.socket
    peer: tuple[str, int]
    postgres: Path
    stored_hash: Callable[[str], str | None]
    tls: ssl.SSLContext | None
    first: m.Startup = field(default_factory=lambda: m.Startup(0))

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + LOGIN_SECONDS

    def enter(self, admit: Callable[[], bool]) -> Upstream | None:
        """The connection behind a client that has proved who it is; None for one that only wanted to cancel.

        `admit` says whether there is room for one client more. Raises Refused, ProtocolError, EOFError or OSError.
        """
        self._first_words()
        if self.first.code == m.CANCEL_REQUEST:
            upstream.cancel(self.postgres, self.first.cancel_pid, self.first.cancel_key)
            return None
        user = self.first.parameters.get("user", "")
        if not user:
            raise m.ProtocolError("no user name in the start-up packet")
        self._check_password(user)
        if not admit():
            raise Refused(m.error("53300", "connection limit exceeded", severity="FATAL"))
        parameters = {"user": user, "database": self.first.parameters.get("database") or user}
        if name := self.first.parameters.get("application_name"):
            parameters["application_name"] = name
        try:
            backend = Upstream(self.postgres, {**parameters, "client_encoding": "UTF8"})
        except UpstreamError as error:
            raise Refused(reply.notice(error.notice)) from error
        except UpstreamGone as error:
            raise Refused(_NOT_AVAILABLE) from error
        try:
            self.client.sendall(_greeting(backend))
        except BaseException:
            backend.close()
            raise
        return backend

    def _first_words(self) -> None:
        """Read the packet that really starts."""
        asked = set()
        while True:
            size = int.from_bytes(self._exactly(4), "big", signed=True)
            if not 8 <= size <= m.MAX_STARTUP:
                raise m.ProtocolError(f"invalid length of start-up packet: {size}")
            self.first = m.parse_startup(self._exactly(size - 4))
            code = self.first.code
            if code not in (m.SSL_REQUEST, m.GSS_REQUEST):
                return
            if code in asked:
                raise m.ProtocolError("encryption is requested twice")
            asked.add(code)
            if code == m.SSL_REQUEST and self.tls is not None:
                self.client.sendall(b"S")
                self._encrypt(self.tls)
            else:
                self.client.sendall(b"N")

    def _encrypt(self, tls: ssl.SSLContext) -> None:
        self._hurry()
        self.client = tls.wrap_socket(self.client, server_side=True, do_handshake_on_connect=False)
        self.client.do_handshake()

    def _check_password(self, user: str) -> None:
        try:
            asked = auth.challenge(self.stored_hash(user))
        except (UpstreamError, UpstreamGone) as error:
            raise Refused(_NOT_AVAILABLE) from error
        self.client.sendall(m.message(b"R", asked.question))
        if self._exactly(1) != asked.kind:
            raise m.ProtocolError("expected a password message")
        size = int.from_bytes(self._exactly(4), "big", signed=True)
        if not 5 <= size <= m.MAX_STARTUP:
            raise m.ProtocolError(f"invalid length of password message: {size}")
        if not asked.accepts(self._exactly(size - 4)):
            raise WrongPassword(user)

    def _hurry(self) -> None:
        self.client.settimeout(max(self._deadline - time.monotonic(), 0.001))

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._hurry()
            chunk = self.client.recv(size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)


def _greeting(backend: Upstream) -> bytes:
    said = bytearray(m.message(b"R", bytes(4)))
    for key, value in backend.parameters.items():
        if announced := reply.parameter(key, value):
            said += m.parameter_status(*announced)
    said += m.parameter_status("show_discovery", reply.SHOW_DISCOVERY)
    said += m.backend_key(backend.pid, backend.key) + m.ready(backend.status)
    return bytes(said)


def last_words(client: socket.socket, notice: m.Notice) -> None:
    """Say why the connection ends, if the client still listens."""
    with contextlib.suppress(OSError):
        client.sendall(notice.encode())
