"""The scene of the crash tests: a durable embedded Redshift, real flights, and processes to kill."""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pyarrow.parquet as pq
import pytest
from sqlalchemy.pool import NullPool

from tests.crash.scenarios import Scenario, State, make_scenarios, read_flights, read_planes
from tests.crash.ways import FIRST, Plane, work
from warehouse import migrate
from warehouse.db.engine import connect
from warehouse.errors import ObjectStoreError
from warehouse.load import LoadReport
from warehouse.local import control
from warehouse.local.postgres import SUPERUSER, Postgres
from warehouse.objectstore import ObjectStore
from warehouse.settings import Settings, load_settings

PROJECT = Path(__file__).parents[2]
# How long anything may take that must happen at all: a killed server's client must notice, a session must end.
PATIENCE = 60
_RECOVERING = ("in recovery mode", "not yet accepting connections", "is starting up")
# What the S3 endpoint does for a while, by victim (warehouse/local/translate/faults.py): some requests are too many,
# which passes, or all access is denied, which does not.
_S3 = {"S3 is busy": "s3 503 times 4", "S3 is closed": "s3 403 times 400"}


@dataclass
class Loader:
    """One loading process. Made in advance, so that its imports are over when it is told to go."""

    process: subprocess.Popen[bytes]
    lines: list[str] = field(default_factory=list)
    phase: str = ""
    phase_began: float = 0.0
    # How long each phase took, in seconds.
    seconds: dict[str, float] = field(default_factory=dict)
    _rest: bytes = b""

    @classmethod
    def start(cls) -> Loader:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("loader.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *(p for p in sys.path if p)])},
        )
        return cls(process)

    def go(self, home: Path, scenario: Scenario, actor: str, sabotage: str = "") -> None:
        """Let it begin. Returns when it has been told."""
        self.wait_for("ready")
        self._enter("begin")
        job = {"home": str(home), "kind": scenario.kind, "where": scenario.where, "actor": actor, "sabotage": sabotage}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job).encode() + b"\n")

    def wait_for(self, line: str) -> None:
        while line not in self.lines:
            assert self.listen(PATIENCE), f"the loader did not say {line!r}: {self.lines}"

    def listen(self, seconds: float) -> bool:
        """Take in what it says within some seconds. False when it said nothing or has ended."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], max(seconds, 0))
        data = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.lines.append(line.decode())
            if line.startswith(b"phase "):
                self._enter(line[6:].decode())
        return bool(data)

    def _enter(self, phase: str) -> None:
        now = time.monotonic()
        if self.phase:
            self.seconds[self.phase] = self.seconds.get(self.phase, 0.0) + now - self.phase_began
        self.phase, self.phase_began = phase, now

    def end(self) -> dict[str, Any]:
        """Wait for its end and return how it was: {"done": …}, {"failed": …} or {"killed": …}."""
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        deadline = time.monotonic() + PATIENCE
        while self.listen(deadline - time.monotonic()):
            pass
        self._enter(self.phase)
        code = self.process.wait(max(deadline - time.monotonic(), 1))
        assert self.process.stdout is not None
        self.process.stdout.close()
        if code == -signal.SIGKILL:
            return {"killed": True}
        word, _, details = self.lines[-1].partition(" ")
        assert (code, word) in ((0, "done"), (3, "failed")), f"the loader ended with {code}:\n" + "\n".join(self.lines)
        return {word: json.loads(details)}

    def dispose(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            self.end()


class Scene:
    """A durable embedded Redshift in a folder of its own, and what the tests do to it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.server: dict[str, Any] = {}
        # An earlier unload as it lies in S3: URI -> content.
        self._unloaded: dict[str, bytes] = {}

    def start(self, *, after: str = "") -> None:
        """Start the server, if it is not running. After the death of a `victim` without which it ends, it must end."""
        if after in _S3:
            self._fault("")
        elif after not in ("", "client", "backend"):
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(self.server["pid"]).wait(PATIENCE)
        self.server = control.start(self.home, port=0)

    @property
    def settings(self) -> Settings:
        return load_settings({}, home=self.home)

    @property
    def postmaster(self) -> int:
        return int((self.home / ".warehouse/postgres/postmaster.pid").read_text().split("\n", 1)[0])

    @contextlib.contextmanager
    def behind(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection to the PostgreSQL itself, past our server: what nobody shows it cannot hide there."""
        folder = Postgres(self.home / ".warehouse/postgres").socket.parent
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                connection = psycopg.connect(host=str(folder), user=SUPERUSER, dbname="dev", autocommit=True)
                break
            except psycopg.OperationalError as error:
                # After the death of one of its processes PostgreSQL takes nobody until it has recovered (57P03).
                if not any(sign in str(error) for sign in _RECOVERING) or time.monotonic() > deadline:
                    raise
            time.sleep(0.01)
        with connection:
            yield connection

    def settle(self) -> None:
        """Wait until the sessions of whoever was killed are over: what they still do is not yet the outcome."""
        deadline = time.monotonic() + PATIENCE
        with self.behind() as connection:
            while others := connection.execute(
                "SELECT pid, state, left(query, 80) FROM pg_stat_activity"
                " WHERE datname = 'dev' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall():
                assert time.monotonic() < deadline, f"sessions of a killed client live on: {others}"
                time.sleep(0.01)

    @contextlib.contextmanager
    def store(self) -> Iterator[ObjectStore]:
        with contextlib.closing(ObjectStore.from_settings(self.settings)) as store:
            yield store

    def state(self, scenario: Scenario) -> State | None:
        """What a client reads; of an unload, what its manifest names, and None without one."""
        if scenario.kind == "unload":
            return self._unload_state(scenario)
        with psycopg.connect(self.server["psql"]) as connection:
            return State.of(connection.execute(f"SELECT * FROM {scenario.table}").fetchall())

    def _unload_state(self, scenario: Scenario) -> State | None:
        rows: list[tuple[Any, ...]] = []
        with self.store() as store:
            try:
                manifest = self._read(store, f"{scenario.where}manifest")
            except ObjectStoreError as error:
                assert error.status == 404, error
                return None
            for entry in json.loads(manifest)["entries"]:
                # A part that is missing or cut raises: then the manifest was not for a reader.
                body = self._read(store, entry["url"])
                assert len(body) == entry["meta"]["content_length"]
                rows += (tuple(row.values()) for row in pq.read_table(io.BytesIO(body)).to_pylist())
        return State.of(rows)

    @staticmethod
    def _read(store: ObjectStore, uri: str) -> bytes:
        with store.open(uri) as stream:
            return stream.read()

    def outcomes(self, actor: str) -> list[tuple[Any, ...]]:
        """What load_audit says of the runs of one actor."""
        with psycopg.connect(self.server["psql"]) as connection:
            return connection.execute(
                "SELECT outcome, rows_inserted, rows_updated, rows_read FROM load_audit WHERE actor = %s", [actor]
            ).fetchall()

    def leftovers(self) -> list[tuple[Any, ...]]:
        """Temporary tables, prepared transactions and locks on the tables: there must be none between two runs."""
        with self.behind() as connection:
            return connection.execute(
                "SELECT 'temporary table', relname::text FROM pg_class WHERE relpersistence = 't'"
                " UNION ALL SELECT 'table', relname FROM pg_class WHERE relname ~ '__(stage|again|new|old)'"
                " UNION ALL SELECT 'prepared transaction', gid FROM pg_prepared_xacts"
                " UNION ALL SELECT 'lock', relation::regclass::text FROM pg_locks WHERE relation IN"
                " ('flight'::regclass, 'plane_history'::regclass, 'load_audit'::regclass)"
            ).fetchall()

    def run(self, scenario: Scenario, actor: str, **options: Any) -> LoadReport:
        """The work once more, by this process, undisturbed."""
        return self._work(scenario.kind, scenario.where, actor, **options)

    def _work(self, kind: str, where: str, actor: str, **options: Any) -> LoadReport:
        engine = connect(self.settings, poolclass=NullPool)
        return work(kind, where, engine=engine, settings=self.settings, actor=actor, **options)

    def keep(self, scenario: Scenario) -> None:
        """Make the state before, and keep a copy of it to come back to."""
        if scenario.kind == "unload":
            self._keep_unload(scenario)
            return
        with psycopg.connect(self.server["psql"]) as connection:
            connection.execute(f"DELETE FROM {scenario.table}")
        if scenario.kind == "history":
            self._work("history", str(scenario.first), "the test", as_of=FIRST)
        else:
            self._work("load", str(scenario.first), "the test")
        self._copy(scenario)

    def _copy(self, scenario: Scenario) -> None:
        with self.behind() as connection:
            connection.execute(f"CREATE TABLE before_{scenario.kind} AS SELECT * FROM {scenario.table}")

    def _keep_unload(self, scenario: Scenario) -> None:
        """An earlier unload, of a table that held less."""
        with self.behind() as connection:
            connection.execute("TRUNCATE flight")
            connection.execute("INSERT INTO flight SELECT * FROM before_upsert")
        self.run(scenario, "the test")
        with self.store() as store:
            self._unloaded = {info.uri: self._read(store, info.uri) for info in store.list(scenario.where)}
        with self.behind() as connection:
            connection.execute("INSERT INTO flight SELECT * FROM before_load")
        self._copy(scenario)

    def reset(self, scenario: Scenario) -> None:
        """Back to the state before."""
        with self.behind() as connection, connection.transaction():
            connection.execute(f"TRUNCATE {scenario.table}")
            connection.execute(f"INSERT INTO {scenario.table} SELECT * FROM before_{scenario.kind}")
        if scenario.kind == "unload":
            with self.store() as store:
                store.delete(info.uri for info in store.list(scenario.where))
                for uri, body in self._unloaded.items():
                    store.put(uri, body)
        assert scenario.judge(self.state(scenario)) == "old"

    def kill(self, victim: str, loader: Loader) -> None:
        """SIGKILL, so that nobody can tidy up; or S3 fails, for whoever asks."""
        if victim in _S3:
            self._fault(_S3[victim])
        if victim in ("client", "all"):
            loader.process.kill()
        if victim == "backend":
            # One session's process. PostgreSQL takes that for damage: it ends all sessions and recovers by itself.
            for process in psutil.Process(self.postmaster).children():
                with contextlib.suppress(psutil.Error):
                    if " dev " in " ".join(process.cmdline()):
                        process.kill()
        if victim in ("server", "server and PostgreSQL", "all"):
            os.kill(self.server["pid"], signal.SIGKILL)
        if victim in ("PostgreSQL", "server and PostgreSQL", "all"):
            postmaster = psutil.Process(self.postmaster)
            processes = [postmaster, *(postmaster.children() if victim == "all" else [])]
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

    def _fault(self, text: str) -> None:
        with psycopg.connect(self.server["psql"], autocommit=True) as connection:
            connection.execute(f"SET warehouse.fault TO '{text}'")

    def stop(self) -> None:
        control.stop(self.home)


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A running, migrated warehouse that survives being killed."""
    home = tmp_path_factory.mktemp("crash")
    scene = Scene(home)
    scene.start()
    try:
        migrate.upgrade(replace(scene.settings, home=PROJECT))
        Plane.metadata.create_all(connect(scene.settings, poolclass=NullPool))
        yield scene
    finally:
        scene.stop()


@pytest.fixture(scope="module")
def loaders() -> Iterator[Callable[[], Loader]]:
    """Hands out loading processes that have not begun. The latest one is handed out until somebody lets it go."""
    made: list[Loader] = []

    def latest() -> Loader:
        if not made or made[-1].phase:
            made.append(Loader.start())
        return made[-1]

    yield latest
    for loader in made:
        loader.dispose()


@pytest.fixture(scope="session")
def scenarios(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scenario]:
    """What each kind of work finds and leaves; the table's state before is kept, to come back to."""
    made = make_scenarios(tmp_path_factory.mktemp("deliveries"), scene.settings.stage, read_flights(), read_planes())
    for scenario in made.values():
        scene.keep(scenario)
    return made
