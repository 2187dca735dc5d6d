"""How fast the embedded Redshift starts, clones, answers and delivers, beside the PostgreSQL behind it.

    python tests/benchmarks/wire.py [--runs 5] [--rows 1000000] [--queries 2000] [--clients 24] [--markdown]

    very first start  from an empty folder to the first answer, beside initdb and a start of the same PostgreSQL alone
    first start       the same of the machine's next project
    restart           the same once there is data, beside a start of PostgreSQL alone
    clone             a migrated database for one test, as the pytest plugin makes it
    point query       one row by its key, values in the text or as parameters as the driver does it; "bytes only" goes
                      through a process that copies bytes to and fro and knows nothing: what any server in between costs
    fetch             all rows of a wide select, read to the end
    clients           point queries of many clients at once, in processes of their own; the time of one of each

Every row but the clone is measured twice in turn in one run: through the wire server, and straight from PostgreSQL over
its private socket. Shown are medians; "ratio" is wire by PostgreSQL. Memory is the server process's own, at its peak
during the row.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import psycopg
import psycopg2
import redshift_connector
from flights import show
from resident import Memory

from warehouse import migrate
from warehouse.local import cloning, control
from warehouse.local.postgres import SUPERUSER, Postgres
from warehouse.settings import Settings

PROJECT = Path(__file__).parents[2]
# Rows of the table that point queries look into: a sequential scan, as Redshift has no index.
SMALL = 1000
_COLUMNS = ("rows", "bytes", "wire", "PostgreSQL", "ratio", "server peak MB")

Server = dict[str, Any]


class Connection(Protocol):
    """What all three drivers offer here."""

    def cursor(self) -> Any: ...
    def close(self) -> None: ...


def psycopg2_connection(server: Server, *, wire: bool) -> Connection:
    connection = psycopg2.connect(**(_wire(server, "dbname") if wire else _behind(server)))
    connection.autocommit = True
    return connection


def psycopg3_connection(server: Server, *, wire: bool) -> Connection:
    return psycopg.connect(**(_wire(server, "dbname") if wire else _behind(server)), autocommit=True)


class Straight(redshift_connector.Connection):
    """redshift_connector on PostgreSQL, which refuses the settings that the driver sends in its first packet."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_write" and "_write" not in self.__dict__:
            packets: list[bytes] = []

            def first(data: bytes) -> None:
                packets.append(bytes(data))
                if len(packets) == 2:
                    words = packets[1][4:].split(b"\0")
                    kept = dict(zip(words[::2], words[1::2], strict=False))
                    body = packets[1][:4] + b"".join(b"%b\0%b\0" % (k, kept[k]) for k in (b"user", b"database")) + b"\0"
                    value((len(body) + 4).to_bytes(4, "big") + body)
                    self.__dict__["_write"] = value

            super().__setattr__(name, first)
        else:
            super().__setattr__(name, value)


def redshift_connection(server: Server, *, wire: bool) -> Connection:
    if wire:
        connection = redshift_connector.connect(**_wire(server, "database"), ssl=False)
    else:
        connection = Straight(user=server["user"], password="", database="dev", unix_sock=server["postgres"], ssl=False)
    connection.autocommit = True
    return connection


def _wire(server: Server, database: str) -> dict[str, Any]:
    given = {key: server[key] for key in ("host", "port", "user", "password")}
    return {**given, database: "dev", **({"sslmode": "disable"} if database == "dbname" else {})}


def _behind(server: Server) -> dict[str, Any]:
    return {"host": str(Path(server["postgres"]).parent), "user": server["user"], "dbname": "dev"}


DRIVERS: dict[str, Callable[..., Connection]] = {
    "psycopg2": psycopg2_connection,
    "psycopg 3": psycopg3_connection,
    "redshift_connector": redshift_connection,
}


@dataclass
class Line:
    """One row of the table: seconds through the wire and straight, run by run."""

    rows: int | None = None
    bytes: int | None = None
    wire: list[float] = field(default_factory=list)
    straight: list[float] = field(default_factory=list)
    peak: int = 0

    def cells(self) -> list[str]:
        wire = statistics.median(self.wire)
        straight = statistics.median(self.straight) if self.straight else None
        return [
            f"{self.rows:,}" if self.rows is not None else "",
            f"{self.bytes:,}" if self.bytes is not None else "",
            _seconds(wire),
            _seconds(straight) if straight is not None else "",
            f"{wire / straight:.2f}" if straight is not None else "",
            f"{self.peak / 1e6:.0f}" if self.peak else "",
        ]


def _seconds(value: float) -> str:
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.0f} ms" if value >= 0.01 else f"{value * 1e6:.0f} us"


@contextlib.contextmanager
def timed(into: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    into.append(time.perf_counter() - began)


def starts(folder: Path, runs: int) -> dict[str, Line]:
    """First starts and restart of everything, beside PostgreSQL alone."""
    lines = {"very first start": Line(), "first start": Line(), "restart": Line()}
    very_first, first, again = lines.values()
    for number in range(runs):
        shutil.rmtree(folder / "caches", ignore_errors=True)
        home = folder / f"home{number}"
        for line in (very_first, first, again):
            if line is first:
                shutil.rmtree(home)
            with timed(line.wire):
                server = control.start(home, port=0)
                _ask(server)
            line.peak = max(line.peak, Memory(server["pid"]).peak())
            control.stop(home)
        alone = Postgres(folder / f"alone{number}" / "postgres")
        alone.data.parent.mkdir()
        for line in (first, again):
            with timed(line.straight):
                alone.start()
                psycopg.connect(host=str(alone.socket.parent), user=SUPERUSER, dbname="postgres").close()
            alone.stop()
        very_first.straight.append(first.straight[-1])
        shutil.rmtree(home)
        shutil.rmtree(alone.data.parent)
    return lines


def _ask(server: Server) -> None:
    with psycopg.connect(server["psql"]) as connection:
        connection.execute("SELECT 1")


def clones(folder: Path, runs: int) -> dict[str, Line]:
    """A database of a test's own, copied from a migrated template on a server that keeps nothing."""
    home = folder / "plugin"
    server = control.start(home, port=0, ephemeral=True)
    line = Line()
    try:
        cloning.clone(server, "template1", "template")
        migrate.upgrade(Settings(url=server["url"].replace("/dev?", "/template?"), home=PROJECT))
        for number in range(runs * 4):
            with timed(line.wire):
                cloning.clone(server, "template", f"test_{number}")
            cloning.drop(server, f"test_{number}")
    finally:
        control.stop(home)
    return {"clone": line}


def bytes_only(server: Server, queries: int) -> dict[str, Line]:
    """The same point queries through a process that copies bytes between a TCP and a Unix socket."""
    line = Line(rows=1, bytes=40)
    context = get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    forwarder = context.Process(target=_copy_bytes, args=(server["postgres"], tell), daemon=True)
    forwarder.start()
    through = {"host": "127.0.0.1", "port": told.recv(), "user": server["user"], "dbname": "dev", "sslmode": "disable"}
    try:
        with (
            contextlib.closing(psycopg.connect(**through, autocommit=True)) as between,
            contextlib.closing(psycopg3_connection(server, wire=False)) as straight,
        ):
            cursors = ((between.cursor(), line.wire), (straight.cursor(), line.straight))
            for number in range(queries):
                for cursor, times in cursors:
                    with timed(times):
                        _look_up(cursor, number % SMALL)
    finally:
        forwarder.kill()
        forwarder.join()
    return {"point query, psycopg 3, bytes only": line}


def _copy_bytes(postgres: str, tell: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(socket.AF_UNIX) as behind:
        tell.send(listening.getsockname()[1])
        client, _ = listening.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        behind.connect(postgres)
        threading.Thread(target=_pump, args=(behind, client), daemon=True).start()
        _pump(client, behind)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(1 << 16):
        sink.sendall(data)


def point_queries(server: Server, queries: int) -> dict[str, Line]:
    found = {}
    memory = Memory(server["pid"])
    for name, connect in DRIVERS.items():
        line = found[f"point query, {name}"] = Line(rows=1, bytes=40)
        with (
            contextlib.closing(connect(server, wire=True)) as wire,
            contextlib.closing(connect(server, wire=False)) as straight,
        ):
            memory.forget()
            cursors = ((wire.cursor(), line.wire), (straight.cursor(), line.straight))
            for number in range(queries):
                for cursor, times in cursors:
                    with timed(times):
                        _look_up(cursor, number % SMALL)
        line.peak = memory.peak()
    return found


def _look_up(cursor: Any, key: int) -> None:
    cursor.execute("SELECT id, name, amount FROM small WHERE id = %s", (key,))
    assert len(cursor.fetchall()) == 1


def fetches(server: Server, rows: int, runs: int) -> dict[str, Line]:
    found = {}
    memory = Memory(server["pid"])
    for name, connect in DRIVERS.items():
        line = found[f"fetch, {name}"] = Line(rows=rows, bytes=_size(server))
        for _ in range(runs):
            for wire, times in ((True, line.wire), (False, line.straight)):
                with contextlib.closing(connect(server, wire=wire)) as connection:
                    memory.forget()
                    cursor = connection.cursor()
                    with timed(times):
                        cursor.execute("SELECT id, name, amount, at, kind FROM large")
                        assert len(cursor.fetchall()) == rows
                    if wire:
                        line.peak = max(line.peak, memory.peak())
    return found


def _size(server: Server) -> int:
    """Bytes of the rows as they are sent: values as text, four bytes of length each, seven around a row."""
    columns = ("id", "name", "amount", "at", "kind")
    lengths = " + ".join(f"length({column}::text) + 4" for column in columns)
    with psycopg.connect(**_behind(server)) as connection:
        row = connection.execute(f"SELECT sum({lengths} + 7) FROM large").fetchone()
        assert row is not None
        return int(row[0])


def crowd(server: Server, clients: int, queries: int, runs: int) -> dict[str, Line]:
    """`clients` at once; seconds for one query of each."""
    line = Line(rows=clients, bytes=40 * clients)
    memory = Memory(server["pid"])
    with get_context("spawn").Pool(clients) as pool:
        pool.map(_one_of_many, [(server, True, 1)] * clients, chunksize=1)  # imports
        memory.forget()
        for _ in range(runs):
            for wire, times in ((True, line.wire), (False, line.straight)):
                began = time.perf_counter()
                pool.map(_one_of_many, [(server, wire, queries)] * clients, chunksize=1)
                times.append((time.perf_counter() - began) / queries)
    line.peak = memory.peak()
    return {f"{clients} clients, psycopg2": line}


def _one_of_many(job: tuple[Server, bool, int]) -> None:
    server, wire, queries = job
    with contextlib.closing(psycopg2_connection(server, wire=wire)) as connection:
        cursor = connection.cursor()
        for number in range(queries):
            _look_up(cursor, number % SMALL)


def fill(server: Server, rows: int) -> None:
    with psycopg.connect(**_behind(server), autocommit=True) as connection:
        for name, count in (("small", SMALL), ("large", rows)):
            connection.execute(
                f"CREATE TABLE {name} AS SELECT n - 1 AS id, 'name ' || n AS name, n * 1.17::numeric(12, 2) AS amount, "
                "timestamp '2013-01-01' + n * interval '1 minute' AS at, n % 7 AS kind "
                f"FROM generate_series(1, {count}) n"
            )
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="wire.py", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5, help="runs of what takes long (default: 5)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows to fetch (default: 1,000,000)")
    parser.add_argument("--queries", type=int, default=2000, help="point queries of each driver (default: 2,000)")
    parser.add_argument("--clients", type=int, default=24, help="clients at once (default: 24)")
    parser.add_argument("--markdown", action="store_true", help="print a table for a README")
    asked = parser.parse_args(arguments)
    # Python's own compiled files are no part of what is measured, and some environments forbid to keep them.
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["XDG_CACHE_HOME"] = str(folder / "caches")
        control.start(folder / "warm", port=0, ephemeral=True)
        control.stop(folder / "warm")
        lines = starts(folder, asked.runs)
        print("starts measured", file=sys.stderr)
        lines |= clones(folder, asked.runs)
        server = control.start(folder / "home", port=0)
        try:
            fill(server, asked.rows)
            print("tables filled", file=sys.stderr)
            lines |= point_queries(server, asked.queries)
            lines |= bytes_only(server, asked.queries)
            lines |= fetches(server, asked.rows, asked.runs)
            print("fetches measured", file=sys.stderr)
            lines |= crowd(server, asked.clients, max(asked.queries // 10, 5), asked.runs)
        finally:
            control.stop(folder / "home")
    title = f"The wire server beside PostgreSQL, median of {asked.runs} runs ({asked.queries} queries)"
    show(title, _COLUMNS, [(name, line.cells()) for name, line in lines.items()], markdown=asked.markdown)


if __name__ == "__main__":
    main()
