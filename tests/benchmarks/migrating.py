"""How long a comparison of models and warehouse takes, and what the library costs at its start, beside plain Alembic.

    python tests/benchmarks/migrating.py [--tables 100 1000 10000] [--columns 20] [--runs 3] [--limit 900] [--markdown]

A warehouse with so many tables is compared with the models that it was made from, as `alembic revision --autogenerate`
does it, by three in turn, each in a process of its own (comparing.py): ours, and Alembic with sqlalchemy-redshift, both
on the embedded Redshift; and Alembic's own postgresql dialect on a PostgreSQL alone. "differences" is what each of them
believes to have found where nothing differs. Who needs more than --limit seconds is not asked again.

Then what everybody waits for each time: the import of the library, and `alembic current`, beside the same of plain
Alembic with sqlalchemy-redshift. Shown are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from flights import show
from many_models import models
from sqlalchemy.pool import NullPool

from warehouse import migrate
from warehouse.db.engine import connect
from warehouse.local import control
from warehouse.local.postgres import SUPERUSER, Postgres
from warehouse.settings import Settings

PROJECT = Path(__file__).parents[2]
OURS, PLAIN, POSTGRESQL = "warehouse", "Alembic + sqlalchemy-redshift", "Alembic, postgresql"
_CONTESTANTS = {OURS: "warehouse", PLAIN: "alembic", POSTGRESQL: "postgresql"}
_COLUMNS = ("tables", "seconds", "times ours", "queries", "memory, MB", "differences")
# What a revision's environment needs at the least.
_PLAIN_ENV = """
import sqlalchemy as sa
import sqlalchemy_redshift.dialect
from alembic import context

with sa.create_engine({url!r}, connect_args={arguments!r}).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

Job = dict[str, Any]


@dataclass
class Series:
    """What one contestant needed at one size, run by run; `gave_up` when it needed more than the limit."""

    runs: list[dict[str, float]] = field(default_factory=list)
    gave_up: float | None = None

    def median(self, what: str) -> float:
        return statistics.median(run[what] for run in self.runs)

    def cells(self, tables: int, ours: Series) -> list[str]:
        if self.gave_up is not None:
            ratio = f"> {self.gave_up / ours.median('seconds'):.0f}" if ours.gave_up is None else ""
            return [f"{tables:,}", f"> {self.gave_up:.0f}", ratio, "", "", ""]
        return [
            f"{tables:,}",
            f"{self.median('seconds'):.2f}",
            f"{self.median('seconds') / ours.median('seconds'):.2f}" if ours.gave_up is None else "",
            f"{self.median('queries'):,.0f}",
            f"+{self.median('memory') / 1e6:.0f}",
            f"{self.median('differences'):,.0f}",
        ]


@contextmanager
def redshift(folder: Path) -> Iterator[dict[str, Any]]:
    """An embedded Redshift of its own."""
    server = control.start(folder, port=0)
    try:
        yield server
    finally:
        control.stop(folder)


@contextmanager
def postgresql(folder: Path) -> Iterator[Job]:
    """A PostgreSQL of its own, as a job's url and arguments."""
    folder.mkdir()
    alone = Postgres(folder / "postgres")
    alone.start()
    try:
        where = {"host": str(alone.socket.parent), "user": SUPERUSER, "dbname": "postgres"}
        yield {"url": "postgresql+psycopg2://", "arguments": where}
    finally:
        alone.stop()


def plain(server: dict[str, Any]) -> Job:
    """The embedded Redshift for those who use sqlalchemy-redshift without us."""
    user, password, host, port = (server[key] for key in ("user", "password", "host", "port"))
    return {
        "url": f"redshift+redshift_connector://{user}:{password}@{host}:{port}/dev",
        "arguments": {"ssl": False},
    }


def make_tables(server: dict[str, Any], alone: Job, tables: int, columns: int) -> None:
    metadata = models(tables, columns)
    # The statements together, as nobody waits here for each of them.
    with psycopg.connect(server["psql"], autocommit=True) as connection:
        dialect = connect(Settings(url=server["url"])).dialect
        for table in metadata.sorted_tables:
            made = [sa.schema.CreateTable(table), *(sa.schema.SetColumnComment(one) for one in table.columns)]
            made.append(sa.schema.SetTableComment(table))
            for statement in made:
                connection.execute(str(statement.compile(dialect=dialect)).encode())
    engine = sa.create_engine(alone["url"], connect_args=alone["arguments"], poolclass=NullPool)
    metadata.create_all(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def compare(folder: Path, tables: int, columns: int, runs: int, limit: float) -> dict[str, Series]:
    """All contestants in turn on the same tables."""
    series = {name: Series() for name in _CONTESTANTS}
    with redshift(folder / f"redshift{tables}") as server, postgresql(folder / f"postgres{tables}") as alone:
        began = time.perf_counter()
        make_tables(server, alone, tables, columns)
        print(f"{tables:,} tables made in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        targets = {OURS: {"url": server["url"]}, PLAIN: plain(server), POSTGRESQL: alone}
        for _ in range(runs):
            for name, one in series.items():
                if one.gave_up is None:
                    job = {"who": _CONTESTANTS[name], "tables": tables, "columns": columns, **targets[name]}
                    figures = _child(job, limit)
                    if figures is None:
                        one.gave_up = limit
                    else:
                        one.runs.append(figures)
                    print(f"{tables:,} tables, {name}: {figures}", file=sys.stderr)
    return series


def _child(job: Job, limit: float) -> dict[str, float] | None:
    command = [sys.executable, str(Path(__file__).with_name("comparing.py")), json.dumps(job)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        raise SystemExit(f"{job['who']} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def starts(folder: Path, runs: int) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds of ours and of plain Alembic's, by what is started."""
    with redshift(folder / "starts") as server:
        project = folder / "plain"
        (project / "migrations" / "versions").mkdir(parents=True)
        (project / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
        (project / "migrations" / "env.py").write_text(_PLAIN_ENV.format(**plain(server)))
        current = [sys.executable, "-m", "alembic", "current"]
        migrate.upgrade(Settings(url=server["url"], home=PROJECT))
        for one in (PROJECT / "migrations" / "versions").glob("*.py"):
            # The same revisions without their operations, so that plain Alembic knows where the warehouse stands.
            said = [line for line in one.read_text().splitlines() if line.startswith(("revision", "down_revision"))]
            (project / "migrations" / "versions" / one.name).write_text("\n".join(said) + "\n")
        pairs: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "import": (
                lambda: _run([sys.executable, "-c", "import warehouse, warehouse.models"], PROJECT),
                lambda: _run([sys.executable, "-c", "import sqlalchemy.orm, sqlalchemy_redshift.dialect"], project),
            ),
            "alembic current": (
                lambda: _run(current, PROJECT, {"WAREHOUSE_URL": server["url"]}),
                lambda: _run(current, project),
            ),
        }
        found: dict[str, tuple[list[float], list[float]]] = {}
        for name, both in pairs.items():
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(runs * 3):
                for work, into in zip(both, times, strict=True):
                    began = time.perf_counter()
                    work()
                    into.append(time.perf_counter() - began)
            found[name] = times
    return found


def _run(command: list[str], folder: Path, more: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=folder, env={**os.environ, **(more or {})}, check=True, capture_output=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="migrating.py", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tables", type=int, nargs="+", default=[100, 1000, 10_000], help="sizes of the warehouse")
    parser.add_argument("--columns", type=int, default=20, help="columns of each table (default: 20)")
    parser.add_argument("--runs", type=int, default=3, help="how often everybody compares (default: 3)")
    parser.add_argument("--limit", type=float, default=900, help="seconds that a comparison may take (default: 900)")
    parser.add_argument("--markdown", action="store_true", help="print tables for a README")
    asked = parser.parse_args(arguments)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        lines = []
        for tables in asked.tables:
            series = compare(folder, tables, asked.columns, asked.runs, asked.limit)
            lines += [(name, one.cells(tables, series[OURS])) for name, one in series.items()]
        title = f"Models of {asked.columns} columns compared with the warehouse, median of {asked.runs} runs"
        show(title, _COLUMNS, lines, markdown=asked.markdown)
        both = [
            (name, [f"{statistics.median(one) * 1e3:.0f}" for one in times] + [_ratio(times)])
            for name, times in starts(folder, asked.runs).items()
        ]
        title = f"Starts, median of {asked.runs * 3} runs"
        show(title, ("warehouse, ms", "Alembic + sqlalchemy-redshift, ms", "ratio"), both, markdown=asked.markdown)


def _ratio(times: tuple[list[float], list[float]]) -> str:
    ours, theirs = map(statistics.median, times)
    return f"{ours / theirs:.2f}"


if __name__ == "__main__":
    main()
