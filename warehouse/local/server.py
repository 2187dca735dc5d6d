"""The only lifecycle of the embedded Redshift: what runs in its process, and in which order it starts and stops.

    PostgreSQL (private socket)  <-  wire server (127.0.0.1:5439)  <-  clients
    S3 endpoint (127.0.0.1, any port)  <-  COPY, UNLOAD, clients

A start waits for nothing that it does not need. PostgreSQL makes its data directory while a thread imports what serves
clients (half a second, the translator above all). The S3 endpoint gets a socket that is open already: who asks it
something before it has read its own libraries (a second) waits for that answer, not for the start.

control.py starts and stops this process from outside.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from warehouse.errors import LocalServerError
from warehouse.local import catalog, image, long_names, passwords, s3
from warehouse.local.place import EPHEMERAL, HOST, LONG_NAMES, POSTGRES, S3, Options
from warehouse.local.postgres import SUPERUSER, WHEEL, Postgres
from warehouse.local.wire.upstream import Upstream, UpstreamGone
from warehouse.settings import SERVER_FILE

if TYPE_CHECKING:
    from warehouse.local.translate.plan import Copy, Fault, Unload
    from warehouse.local.wire.listener import Listener
    from warehouse.local.wire.moving import Mover

DATABASE = "dev"
USER = "awsuser"
IAM_ROLE = f"arn:aws:iam::{s3.ACCOUNT}:role/warehouse-local"
# The endpoint takes any keys; these are no secret, and there is no other place to use them.
S3_KEYS = ("warehouse", "local-only")

# How often COPY and UNLOAD ask S3 before they give up; it takes some seconds.
_ATTEMPTS = 4
# What serves clients, and most of what a start has to import.
_SERVING = "warehouse.local.wire.listener"

log = logging.getLogger(__name__)


class Server:
    """Everything that runs in the server's process. `start()`, then `serve()` until `stop()`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._exit = contextlib.ExitStack()
        self._listener: Listener | None = None
        # Views of users that read the query log.
        self._readers: list[str] = []
        self._lookup_lock = threading.Lock()
        self._stopping = False

    def start(self) -> dict[str, Any]:
        """Bring everything up and write the server's file. Raises LocalServerError; then nothing is left running."""
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> dict[str, Any]:
        state = self.options.state
        try:
            state.mkdir(parents=True, exist_ok=True)
            self._exit.enter_context(_only_one(state / "lock"))
            server_file = state / SERVER_FILE
            server_file.unlink(missing_ok=True)
        except OSError as error:
            raise LocalServerError(
                f"The folder {state} cannot be written: {error.strerror}.",
                next_step="Give yourself write permission, or point WAREHOUSE_HOME at another folder.",
            ) from error
        data = self._data_folder(state)
        imports = threading.Thread(target=import_module, args=(_SERVING,), name="imports", daemon=True)
        imports.start()
        postgres = self._postgres(data)
        s3_process, endpoint = self._exit.enter_context(_s3_endpoint(None if self.options.ephemeral else data / S3))
        password = _password(data / "password")
        self._admin = self._prepare(postgres, password)
        self._exit.callback(lambda: self._admin.close())
        self._listener = self._listen(postgres, endpoint, data)
        self._postgres_socket = postgres.socket
        self._exit.callback(self._listener.close)
        self._watch("PostgreSQL", postgres.process, self._listener)
        self._watch("The S3 endpoint", s3_process, self._listener)
        description = self._describe(password, endpoint)
        _write_private(server_file, json.dumps(description, indent=1))
        self._exit.callback(server_file.unlink, missing_ok=True)
        return description

    def serve(self) -> None:
        """Serve clients until `stop()`."""
        assert self._listener is not None
        self._listener.serve()

    def stop(self) -> None:
        """Hang up, stop PostgreSQL cleanly, remove the server's file."""
        self._stopping = True
        self._exit.close()

    def _watch(self, name: str, process: subprocess.Popen[Any], listener: Listener) -> None:
        """Stop serving when a part ends by itself: a server without it would only seem to run."""

        def wait() -> None:
            code = process.wait()
            if not self._stopping:
                log.error("%s ended by itself (code %s), so the server ends too", name, code)
                listener.close()

        threading.Thread(target=wait, name=f"watch {name}", daemon=True).start()

    # --- parts ------------------------------------------------------------------------------------------------

    def _data_folder(self, state: Path) -> Path:
        # Inside the state folder, so that what a killed ephemeral server left is found and removed.
        folder = state / EPHEMERAL
        Postgres(folder / POSTGRES).end_leftover()
        if folder.exists():
            shutil.rmtree(folder)
        if not self.options.ephemeral:
            return state
        folder.mkdir()
        self._exit.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _postgres(self, data: Path) -> Postgres:
        """A running PostgreSQL, with the administrator's user, the database and the catalog in it."""
        made_from = image.place(catalog.VERSION, USER, DATABASE, version(WHEEL))
        postgres = Postgres(
            data / POSTGRES,
            durable=not self.options.ephemeral,
            settings={"redshift.slices": str(self.options.slices)},
            image=made_from,
        )
        self._exit.callback(postgres.stop)
        if postgres.start():
            self._fill(postgres)
            postgres.stop()
            image.keep(postgres.data, made_from)
            postgres.start()
        else:  # a start may have been killed before
            self._fill(postgres)
        return postgres

    def _fill(self, postgres: Postgres) -> None:
        with contextlib.closing(Upstream(postgres.socket, {"user": SUPERUSER, "database": "template1"})) as template:
            if not template.rows(f"SELECT 1 FROM pg_roles WHERE rolname = '{USER}'"):
                template.run(f"CREATE ROLE {USER} SUPERUSER LOGIN")
            catalog.install(template)
            there = template.rows(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")
        if not there:
            with contextlib.closing(Upstream(postgres.socket, {"user": SUPERUSER, "database": "postgres"})) as maker:
                maker.run(f"CREATE DATABASE {DATABASE} OWNER {USER} TEMPLATE template1")

    def _prepare(self, postgres: Postgres, password: str) -> Upstream:
        """The administrator's password, and this version's catalog in each database.

        Returns a connection for questions of the server's own.
        """
        admin = Upstream(postgres.socket, {"user": SUPERUSER, "database": "postgres"})
        admin.run(f"ALTER ROLE {USER} PASSWORD '{passwords.md5(password, USER)}'")
        databases = {row[0] for row in admin.rows("SELECT datname FROM pg_database WHERE datallowconn")}
        for name in sorted(str(d) for d in databases - {"template1", "template0", "postgres"}):
            connection = Upstream(postgres.socket, {"user": SUPERUSER, "database": name})
            catalog.install(connection)
            self._readers += [str(row[0]) for row in connection.rows("SELECT pg_redshift.log_readers()")]
            connection.close()
        return admin

    def _listen(self, postgres: Postgres, endpoint: str, data: Path) -> Listener:
        # These imports are under way in a thread, see `_start`.
        from warehouse.local.wire import tls
        from warehouse.local.wire.faults import Faults
        from warehouse.local.wire.history import History
        from warehouse.local.wire.listener import Listener
        from warehouse.objectstore import ObjectStore

        def stored_hash(user: str) -> str | None:
            text = user.replace("'", "''")
            question = (
                "SELECT rolpassword FROM pg_authid "
                f"WHERE rolname = '{text}' AND rolcanlogin AND rolname <> '{SUPERUSER}' "
                "AND (rolvaliduntil IS NULL OR rolvaliduntil > now())"
            )
            with self._lookup_lock:
                try:
                    rows = self._admin.rows(question)
                except UpstreamGone:
                    # PostgreSQL ends every session when one of its processes dies, and recovers.
                    self._admin.close()
                    self._admin = Upstream(postgres.socket, {"user": SUPERUSER, "database": "postgres"})
                    rows = self._admin.rows(question)
            return rows[0][0] if rows else None

        def s3_faults(fault: Fault) -> None:
            s3.ask_for_fault(endpoint, fault.kind.removeprefix("s3 "), fault.times, fault.under)

        store = ObjectStore(endpoint_url=endpoint, region=s3.REGION, keys=S3_KEYS, attempts=_ATTEMPTS)

        def make_mover(database: str, user: str) -> Mover:
            def move(plan: Copy | Unload, upstream: Upstream) -> tuple[str, Sequence[str]]:
                # Half of all that a server imports, Arrow above all: the first COPY waits for it, not every start.
                from warehouse.local.copying.mover import Mover

                return Mover(postgres.socket, database, user, store)(plan, upstream)

            return move

        encryption = tls.server_context(data)
        self._certificate = data / tls.CERTIFICATE
        try:
            long_names.open_file(data / LONG_NAMES)
        except OSError as error:
            raise LocalServerError(f"The file of long names cannot be read: {error.strerror}.") from error
        self._exit.callback(long_names.close_file)
        history = History(postgres.data / "redshift_query_ids")
        for view in self._readers:
            history.reader(view)
        wanted = self.options.port
        for port in (wanted, 0):
            try:
                return Listener(
                    HOST, port, postgres.socket, stored_hash, make_mover, history, Faults(s3_faults), encryption
                )
            except OSError as error:
                if port == 0:
                    raise LocalServerError(f"No port can be opened on {HOST}: {error.strerror}.") from error
        raise AssertionError("unreachable")

    def _describe(self, password: str, endpoint: str) -> dict[str, Any]:
        assert self._listener is not None
        port = self._listener.port
        return {
            "pid": os.getpid(),
            "host": HOST,
            "port": port,
            "wanted_port": self.options.port,
            "database": DATABASE,
            "user": USER,
            "password": password,
            # The driver takes any `ssl` but the boolean True for "no TLS"; over loopback there is nothing to hide.
            "url": f"redshift+redshift_connector://{USER}:{password}@{HOST}:{port}/{DATABASE}?ssl=false",
            # libpq would encrypt by itself where it can.
            "psql": f"postgresql://{USER}:{password}@{HOST}:{port}/{DATABASE}?sslmode=disable",
            "certificate": str(self._certificate),
            # For this project's own tools alone: what speaks there is PostgreSQL, not Redshift.
            "postgres": str(self._postgres_socket),
            "iam_role": IAM_ROLE,
            "ephemeral": self.options.ephemeral,
            "slices": self.options.slices,
            "s3": {
                "endpoint_url": endpoint,
                "region": s3.REGION,
                "stage": f"s3://{s3.BUCKET}/stage",
                "bucket": s3.BUCKET,
                "access_key": S3_KEYS[0],
                "secret_key": S3_KEYS[1],
            },
        }


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the project's lock; the system lets go of it when the process ends, however it ends."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalServerError(
                f"An embedded Redshift already runs on {path.parent}.", next_step='See "warehouse local status".'
            ) from error
        yield


@contextlib.contextmanager
def _s3_endpoint(folder: Path | None) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The endpoint's process and its address, which takes connections before the process is ready to answer them."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        listening = socket.create_server((HOST, 0), backlog=128)
    except OSError as error:
        raise LocalServerError(
            f"The S3 endpoint cannot start: {error}.",
            next_step='See what stands there; "warehouse local reset" removes all data of the embedded Redshift.',
        ) from error
    with listening:
        handle = listening.fileno()
        arguments = [str(os.getpid()), str(handle), *([str(folder)] if folder else [])]
        command = [sys.executable, "-m", "warehouse.local.s3", *arguments]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(handle,))
        address = f"http://{HOST}:{listening.getsockname()[1]}"
    try:
        yield process, address
    finally:
        process.kill()
        process.wait()


def _password(path: Path) -> str:
    """The administrator's password: made once, then kept, so that a URL stays good over a restart."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        # Redshift wants upper case, lower case and a digit (AWS r_CREATE_USER).
        password = "Aa1" + secrets.token_hex(12)
        _write_private(path, password)
        return password


def _write_private(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def main(options: Options, report: TextIO) -> int:
    """The server's process.

    Start, say on `report` what came of it (one line of JSON), serve until a signal asks to stop.
    """
    server = Server(options)
    stopping = threading.Event()

    def stop(*_: object) -> None:
        if not stopping.is_set():
            stopping.set()
            # Closing the listener lets serve() return; the rest happens in the main thread.
            if server._listener is not None:
                server._listener.close()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        description = server.start()
    except LocalServerError as error:
        report.write(json.dumps({"error": error.message, "next_step": error.next_step}) + "\n")
        report.flush()
        return 1
    report.write(json.dumps(description) + "\n")
    report.flush()
    report.close()
    if not stopping.is_set():
        server.serve()
    server.stop()
    return 0
