"""Sockets, threads and limits: a thread a client, from the first packet to the last.

Whoever has not logged in yet holds one of a limited number of places, and only for some seconds. When all are taken the
one who has had his longest goes: a flood of connections that say nothing cannot keep out a client who says who it is.
Loopback is the default; the embedded server is not made for a network.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from warehouse.local.wire import messages as m
from warehouse.local.wire import upstream
from warehouse.local.wire.faults import Faults
from warehouse.local.wire.history import History, Recorder
from warehouse.local.wire.login import LOGIN_SECONDS, Door, Refused, WrongPassword, last_words
from warehouse.local.wire.moving import Mover
from warehouse.local.wire.session import Session
from warehouse.local.wire.upstream import Upstream, UpstreamGone

log = logging.getLogger(__name__)

# Redshift allows 500 connections to a cluster (AWS "Quotas and limits"); PostgreSQL behind us is started for this many.
MAX_CLIENTS = 200
# Those who have not logged in, beside them.
MAX_STRANGERS = 100
# How often the deadlines of strangers are looked at when nobody comes.
_ROUND_SECONDS = 5.0
# The process, or the machine, has no room for one more connection just now.
_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

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
        self._socket.settimeout(_ROUND_SECONDS)
        self._postgres = postgres
        self._stored_hash = stored_hash
        self._mover = mover
        self._tls = tls
        self._history = history
        self._faults = faults
        # The doors of those who have not logged in, with the time when they came, eldest first; and the clients.
        self._strangers: dict[Door, float] = {}
        self._clients: set[Door] = set()
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
                client, peer = self._socket.accept()
            except TimeoutError:
                self._send_away(LOGIN_SECONDS)
                continue
            except OSError as error:
                if self._closing or error.errno in (errno.EBADF, errno.EINVAL):
                    break
                # A connection that ended before it was accepted is no reason to stop, and room can be made.
                if error.errno in _NO_ROOM:
                    self._send_away(0.0)
                    time.sleep(0.01)
                continue
            self._welcome(client, peer)

    def close(self) -> None:
        """Stop accepting and hang up on every client."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            doors = [*self._clients, *self._strangers]
        for door in doors:
            _hang_up(door)

    def _welcome(self, client: socket.socket, peer: tuple[str, int]) -> None:
        door = Door(client, peer, self._postgres, self._stored_hash, self._tls)
        self._send_away(LOGIN_SECONDS, room=True)
        with self._lock:
            self._strangers[door] = time.monotonic()
        try:
            threading.Thread(target=self._serve_one, args=(door,), name="client", daemon=True).start()
        except RuntimeError:  # the machine has no room for one more thread
            self._forget(door)

    def _send_away(self, seconds: float, *, room: bool = False) -> None:
        """Hang up on strangers who came so many seconds ago; on the eldest in any case when there is no `room`."""
        limit = time.monotonic() - seconds
        with self._lock:
            eldest = list(self._strangers.items())
            gone = [door for door, came in eldest if came <= limit]
            if room and not gone and len(eldest) >= MAX_STRANGERS:
                gone = [eldest[0][0]]
            for door in gone:
                del self._strangers[door]
        for door in gone:
            _hang_up(door)

    def _admit(self, door: Door) -> bool:
        """Count one who has logged in among the clients. False when there are too many."""
        with self._lock:
            self._strangers.pop(door, None)
            if len(self._clients) >= MAX_CLIENTS:
                return False
            self._clients.add(door)
        return True

    def _forget(self, door: Door) -> None:
        with self._lock:
            self._strangers.pop(door, None)
            self._clients.discard(door)
        door.client.close()

    def _serve_one(self, door: Door) -> None:
        try:
            door.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            backend = door.enter(lambda: self._admit(door))
            if backend is not None:
                with contextlib.closing(backend):
                    door.client.settimeout(None)
                    self._log_session(door, backend)
        except (OSError, EOFError):
            pass  # the client left, or never said who it is in time
        except WrongPassword as wrong:
            self._history.connection("authentication failure", **_facts(door))
            last_words(door.client, wrong.notice)
        except Refused as refused:
            last_words(door.client, refused.notice)
        except m.ProtocolError as problem:
            last_words(door.client, m.error("08P01", str(problem), severity="FATAL"))
        except Exception:
            log.exception("a client's session ended with an error of the server")
            last_words(
                door.client, m.error("XX000", "internal error of the embedded server; see its log", severity="FATAL")
            )
        finally:
            self._forget(door)

    def _log_session(self, door: Door, backend: Upstream) -> None:
        facts = {**_facts(door), "pid": backend.pid}
        self._history.connection("authenticated", **facts)
        self._history.connection("initiating session", **facts)
        begun = time.monotonic()
        try:
            self._converse(door.client, backend)
        finally:
            facts["duration"] = int((time.monotonic() - begun) * 1_000_000)
            self._history.connection("disconnecting session", **facts)

    def _converse(self, client: socket.socket, backend: Upstream) -> None:
        recorder = Recorder(self._history, backend.user, backend.database, backend.pid)
        mover = self._mover(backend.database, backend.user)
        session = Session(client, backend, mover, recorder, self._faults)
        try:
            session.run()
        except UpstreamGone:
            last_words(
                client, m.error("57P01", "terminating connection: the database behind it stopped", severity="FATAL")
            )
        finally:
            if session.busy:  # what a client that left was waiting for must not go on and hold locks
                upstream.cancel(self._postgres, backend.pid, backend.key)


def _hang_up(door: Door) -> None:
    with contextlib.suppress(OSError):
        door.client.shutdown(socket.SHUT_RDWR)


def _facts(door: Door) -> dict[str, object]:
    """What the log of connections tells of a client."""
    client, given = door.client, door.first.parameters
    host, port = door.peer[:2]
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
