"""24 clients at once: loads, upserts, reads, DDL, and clients that leave without a word. Nothing is lost or left over.

pytest tests/local/test_many_clients.py --client-seconds 600 -s     the long form (default: 4 seconds)
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redshift_connector

from warehouse.local import control
from warehouse.local.postgres import SUPERUSER
from warehouse.objectstore import ObjectStore
from warehouse.settings import load_settings

# Nothing takes as long as this; what does is a hang.
LIMIT = 60
# Rows of a COPY, keys that are upserted.
ROWS, KEYS = 2_000, 300
# How much the server may have grown between a fifth of the time and its end (bytes). Its caches have limits.
GROWTH = 48 << 20
# What Redshift tells transactions that met (AWS "Serializable isolation"); PostgreSQL's deadlock has that code as well.
CONFLICT = ("1023", "deadlock")


class Clients:
    """What the clients share: the server, the end of their time, and what each has done."""

    def __init__(self, server: dict[str, Any], seconds: float) -> None:
        self.server = server
        self.deadline = time.monotonic() + seconds
        self.done: Counter[str] = Counter()
        self.conflicts: Counter[str] = Counter()
        # What loaders heard was committed.
        self.loaded = 0
        self.failures: list[Exception] = []
        self._lock = threading.Lock()

    def client(self, kind: str, number: int) -> threading.Thread:
        return threading.Thread(target=self._live, args=(kind, number), name=f"{kind} {number}")

    def _live(self, kind: str, number: int) -> None:
        chance = random.Random(number)
        turn = 0
        work: Callable[[int, int, random.Random], None] = getattr(self, f"_{kind}")
        try:
            while time.monotonic() < self.deadline or not turn:
                turn += 1
                try:
                    work(number, turn, chance)
                except (psycopg.Error, redshift_connector.Error) as error:
                    if not any(word in str(error) for word in CONFLICT):
                        raise
                    with self._lock:
                        self.conflicts[kind] += 1
                else:
                    with self._lock:
                        self.done[kind] += 1
        except Exception as error:  # noqa: BLE001 - the test shows each failure of each thread
            error.add_note(f"{kind} {number}, turn {turn}")
            self.failures.append(error)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server["psql"], autocommit=True, connect_timeout=LIMIT)

    # --- kinds of clients -------------------------------------------------------------------------------------------

    def _loader(self, number: int, turn: int, chance: random.Random) -> None:
        """COPY, by Redshift's own driver, in a transaction that is committed or not."""
        server = self.server
        with contextlib.closing(
            redshift_connector.connect(
                host=server["host"],
                port=server["port"],
                user=server["user"],
                password=server["password"],
                database=server["database"],
                ssl=False,
            )
        ) as connection:
            cursor = connection.cursor()
            cursor.execute(f"COPY ledger FROM 's3://warehouse/rows.csv' IAM_ROLE '{server['iam_role']}' CSV")
            if chance.random() < 0.25:
                connection.rollback()
                return
            connection.commit()
        with self._lock:
            self.loaded += ROWS

    def _upserter(self, number: int, turn: int, chance: random.Random) -> None:
        keys = chance.sample(range(KEYS), 40)
        with self._connect() as connection, connection.transaction():
            connection.execute("LOCK latest")
            connection.execute("CREATE TEMP TABLE stage (k INTEGER, v INTEGER)")
            values = ", ".join(f"({key}, {number * 1_000_000 + turn})" for key in keys)
            connection.execute(f"INSERT INTO stage VALUES {values}")
            connection.execute("DELETE FROM latest USING stage WHERE latest.k = stage.k")
            connection.execute("INSERT INTO latest SELECT k, v FROM stage")
            connection.execute("DROP TABLE stage")

    def _reader(self, number: int, turn: int, chance: random.Random) -> None:
        with self._connect() as connection:
            whole, parts = connection.execute(f"SELECT COUNT(*), COUNT(*) % {ROWS} FROM ledger").fetchone()
            assert parts == 0, f"a part of a COPY is seen: {whole} rows"
            twice = connection.execute("SELECT k FROM latest GROUP BY k HAVING COUNT(*) > 1").fetchall()
            assert twice == [], "a key is seen twice"

    def _maker(self, number: int, turn: int, chance: random.Random) -> None:
        name = f"made_{number}"
        with self._connect() as connection:
            connection.execute(f"CREATE TABLE {name} (a INTEGER DISTKEY, b VARCHAR(9)) SORTKEY (a)")
            connection.execute(f"INSERT INTO {name} VALUES ({turn}, 'x')")
            connection.execute(f"ALTER TABLE {name} ADD COLUMN c INTEGER DEFAULT 7")
            assert connection.execute(f"SELECT a, b, c FROM {name}").fetchall() == [(turn, "x", 7)]
            connection.execute(f"ALTER TABLE {name} ALTER DISTSTYLE EVEN")
            connection.execute(f"DROP TABLE {name}")

    def _leaver(self, number: int, turn: int, chance: random.Random) -> None:
        """Leaves without a word: before its login, in a transaction, in the middle of a COPY."""
        if turn % 3 == 0:
            with socket.create_connection((self.server["host"], self.server["port"]), timeout=LIMIT) as stranger:
                stranger.sendall(b"\0\0\0\x08")
            return
        connection = self._connect()
        connection.execute("BEGIN")
        if turn % 3 == 1:
            connection.execute("INSERT INTO ledger VALUES (-1, 'never committed')")
        else:
            role = self.server["iam_role"]
            copy = f"COPY ledger FROM 's3://warehouse/rows.csv' IAM_ROLE '{role}' CSV"
            connection.pgconn.send_query(copy.encode())
        with socket.socket(fileno=connection.pgconn.socket) as raw:
            raw.shutdown(socket.SHUT_RDWR)
            raw.detach()
        connection.close()


@pytest.fixture
def server(tmp_path: Path) -> Any:
    server = control.start(tmp_path, port=0, ephemeral=True)
    with contextlib.closing(ObjectStore.from_settings(load_settings({}, home=tmp_path))) as store:
        store.put("s3://warehouse/rows.csv", b"".join(b"%d,row %d\n" % (n, n) for n in range(ROWS)))
    yield server
    control.stop(tmp_path)


def test_24_clients_at_once(server: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seconds = request.config.getoption("--client-seconds")
    with psycopg.connect(server["psql"], autocommit=True) as connection:
        connection.execute("CREATE TABLE ledger (n INTEGER ENCODE az64, text VARCHAR(20)) DISTSTYLE EVEN")
        connection.execute("CREATE TABLE latest (k INTEGER DISTKEY, v INTEGER) SORTKEY (k)")
    clients = Clients(server, seconds)
    kinds = {"loader": 5, "upserter": 5, "reader": 6, "maker": 4, "leaver": 4}
    threads = [clients.client(kind, number) for kind, count in kinds.items() for number in range(count)]
    assert len(threads) == 24
    process = psutil.Process(server["pid"])
    for thread in threads:
        thread.start()
    threads[0].join(seconds / 5)
    early = process.memory_info().rss
    for thread in threads:
        thread.join(max(clients.deadline - time.monotonic(), 0) + LIMIT)
    assert [thread.name for thread in threads if thread.is_alive()] == [], "a client waits for ever"
    late = process.memory_info().rss
    print(
        f"\n{seconds:.0f} s: {dict(clients.done)}, conflicts {dict(clients.conflicts)}, {clients.loaded:,} rows loaded"
    )
    print(
        f"{clients.loaded:,} rows loaded; the server has {early / 1e6:.0f} MB after a fifth of the time, "
        f"{late / 1e6:.0f} MB at the end"
    )
    assert clients.failures == []
    assert clients.done.keys() == kinds.keys()
    _nobody_is_left(server)
    # In a short run the caches are still being filled.
    assert late - early < GROWTH or seconds < 60, "the server grows"
    with psycopg.connect(server["psql"]) as connection:

        def ask(query: str) -> Any:
            return connection.execute(query).fetchall()

        assert ask("SELECT COUNT(*) FROM ledger") == [(clients.loaded,)]
        assert ask("SELECT 1 FROM ledger WHERE n < 0") == []
        assert ask("SELECT k FROM latest GROUP BY k HAVING COUNT(*) > 1") == []
        tables = ask("SELECT DISTINCT tablename FROM pg_table_def WHERE schemaname = 'public'")
        assert {name for (name,) in tables} == {"ledger", "latest"}
    assert "Traceback" not in (tmp_path / ".warehouse" / "server.log").read_text(errors="replace")


def _nobody_is_left(server: dict[str, Any]) -> None:
    """No session behind the server, no lock, no temporary table: those who left took all with them."""
    deadline = time.monotonic() + LIMIT
    folder = Path(server["postgres"]).parent
    with psycopg.connect(host=str(folder), user=SUPERUSER, dbname="dev", autocommit=True) as connection:
        while left := connection.execute(
            "SELECT 'session', state, left(query, 80) FROM pg_stat_activity"
            " WHERE datname = 'dev' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            " UNION ALL SELECT 'temporary table', relname::text, '' FROM pg_class"
            " WHERE relpersistence = 't' AND relkind = 'r'"
        ).fetchall():
            assert time.monotonic() < deadline, f"left over: {left}"
