"""Sockets, threads and limits: a thread a client, from the first packet to the last.

Before a client has proved its password it gets little: a small first packet, a few seconds, and one of a limited number
of
places. Loopback is the default; the embedded server is not made for a network.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from warehouse.local.wire import auth, reply, upstream
from warehouse.local.wire import messages as m
from warehouse.local.wire.faults import Faults
from warehouse.local.wire.history import History, Recorder
from warehouse.local.wire.moving import Mover
from warehouse.local.wire.session import Session
from warehouse.local.wire.upstream import Upstream, UpstreamError, UpstreamGone

log = logging.getLogger(__name__)

# Redshift allows 500 connections to a cluster (AWS "Quotas and limits"); PostgreSQL behind us is started for this many.
MAX_CLIENTS = 200
# Seconds that a client has for its start-up packet and its password.
LOGIN_SECONDS = 20.0

MoverFactory = Callable[[str, str], Mover]


class Listener:
    """Accepts clients on `host`:`port` and serves each in a thread of its own."""

    def __init__(
        self,
        host: str,
        port: int,
        postgres: Path,
        stored_hash: Callable[[str], str | None],
        mover: MoverFactory,
        history: History,
        faults: Faults,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Bind at once (port 0: any). Raises OSError when the port is taken.

        `postgres` is the socket of PostgreSQL; `stored_hash` knows a user's password hash; `mover` makes what executes
        COPY and UNLOAD for (database, user). Without `tls`, a client that asks for encryption hears no.
        """
        self._socket = socket.create_server((host, port), backlog=128)
        self._postgres = postgres
        self._stored_hash = stored_hash
        self._mover = mover
        self._tls = tls
        self._history = history
        self._faults = faults
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closing = False

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def serve(self) -> None:
        """Accept until `close()` is called."""
        while not self._closing:
            try:
                client, _ = self._socket.accept()
            except OSError:
                break
            with self._lock:
                full = len(self._clients) >= MAX_CLIENTS
                if not full:
                    self._clients.add(client)
            if full:
                with contextlib.suppress(OSError):
                    client.sendall(m.error("53300", "connection limit exceeded", severity="FATAL").encode())
                client.close()
                continue
            threading.Thread(target=self._serve_one, args=(client,), name="client", daemon=True).start()

    def close(self) -> None:
        """Stop accepting and hang up on every client."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _serve_one(self, client: socket.socket) -> None:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            deadline = time.monotonic() + LOGIN_SECONDS
            client, first = self._first_words(client, deadline)
            connection = self._log_in(client, first, deadline)
            if connection is not None:
                client.settimeout(None)
                facts = {**_facts(client, first), "pid": connection[0].pid}
                self._history.connection("authenticated", **facts)
                self._history.connection("initiating session", **facts)
                begun = time.monotonic()
                try:
                    self._converse(client, *connection)
                finally:
                    facts["duration"] = int((time.monotonic() - begun) * 1_000_000)
                    self._history.connection("disconnecting session", **facts)
        except (OSError, EOFError):
            pass  # the client left, or never said who it is in time
        except m.ProtocolError as problem:
            _last_words(client, m.error("08P01", str(problem), severity="FATAL"))
        except Exception:
            log.exception("a client's session ended with an error of the server")
            _last_words(
                client, m.error("XX000", "internal error of the embedded server; see its log", severity="FATAL")
            )
        finally:
            with self._lock:
                self._clients.discard(client)
            client.close()

    def _converse(self, client: socket.socket, backend: Upstream, mover: Mover) -> None:
        recorder = Recorder(self._history, backend.user, backend.database, backend.pid)
        session = Session(client, backend, mover, recorder, self._faults)
        try:
            session.run()
        except UpstreamGone:
            _last_words(
                client, m.error("57P01", "terminating connection: the database behind it stopped", severity="FATAL")
            )
        finally:
            if session.busy:  # what a client that left was waiting for must not go on and hold locks
                upstream.cancel(self._postgres, backend.pid, backend.key)
            backend.close()

    def _first_words(self, client: socket.socket, deadline: float) -> tuple[socket.socket, m.Startup]:
        """The packet that really starts, and the socket to go on with: encrypted, when the client asked for that."""
        first = _first_packet(client, deadline)
        asked = set()
        while first.code in (m.SSL_REQUEST, m.GSS_REQUEST):
            if first.code in asked:
                raise m.ProtocolError("encryption is requested twice")
            asked.add(first.code)
            if first.code == m.SSL_REQUEST and self._tls is not None:
                client.sendall(b"S")
                client = self._encrypt(client, deadline)
            else:
                client.sendall(b"N")
            first = _first_packet(client, deadline)
        return client, first

    def _encrypt(self, client: socket.socket, deadline: float) -> socket.socket:
        assert self._tls is not None
        client.settimeout(max(deadline - time.monotonic(), 0.001))
        encrypted = self._tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._clients.discard(client)
            self._clients.add(encrypted)
        try:
            encrypted.do_handshake()
        except BaseException:
            with self._lock:
                self._clients.discard(encrypted)
            encrypted.close()
            raise
        return encrypted

    def _log_in(self, client: socket.socket, first: m.Startup, deadline: float) -> tuple[Upstream, Mover] | None:
        if first.code == m.CANCEL_REQUEST:
            upstream.cancel(self._postgres, first.cancel_pid, first.cancel_key)
            return None
        user = first.parameters.get("user", "")
        database = first.parameters.get("database") or user
        if not user:
            raise m.ProtocolError("no user name in the start-up packet")
        try:
            stored = self._stored_hash(user)
        except (UpstreamError, UpstreamGone):
            _last_words(client, m.error("57P03", "the database system is not available", severity="FATAL"))
            return None
        salt = secrets.token_bytes(4)
        client.sendall(m.authentication_md5(salt))
        answer = _password(client, deadline)
        # The answer of an unknown user is compared too, so that both take the same time.
        known = auth.matches(stored or "md5" + "0" * 32, salt, answer) and stored is not None
        if not known:
            self._history.connection("authentication failure", **_facts(client, first))
            _last_words(client, m.error("28000", f'password authentication failed for user "{user}"', severity="FATAL"))
            return None
        parameters = {"user": user, "database": database, "client_encoding": "UTF8"}
        if name := first.parameters.get("application_name"):
            parameters["application_name"] = name
        try:
            backend = Upstream(self._postgres, parameters)
        except UpstreamError as error:
            _last_words(client, reply.notice(error.notice))
            return None
        except UpstreamGone:
            _last_words(client, m.error("57P03", "the database system is not available", severity="FATAL"))
            return None
        greeting = bytearray(m.AUTHENTICATION_OK)
        for key, value in backend.parameters.items():
            if announced := reply.parameter(key, value):
                greeting += m.parameter_status(*announced)
        greeting += m.parameter_status("show_discovery", reply.SHOW_DISCOVERY)
        greeting += m.backend_key(backend.pid, backend.key) + m.ready(backend.status)
        client.sendall(greeting)
        return backend, self._mover(database, user)


def _facts(client: socket.socket, first: m.Startup) -> dict[str, object]:
    """What the log of connections tells of a client."""
    given = first.parameters
    host, port = client.getpeername()[:2]
    return {
        "host": host,
        "port": str(port),
        "database": given.get("database") or given.get("user", ""),
        "username": given.get("user", ""),
        "encryption": client.version() if isinstance(client, ssl.SSLSocket) else "",
        "cipher": (client.cipher() or ("",))[0] if isinstance(client, ssl.SSLSocket) else "",
        "application": given.get("application_name", ""),
        "driver": given.get("driver_version", ""),
        "os": given.get("os_version", ""),
        "plugin": given.get("plugin_name", ""),
        "protocol": given.get("client_protocol_version"),
    }


def _last_words(client: socket.socket, notice: m.Notice) -> None:
    with contextlib.suppress(OSError):
        client.sendall(notice.encode())


def _exactly(client: socket.socket, size: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        client.settimeout(max(deadline - time.monotonic(), 0.001))
        chunk = client.recv(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)


def _first_packet(client: socket.socket, deadline: float) -> m.Startup:
    size = int.from_bytes(_exactly(client, 4, deadline), "big", signed=True)
    if not 8 <= size <= m.MAX_STARTUP:
        raise m.ProtocolError(f"invalid length of start-up packet: {size}")
    return m.parse_startup(_exactly(client, size - 4, deadline))


def _password(client: socket.socket, deadline: float) -> bytes:
    if _exactly(client, 1, deadline) != b"p":
        raise m.ProtocolError("expected a password message")
    size = int.from_bytes(_exactly(client, 4, deadline), "big", signed=True)
    if not 5 <= size <= m.MAX_STARTUP:
        raise m.ProtocolError(f"invalid length of password message: {size}")
    return _exactly(client, size - 4, deadline)
