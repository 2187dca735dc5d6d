"""How fast UNLOAD and COPY of each format are on the embedded Redshift, beside the raw limit of the same engine.

    python tests/benchmarks/unloading.py [--rows 1000000] [--runs 3] [--markdown]

A table like TPC-H's lineitem is unloaded in each format and copied back into a twin. The raw limit is what psycopg
needs to write the same rows to a file by COPY … TO STDOUT, and to read them by COPY … FROM STDIN, over PostgreSQL's
private socket, past our wire server and S3. Shown are medians of runs that alternate, and the memory of the server's
process. After each COPY the twin is compared with the table: who does not do the work is out of the race.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
from rich import box
from rich.console import Console
from rich.table import Table

from warehouse.local import control
from warehouse.local.postgres import SUPERUSER
from warehouse.objectstore import ObjectStore
from warehouse.settings import load_settings

COLUMNS = (
    "l_orderkey BIGINT, l_partkey INTEGER, l_suppkey INTEGER, l_linenumber SMALLINT, l_quantity DECIMAL(12,2), "
    "l_extendedprice DECIMAL(12,2), l_discount DECIMAL(12,2), l_tax DECIMAL(12,2), l_returnflag CHAR(1), "
    "l_linestatus CHAR(1), l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE, l_shipinstruct CHAR(25), "
    "l_shipmode CHAR(10), l_comment VARCHAR(44)"
)
# Made in PostgreSQL itself; the comments differ in length, some are empty, some hold what CSV quotes.
FILL = """
INSERT INTO lineitem SELECT i / 4, i * 7 % 200000, i * 3 % 10000, i % 7, i % 50, (i * 37 % 10000000) / 100.0,
  (i % 11) / 100.0, (i % 9) / 100.0, substr('ARN', i % 3 + 1, 1), substr('OF', i % 2 + 1, 1),
  date '1992-01-02' + i % 2500, date '1992-01-30' + i % 2500, date '1992-01-10' + i % 2500,
  (ARRAY['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[i % 4 + 1],
  (ARRAY['AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK'])[i % 7 + 1],
  CASE i % 20 WHEN 0 THEN '' WHEN 1 THEN 'quickly, "final" deposits' ELSE left(md5(i::text), i % 30 + 1) END
FROM generate_series(1, {rows}) AS i
"""
# UNLOAD's options, and those of the COPY that reads the files.
FORMATS = {
    "CSV": ("CSV", "CSV"),
    "CSV GZIP": ("CSV GZIP", "CSV GZIP"),
    "delimited ESCAPE": ("ESCAPE", "ESCAPE"),
    "JSON": ("JSON", "JSON 'auto'"),
    "PARQUET": ("PARQUET", "PARQUET"),
}
SAME = "SELECT count(*) FROM (SELECT * FROM lineitem EXCEPT SELECT * FROM twin) AS missing"


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Race:
    """One server, its table, and what each contestant does."""

    def __init__(self, server: dict, rows: int, folder: Path) -> None:
        settings = load_settings({}, home=Path(server["home"]))
        self.store, self.stage, self.role = (
            ObjectStore.from_settings(settings),
            f"{settings.stage}/race/",
            server["iam_role"],
        )
        self.rows, self.file = rows, folder / "raw.csv"
        self.process = psutil.Process(server["pid"])
        self.session = psycopg.connect(server["psql"], autocommit=True)
        self.raw = psycopg.connect(
            host=str(Path(server["postgres"]).parent), user=SUPERUSER, dbname="dev", autocommit=True
        )
        self.session.execute(f"CREATE TABLE lineitem ({COLUMNS})")
        self.session.execute(f"CREATE TABLE twin ({COLUMNS})")
        self.raw.execute(FILL.format(rows=rows))

    def raw_out(self) -> None:
        with self.file.open("wb") as file, self.raw.cursor().copy("COPY lineitem TO STDOUT (FORMAT csv)") as source:
            for piece in source:
                file.write(piece)

    def raw_in(self) -> None:
        self.session.execute("TRUNCATE twin")
        with self.file.open("rb") as file, self.raw.cursor().copy("COPY twin FROM STDIN (FORMAT csv)") as target:
            while piece := file.read(1 << 20):
                target.write(piece)

    def unload(self, how: str) -> None:
        self.session.execute(
            f"UNLOAD ('SELECT * FROM lineitem') TO '{self.stage}' IAM_ROLE '{self.role}' {how} ALLOWOVERWRITE"
        )

    def copy(self, how: str) -> None:
        self.session.execute(f"COPY twin FROM '{self.stage}' IAM_ROLE '{self.role}' {how}")

    def clear(self) -> None:
        self.session.execute("TRUNCATE twin")

    def check(self) -> None:
        assert self.session.execute("SELECT count(*) FROM twin").fetchone() == (self.rows,)
        assert self.raw.execute(SAME).fetchone() == (0,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = control.start(Path(folder), port=0, ephemeral=True)
        try:
            shown = race(Race({**server, "home": folder}, arguments.rows, Path(folder)), arguments.runs)
        finally:
            control.stop(Path(folder))
    if arguments.markdown:
        shown.box = box.MARKDOWN
    Console(width=120).print(shown)


def race(one: Race, runs: int) -> Table:
    out: dict[str, list[float]] = {"raw": []}
    into: dict[str, list[float]] = {"raw": []}
    sizes: dict[str, int] = {}
    for _ in range(runs):
        out["raw"].append(seconds(one.raw_out))
        into["raw"].append(seconds(one.raw_in))
        for name, (unload, copy) in FORMATS.items():
            one.store.delete([info.uri for info in one.store.list(one.stage)])
            out.setdefault(name, []).append(seconds(lambda how=unload: one.unload(how)))
            sizes[name] = sum(info.size for info in one.store.list(one.stage))
            one.clear()
            into.setdefault(name, []).append(seconds(lambda how=copy: one.copy(how)))
            one.check()
    sizes["raw"] = one.file.stat().st_size
    table = Table(title=f"{one.rows:,} rows, {runs} runs; server at {one.process.memory_info().rss / 1e6:.0f} MB after")
    for heading in ("format", "MB", "UNLOAD s", "of raw", "COPY s", "of raw"):
        table.add_column(heading, justify="left" if heading == "format" else "right")
    for name in out:
        gone, came = statistics.median(out[name]), statistics.median(into[name])
        table.add_row(
            name, f"{sizes[name] / 1e6:.0f}", f"{gone:.2f}", f"{gone / statistics.median(out['raw']):.2f}×",
            f"{came:.2f}", f"{came / statistics.median(into['raw']):.2f}×",
        )  # fmt: skip
    return table


if __name__ == "__main__":
    main()
