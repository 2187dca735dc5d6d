"""SIGKILL of the server during COPY, DDL and commit: it starts again, and has what was committed and nothing else.

    pytest tests/crash/test_server_kills.py --kills 100 -s    so many kills (at least one of each kind of work)
    pytest tests/crash/test_server_kills.py --kill-seed 12345    the same moments again, as a failure names them

"Committed" is what a client has heard of. What it asked for and heard no answer to may be there, whole, or not at all.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from warehouse.local import control
from warehouse.objectstore import ObjectStore
from warehouse.settings import load_settings

pytestmark = pytest.mark.crash

ROWS = 60_000
# Who dies: the server alone, or its PostgreSQL too, with all of its sessions.
VICTIMS = ("server", "all")


class Place:
    """A durable embedded Redshift that is killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.server = control.start(home, port=0)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server["psql"], autocommit=True)

    def kill(self, victim: str) -> None:
        process = psutil.Process(self.server["pid"])
        family = process.children(recursive=True) if victim == "all" else []
        for one in (process, *family):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait(60)

    def start(self) -> None:
        self.server = control.start(self.home, port=0)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    with place.connect() as connection:
        connection.execute("CREATE TABLE ledger (batch INTEGER DISTKEY, n INTEGER ENCODE az64) SORTKEY (batch, n)")
    with contextlib.closing(ObjectStore.from_settings(load_settings({}, home=tmp_path))) as store:
        store.put("s3://warehouse/rows.csv", b"".join(b"%d\n" % n for n in range(ROWS)))
    yield place
    control.stop(tmp_path)


class Client(threading.Thread):
    """Does one kind of work until it is over or the server is gone. `heard` is how many commits it was told of."""

    def __init__(self, place: Place, kind: str, number: int) -> None:
        super().__init__(name=f"{kind} {number}")
        self.place, self.number, self.heard = place, number, 0
        self.connection = place.connect()
        self.work: Callable[[], None] = {"copy": self.copy, "ddl": self.ddl, "commit": self.commit}[kind]
        self.ended_by: psycopg.Error | None = None

    def run(self) -> None:
        try:
            with contextlib.closing(self.connection):
                self.work()
        except psycopg.Error as error:
            self.ended_by = error

    def copy(self) -> None:
        role = self.place.server["iam_role"]
        self.connection.execute("BEGIN")
        self.connection.execute(f"COPY ledger (n) FROM 's3://warehouse/rows.csv' IAM_ROLE '{role}' CSV")
        self.connection.execute(f"UPDATE ledger SET batch = {self.number} WHERE batch IS NULL")
        self.connection.execute("COMMIT")
        self.heard = 1

    def ddl(self) -> None:
        name = f"made_{self.number}"
        self.connection.execute("BEGIN")
        self.connection.execute(f"CREATE TABLE {name} (a INTEGER ENCODE zstd DISTKEY, b VARCHAR(9)) SORTKEY (b)")
        self.connection.execute(f"INSERT INTO {name} VALUES (1, 'x')")
        self.connection.execute(f"CREATE VIEW {name}_seen AS SELECT a FROM {name}")
        self.connection.execute(f"ALTER TABLE {name} ADD COLUMN c INTEGER ENCODE az64 DEFAULT 7")
        self.connection.execute("COMMIT")
        self.heard = 1

    def commit(self) -> None:
        for _ in range(40):
            self.connection.execute("BEGIN")
            for n in range(3):
                self.connection.execute(f"INSERT INTO ledger VALUES ({self.number}, {n})")
            self.connection.execute("COMMIT")
            self.heard += 1


def judge(place: Place, kind: str, number: int, client: Client) -> str:
    """What is there after the kill: "all", "some" commits or "none"; what was heard of is, and no part of a unit."""
    with place.connect() as connection:
        if kind == "ddl":
            known = f"""SELECT "column", TRIM(encoding), distkey, sortkey FROM pg_table_def
                        WHERE tablename = 'made_{number}'"""
            found = connection.execute(known).fetchall()
            views = connection.execute(f"SELECT 1 FROM pg_views WHERE viewname = 'made_{number}_seen'").fetchall()
            if not found:
                assert (client.heard, views) == (0, [])
                # Nothing of it is left in the way of the next try.
                again = Client(place, kind, number)
                again.run()
                assert (again.heard, again.ended_by) == (1, None)
                return "none"
            assert found == [("a", "zstd", True, 0), ("b", "none", False, 1), ("c", "az64", False, 0)]
            assert connection.execute(f"SELECT a, b, c FROM made_{number}").fetchall() == [(1, "x", 7)]
            assert connection.execute(f"SELECT a FROM made_{number}_seen").fetchall() == [(1,)]
            return "all"
        rows = connection.execute(f"SELECT n, COUNT(*) FROM ledger WHERE batch = {number} GROUP BY n").fetchall()
        assert connection.execute("SELECT COUNT(*) FROM ledger WHERE batch IS NULL").fetchall() == [(0,)]
        if kind == "copy":
            assert {count for _, count in rows} <= {1} and len(rows) in (0, ROWS), "a part of a COPY is there"
            assert client.heard <= bool(rows)
            return "all" if rows else "none"
        counts = dict(rows)
        assert len({counts.get(n, 0) for n in range(3)}) == 1, f"a part of a transaction is there: {counts}"
        there = counts.get(0, 0)
        assert client.heard <= there <= client.heard + 1
        return "none" if not there else "all" if there == 40 else "some"


def test_a_killed_server_has_what_was_committed_and_nothing_else(place: Place, request: pytest.FixtureRequest) -> None:
    kinds = ("copy", "ddl", "commit")
    kills = max(len(kinds), request.config.getoption("--kills"))
    given = request.config.getoption("--kill-seed")
    seed = random.SystemRandom().randrange(1 << 32) if given is None else int(given)
    chance = random.Random(seed)
    seconds = {}
    for number, kind in enumerate(kinds):
        client, began = Client(place, kind, number), time.monotonic()
        client.run()
        seconds[kind] = time.monotonic() - began
        assert client.ended_by is None
        assert judge(place, kind, number, client) == "all"
    ended: Counter[tuple[str, str]] = Counter()
    began = time.monotonic()
    for number in range(kills):
        kind, victim = kinds[number % 3], VICTIMS[number // 3 % 2]
        moment = chance.random() * seconds[kind]
        client = Client(place, kind, 100 + number)
        client.start()
        client.join(moment)
        place.kill(victim)
        client.join(60)
        try:
            assert not client.is_alive(), "the client of a killed server still waits"
            place.start()
            outcome = judge(place, kind, 100 + number, client)
        except Exception as error:
            error.add_note(f"kill {number} ({victim}, {moment * 1000:.0f} ms into {kind}; --kill-seed {seed})")
            raise
        ended[kind, outcome] += 1
        print(f"  {number:3} {kind:6} {victim:6} {moment * 1000:6.0f} ms -> {outcome}; heard {client.heard}")
    print(f"{kills} kills, --kill-seed {seed}: {dict(ended)} in {time.monotonic() - began:.0f} s")
