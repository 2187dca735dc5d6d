"""How fast COPY is, and how much memory the server takes for it, beside the raw limit of the same engine.

    python tests/benchmarks/copying.py [--rows 1000000 10000000] [--runs 3] [--formats csv.gz csv tbl parquet]

The rows are `lineitem` of TPC-H, written by tpchgen-cli (from PyPI; it is in the extra `dev`). Raw is psycopg's COPY of
the same rows as CSV straight into a plain table of the same PostgreSQL, over its private socket: past our wire server
and S3, without a check. COPY loads a table that the server made, from an object of its own S3 endpoint. Each run loads
both, in turn, in the order of the last one reversed, into an empty table; shown are medians. After each run the tables
are compared: who does not do the work is out of the race.

`peak MB` is the server's resident set at its highest while it loads, `+MB` what that is above what it holds before: it
is to stay the same when the file grows. `busy` is the processor time of all that takes part, in seconds: it tells the
same on a busy machine, where the two that work side by side in a COPY wait for each other. MB/s are those of the file.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from flights import show
from resident import Memory

from warehouse.local import control
from warehouse.local.postgres import SUPERUSER
from warehouse.objectstore import ObjectStore
from warehouse.settings import load_settings

# Rows of lineitem at the scale factor 1, nearly.
_AT_ONE = 6_001_215
FORMATS = {
    "csv.gz": "CSV IGNOREHEADER 1 GZIP",
    "csv": "CSV IGNOREHEADER 1",
    "tbl": "DELIMITER '|'",
    "parquet": "FORMAT AS PARQUET",
}
# The types of TPC-H's specification; keys are the 64-bit integers that tpchgen-cli writes.
_TABLE = """
CREATE TABLE {name} (
    l_orderkey BIGINT, l_partkey BIGINT, l_suppkey BIGINT, l_linenumber INTEGER, l_quantity DECIMAL(15,2),
    l_extendedprice DECIMAL(15,2), l_discount DECIMAL(15,2), l_tax DECIMAL(15,2), l_returnflag CHAR(1),
    l_linestatus CHAR(1), l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE, l_shipinstruct CHAR(25),
    l_shipmode CHAR(10), l_comment VARCHAR(44))
"""
_COLUMNS = ("bytes", "seconds", "range", "busy", "rows/s", "MB/s", "times raw", "peak MB", "+MB")


@dataclass
class Series:
    """What one way needed, run by run: seconds, busy, and for the server peak and baseline (in bytes)."""

    bytes: int
    runs: list[dict[str, float]] = field(default_factory=list)

    def median(self, what: str) -> float:
        return statistics.median(run[what] for run in self.runs)

    def cells(self, rows: int, raw: Series) -> list[str]:
        seconds = [run["seconds"] for run in self.runs]
        cells = [
            f"{self.bytes:,}",
            f"{self.median('seconds'):.2f}",
            f"{min(seconds):.2f} to {max(seconds):.2f}",
            f"{self.median('busy'):.1f}",
            f"{rows / self.median('seconds'):,.0f}",
            f"{self.bytes / self.median('seconds') / 1e6:.0f}",
            f"{self.median('seconds') / raw.median('seconds'):.2f}",
        ]
        if self is raw:
            return [*cells, "", ""]
        grown = max(run["peak"] - run["baseline"] for run in self.runs)
        return [*cells, f"{max(run['peak'] for run in self.runs) / 1e6:.0f}", f"{grown / 1e6:.0f}"]


class Arena:
    """An embedded Redshift of its own, and connections to it and to the PostgreSQL behind it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.server = control.start(home, port=0)
        settings = load_settings({}, home=home)
        self.store, self.stage = ObjectStore.from_settings(settings), settings.stage
        self.postgres = psycopg.connect(
            host=str(Path(self.server["postgres"]).parent), user=SUPERUSER, dbname="dev", autocommit=True
        )
        self.redshift = psycopg.connect(
            host=self.server["host"], port=self.server["port"], user=self.server["user"], dbname="dev",
            password=self.server["password"], sslmode="disable", autocommit=True,
        )  # fmt: skip
        self.redshift.execute(_TABLE.format(name="lineitem"))
        self.postgres.execute(_TABLE.format(name="public.plain"))
        # The first COPY imports what reads files.
        self.store.put(f"{self.stage}/first", b"1\n")
        self.redshift.execute("CREATE TABLE first (a INTEGER)")
        self.redshift.execute(f"COPY first FROM '{self.stage}/first' IAM_ROLE default")

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        self.postgres.close()
        self.redshift.close()
        control.stop(self.home)

    def _busy(self, pids: list[int]) -> float:
        times = [psutil.Process(pid).cpu_times() for pid in pids]
        return sum(one.user + one.system for one in times)

    def raw(self, file: Path) -> dict[str, float]:
        self.postgres.execute("TRUNCATE plain; ")
        self.postgres.execute("CHECKPOINT")
        pids = [psutil.Process().pid, self.postgres.info.backend_pid]
        busy, began = self._busy(pids), time.perf_counter()
        command = "COPY plain FROM STDIN (FORMAT csv, HEADER)"
        with self.postgres.cursor().copy(command) as target, file.open("rb") as source:
            while block := source.read(1 << 20):
                target.write(block)
        return {"seconds": time.perf_counter() - began, "busy": self._busy(pids) - busy}

    def copy(self, name: str, how: str) -> dict[str, float]:
        self.redshift.execute("TRUNCATE lineitem")
        self.postgres.execute("CHECKPOINT")
        ((backend,),) = self.redshift.execute("SELECT pg_backend_pid()").fetchall()
        pid = self.server["pid"]
        others = [one.pid for one in psutil.Process(pid).children() if "warehouse.local.s3" in one.cmdline()]
        pids = [pid, backend, *others]
        memory = Memory(pid)
        memory.forget()
        baseline, busy, began = memory.now(), self._busy(pids), time.perf_counter()
        self.redshift.execute(f"COPY lineitem FROM '{self.stage}/{name}' IAM_ROLE default {how}")
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds, "busy": self._busy(pids) - busy, "baseline": baseline, "peak": memory.peak(),
        }  # fmt: skip

    def content(self, table: str) -> Any:
        question = f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM public.{table} AS t"
        return self.postgres.execute(question).fetchone()


def generate(folder: Path, rows: int, formats: list[str]) -> dict[str, Path]:
    """Write lineitem, about `rows` rows of it, in each format; CSV for raw in any case."""
    found = {}
    for form in sorted({"csv", *(one.removesuffix(".gz") for one in formats)}):
        subprocess.run(
            [str(Path(sys.executable).with_name("tpchgen-cli")), form, "--scale-factor", f"{rows / _AT_ONE:.6f}",
             "--tables", "lineitem", "--output-dir", str(folder)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        found[form] = folder / f"lineitem.{form}"
    if "csv.gz" in formats:
        found["csv.gz"] = folder / "lineitem.csv.gz"
        with found["csv"].open("rb") as source, gzip.open(found["csv.gz"], "wb", 6) as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return found


def race(
    arena: Arena, rows: int, formats: list[str], runs: int, tell: Callable[[str], None]
) -> list[tuple[str, list[str]]]:
    """Load `rows` rows in each way, `runs` times, the order turned about each time; lines of the table."""
    with tempfile.TemporaryDirectory(prefix="lineitem-") as folder:
        files = generate(Path(folder), rows, formats)
        found = {name: Series(file.stat().st_size) for name, file in files.items() if name in formats}
        raw = Series(files["csv"].stat().st_size)
        for number, name in enumerate(formats):
            with files[name].open("rb") as stream:  # no object's name begins with another's
                arena.store.put(f"{arena.stage}/{rows}-{number}", stream)
        ways: list[tuple[str, Series, Callable[[], dict[str, float]]]] = [("raw", raw, lambda: arena.raw(files["csv"]))]
        for number, name in enumerate(formats):
            key = f"{rows}-{number}"
            ways.append((name, found[name], lambda key=key, name=name: arena.copy(key, FORMATS[name])))
        wanted = None
        for run in range(runs):
            for name, series, load in ways:
                series.runs.append(load())
                tell(f"{rows:,} rows, run {run + 1} of {runs}: {name} {series.runs[-1]['seconds']:.2f} s")
                content = arena.content("plain" if name == "raw" else "lineitem")
                wanted = wanted or content
                assert content == wanted, f"{name}: the tables differ: {content}, {wanted}"
            ways.reverse()
        count = wanted[0]
        arena.store.delete(f"{arena.stage}/{rows}-{number}" for number in range(len(formats)))
    return [
        (f"raw, {count:,} rows", raw.cells(count, raw)),
        *((f"COPY {name}, {count:,} rows", found[name].cells(count, raw)) for name in formats),
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="copying.py", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="rows (default: 1,000,000)")
    parser.add_argument("--runs", type=int, default=3, help="how often everybody loads (default: 3)")
    parser.add_argument("--formats", nargs="+", choices=sorted(FORMATS), default=["csv.gz", "parquet"])
    parser.add_argument("--markdown", action="store_true", help="print tables for a README")
    asked = parser.parse_args(arguments)

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    tell(f"tpchgen-cli {importlib.metadata.version('tpchgen-cli')}")
    lines = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, Arena(Path(folder) / "home") as arena:
        for rows in asked.rows:
            lines += race(arena, rows, asked.formats, asked.runs, tell)
    show(f"lineitem, median of {asked.runs} runs", _COLUMNS, lines, markdown=asked.markdown)


if __name__ == "__main__":
    main()
