"""How fast loads and upserts are beside other ways to do them, and what each leaves behind.

    python tests/benchmarks/loading.py [--set lineitem flight] [--rows 1000000 10000000] [--runs 3] [--careless]
        [--who …] [--dlt PYTHON] [--markdown]

dlt takes part with --dlt, an interpreter that has `dlt[redshift,s3]`: it cannot share an environment with Airflow.

`load` appends all rows to the empty table. `upsert` delivers a fifth of it, half new and half changed. Everybody (see
peers.py) does both in turn, in the same run, on one embedded Redshift and its S3, in a process of its own; each next
run has the order of the last one reversed. Shown are medians. After each action the table is compared with what it
should be, and the last column tells a difference. --careless upserts deliveries that repeat themselves as well.

`commits` are transactions that wrote, `statements` all that the client sent, `staged` the bytes that COPY read from S3;
memory is the client's: its peak, and what of it is above what the imports took. `busy` is the processor time of client,
server, S3 and PostgreSQL together, in seconds: it tells the same on a busy machine. Those marked * were given few rows;
the seconds are what all would take, by the part of them that grew with the rows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from deliveries import SETS, DataSet, Delivery, deliver, repeated
from flights import show
from peers import CONTESTANTS, SLOW

from warehouse.db.engine import connect
from warehouse.local import control
from warehouse.local.postgres import SUPERUSER
from warehouse.settings import load_settings

PROJECT = Path(__file__).parents[2]
ACTIONS = ("load", "upsert")
_COLUMNS = (
    "rows/s", "seconds", "range", "times raw", "busy", "commits", "statements", "staged MB", "peak MB", "+MB", "table",
)  # fmt: skip
_WRITES = "('INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'DDL')"


@dataclass
class Series:
    """What one contestant needed for one action, run by run."""

    rows: int
    # How many times more rows the others were given.
    times: float = 1.0
    runs: list[dict[str, float]] = field(default_factory=list)
    verdicts: set[str] = field(default_factory=set)

    def median(self, what: str) -> float:
        return statistics.median(run[what] for run in self.runs)

    def seconds(self) -> list[float]:
        return [run["seconds"] + run["linear"] * (self.times - 1) for run in self.runs]

    def cells(self, raw: Series | None) -> list[str]:
        seconds, rows = self.seconds(), self.rows * self.times
        middle = statistics.median(seconds)
        return [
            f"{rows / middle:,.0f}",
            f"{middle:,.2f}",
            f"{min(seconds):,.2f} to {max(seconds):,.2f}",
            f"{middle / statistics.median(raw.seconds()):,.2f}" if raw else "",
            "" if self.times > 1 else f"{self.median('busy'):,.1f}",
            f"{self.median('commits'):.0f}" if raw else "",
            f"{self.median('statements'):,.0f}" if raw else "",
            f"{self.median('staged') / 1e6:,.1f}" if raw else "",
            f"{self.median('peak') / 1e6:,.0f}",
            f"+{(self.median('peak') - self.median('baseline')) / 1e6:,.0f}",
            ", ".join(sorted(self.verdicts)),
        ]


class Failed(Exception):
    """A contestant ended with an error: the message is what it wrote to stderr."""


class Arena:
    """An embedded Redshift of its own with the tables, and the PostgreSQL behind it."""

    def __init__(self, home: Path, interpreters: dict[str, str]) -> None:
        self.home = home
        self.server = control.start(home, port=0)
        self.socket = str(Path(self.server["postgres"]).parent)
        self._interpreters = interpreters
        engine = connect(load_settings({}, home=home))
        with engine.begin() as connection:
            for metadata in {data.model.metadata for data in SETS.values()}:
                metadata.create_all(connection)
        engine.dispose()

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        control.stop(self.home)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(host=self.socket, user=SUPERUSER, dbname="dev", autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def remember(self, data: DataSet, file: Path) -> None:
        """Keep what is in the table before each upsert."""
        self.sql(f"DROP TABLE IF EXISTS public.known; CREATE TABLE public.known (LIKE public.{data.name})")
        with (
            psycopg.connect(host=self.socket, user=SUPERUSER, dbname="dev") as connection,
            connection.cursor().copy("COPY public.known FROM STDIN (FORMAT csv, HEADER)") as target,
            file.open("rb") as source,
        ):
            while block := source.read(1 << 20):
                target.write(block)

    def prepare(self, data: DataSet, action: str) -> None:
        """The table as the action finds it, with nothing left to write in the background."""
        self.sql(f"TRUNCATE public.{data.name}")
        if action == "upsert":
            self.sql(f"INSERT INTO public.{data.name} SELECT * FROM public.known")
        self.sql(f"VACUUM ANALYZE public.{data.name}", "CHECKPOINT")

    def content(self, data: DataSet) -> tuple[int, int, int]:
        """Rows, different keys, and a hash of all rows, whatever their order."""
        row, key = ", ".join(data.columns), ", ".join(data.keys)
        found = self.sql(
            f"SELECT count(*), coalesce(sum(hashtextextended(ROW({row})::text, 0)), 0) FROM public.{data.name}"
        )
        keys = self.sql(f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM public.{data.name}) AS keys")
        return found[0][0], keys[0][0], found[0][1]

    def measure(self, who: str, action: str, data: DataSet, file: Path) -> dict[str, float]:
        """Let one do it. Raises Failed."""
        job = {
            **{name: self.server[name] for name in ("host", "port", "user", "password", "s3", "iam_role", "url")},
            "who": who, "action": action, "set": data.name, "table": data.name, "keys": data.keys,
            "columns": data.columns, "file": str(file), "home": str(self.home), "socket": self.socket,
            "superuser": SUPERUSER,
        }  # fmt: skip
        before, *_ = self._log()
        busy = self._busy()
        path = os.pathsep.join([str(PROJECT), *(one for one in sys.path if one)])
        own = self._interpreters.get(who)
        done = subprocess.run(
            [own or sys.executable, str(Path(__file__).with_name("peers.py"))],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": "" if own else path},
        )
        if done.returncode:
            raise Failed(done.stderr)
        measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        measured |= {"client": measured["busy"], "busy": measured["busy"] + self._busy() - busy}
        _, statements, commits = self._log(before)
        ((staged,),) = self._ask(
            f"SELECT coalesce(sum(loaded_bytes), 0) FROM sys_load_history WHERE query_id > {before}"
        )
        # The question about what was before is none of the client's.
        return measured | {"statements": statements - 1, "commits": commits, "staged": int(staged)}

    def _busy(self) -> float:
        """The processor time of the server and of all that it started; that of processes which ended is their
        parent's."""
        server = psutil.Process(self.server["pid"])
        times = []
        for one in (server, *server.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
                times.append(one.cpu_times())
        return sum(one.user + one.system + one.children_user + one.children_system for one in times)

    def _log(self, after: int = 0) -> tuple[int, int, int]:
        """The last statement of the server's log; how many came after one, and in how many transactions they wrote."""
        told = f"""
            SELECT coalesce(max(query_id), 0), count(*),
                   count(DISTINCT CASE WHEN query_type IN {_WRITES} AND status = 'success' THEN transaction_id END)
            FROM sys_query_history WHERE session_id <> pg_backend_pid() AND query_id > {after}"""
        return self._ask(told)[0]

    def _ask(self, question: str) -> list[Any]:
        with psycopg.connect(self.server["psql"], autocommit=True) as connection:
            return connection.execute(question).fetchall()


def verdict(found: tuple[int, int, int], wanted: tuple[int, int, int]) -> str:
    """What a table that should be `wanted` is like, in a few words."""
    rows, keys, _ = found
    if found == wanted:
        return "right"
    said = []
    if rows > keys:
        said.append(f"{rows - keys:,} rows twice")
    if keys != wanted[1]:
        said.append(f"{abs(keys - wanted[1]):,} keys {'lost' if keys < wanted[1] else 'too many'}")
    return ", ".join(said) or "other values"


def race(
    arena: Arena,
    data: DataSet,
    delivery: Delivery,
    runs: int,
    who: Iterable[str],
    actions: Iterable[str],
    tell: Callable[[str], None],
) -> dict[tuple[str, str], Series]:
    """Let everybody do both actions `runs` times, in turn: A B, B A, A B, …"""
    arena.remember(data, delivery.path("known", "csv"))
    # The first COPY of a server imports what reads files.
    arena.measure("warehouse", "load", data, delivery.folder / "load_few")
    order = list(who)
    found, wanted = {}, {}
    for action in actions:
        for name in order:
            what = f"{action}_few" if name in SLOW else action
            found[action, name] = Series(delivery.rows[what], delivery.rows[action] / delivery.rows[what])
            if what not in wanted:
                arena.prepare(data, action)
                arena.measure("raw", action, data, delivery.folder / what)
                wanted[what] = arena.content(data)
    for run in range(runs):
        for action in actions:
            for name in order:
                what = f"{action}_few" if name in SLOW else action
                arena.prepare(data, action)
                series = found[action, name]
                series.runs.append(arena.measure(name, action, data, delivery.folder / what))
                series.verdicts.add(verdict(arena.content(data), wanted[what]))
                tell(f"{data.name}, run {run + 1} of {runs}: {name} {action} {series.runs[-1]}")
        order.reverse()
    return found


def judge(arena: Arena, data: DataSet, delivery: Delivery, who: Iterable[str]) -> list[tuple[str, list[str]]]:
    """What becomes of a delivery that repeats rows, and of one that holds two versions of a row."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        careless = repeated(data, Path(folder), delivery)
        for name in who:
            cells = []
            for what in ("same", "differing"):
                arena.prepare(data, "upsert")
                before = arena.content(data)
                try:
                    arena.measure(name, "upsert", data, careless.folder / what)
                except Failed as error:
                    reason = str(error).strip().splitlines()[-1].partition(":")[0].rpartition(".")[2]
                    kept = "nothing changed" if arena.content(data) == before else "the table changed"
                    cells.append(f"refused ({reason}), {kept}")
                else:
                    rows, keys, _ = arena.content(data)
                    chosen = "each key once" + ("" if what == "same" else ", one version by chance")
                    cells.append(f"{rows - keys:,} rows twice" if rows > keys else chosen)
            lines.append((name, cells))
    return lines


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="loading.py", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", nargs="+", choices=sorted(SETS), default=["lineitem"], dest="sets")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="rows of the table (1,000,000)")
    parser.add_argument("--few", type=int, default=2_000, help="rows for those who are slow (2,000)")
    parser.add_argument("--runs", type=int, default=3, help="how often everybody does everything (3)")
    parser.add_argument("--who", nargs="+", choices=list(CONTESTANTS), help="default: all; dlt with --dlt only")
    parser.add_argument("--actions", nargs="+", choices=ACTIONS, default=ACTIONS)
    parser.add_argument("--careless", action="store_true", help="upsert deliveries that repeat themselves, too")
    parser.add_argument("--dlt", default="", metavar="PYTHON", help="an interpreter with dlt[redshift,s3]")
    parser.add_argument("--markdown", action="store_true", help="print tables for a README")
    asked = parser.parse_args(arguments)
    who = asked.who or [name for name in CONTESTANTS if name != "dlt" or asked.dlt]

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        Arena(Path(folder) / "home", {"dlt": asked.dlt}) as arena,
    ):
        for name in asked.sets:
            for rows in asked.rows:
                delivery = deliver(SETS[name], Path(folder) / f"{name}-{rows}", rows, asked.few)
                found = race(arena, SETS[name], delivery, asked.runs, who, asked.actions, tell)
                for action in asked.actions:
                    lines = [
                        (
                            one + "*" * (one in SLOW),
                            found[action, one].cells(found.get((action, "raw")) if one != "raw" else None),
                        )
                        for one in who
                    ]
                    title = f"{action}, {delivery.rows[action]:,} rows of {name}, median of {asked.runs} runs"
                    show(title, _COLUMNS, lines, markdown=asked.markdown)
                if asked.careless:
                    lines = judge(arena, SETS[name], delivery, who)
                    title = f"an upsert of {name} that delivers some keys twice"
                    show(title, ("the same row", "another row"), lines, markdown=asked.markdown)


if __name__ == "__main__":
    main()
