"""warehouse demo: the whole story on real data, on the embedded Redshift.

Each step is a function that does one thing through the library and prints what came of it. A second run finds tables
that hold their rows already and says so; it ends in the same state as the first.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import click
import sqlalchemy as sa

from warehouse import demo, migrate
from warehouse.cli import console
from warehouse.cli.options import find_table
from warehouse.cli.progress import Bars
from warehouse.db.engine import connect
from warehouse.demo import Deliveries, Sample
from warehouse.errors import LocalServerError, SettingsError, WarehouseError
from warehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    from warehouse.load import LoadReport

# How a file goes into its table.
Way = Literal["load", "upsert", "skip"]

# Who did it, in load_audit.
ACTOR = "warehouse demo"
STEPS = 7


@dataclass(frozen=True)
class Warehouse:
    """What the steps work with."""

    settings: Settings
    engine: sa.Engine

    def count(self, table: str, condition: sa.ColumnElement[bool] | None = None) -> int:
        """How many rows a table holds (of those that meet the condition)."""
        query = sa.select(sa.func.count()).select_from(find_table(table))
        with self.engine.connect() as connection:
            return int(connection.execute(query if condition is None else query.where(condition)).scalar_one())


@click.command()
def command() -> None:
    """The whole story on real data: start, migrate, load, upsert, check.

    Works on the embedded Redshift of this project only, never on the warehouse of WAREHOUSE_URL. Running it again
    ends in the same state.
    """
    configured = load_settings()
    _refuse_elsewhere(configured)
    # Without these there is no demo: better said before a server is started.
    migrate.config(configured)
    _control()
    _say(
        "New York's 336,776 flights of 2013 in an Amazon Redshift warehouse, on this machine alone:",
        "an embedded server that speaks Redshift, with an S3 endpoint beside it. No account is needed.",
    )
    dimensions, deliveries, customers = _prepare(configured.state / demo.FOLDER)
    server = _start(configured.home)
    # Read from the server's own file alone: no WAREHOUSE_ variable may lead the demo's files to a real bucket.
    settings = load_settings({}, home=configured.home)
    warehouse = Warehouse(settings, connect(settings))
    try:
        _migrate(warehouse)
        _load_all(warehouse, [*dimensions, deliveries.first, customers], deliveries)
        _upsert(warehouse, deliveries)
        sound = _check(warehouse)
        complete = _prove(
            warehouse,
            {sample.table: sample.rows for sample in dimensions}
            | {"flight": deliveries.rows, "customer": customers.rows},
        )
    finally:
        warehouse.engine.dispose()
    if not (sound and complete):
        raise WarehouseError(
            "The warehouse does not hold what the demo delivered: something else has written to its tables.",
            next_step='"warehouse local reset" drops all that the server keeps; then run the demo again.',
        )
    _look_around(server)


# The steps


def _refuse_elsewhere(settings: Settings) -> None:
    """The demo fills tables: never those of a warehouse that somebody works with."""
    if not settings.url or settings.is_local:
        return
    server = _control().status(settings.home)
    if server is not None and _place(settings.url) == _place(server["url"]):
        return
    raise SettingsError(
        "WAREHOUSE_URL names another warehouse, and the demo writes to the embedded Redshift only.",
        next_step="Run it without the variable: env -u WAREHOUSE_URL warehouse demo.",
    )


def _prepare(folder: Path) -> tuple[tuple[Sample, ...], Deliveries, Sample]:
    """Find the sample data, and write what is made from it."""
    _step(1, "Prepare the sample data")
    with Bars("writing the deliveries"):
        dimensions = demo.dimensions()
        deliveries = demo.flights(folder)
        customers = demo.customers(folder)
    first, second = deliveries.first, deliveries.second
    rows = [
        *((sample.table, sample.path.name, sample.rows, "as published") for sample in dimensions),
        (first.table, first.path.name, first.rows, "the year up to 24 December"),
        (second.table, second.path.name, second.rows, "the rest, and corrections"),
        (customers.table, customers.path.name, customers.rows, "made from flights, untidy"),
    ]
    console.table("", ["table", "file", "rows", "what it is"], rows, numeric=["rows"])
    return dimensions, deliveries, customers


def _start(home: Path) -> dict[str, Any]:
    """Start the embedded Redshift, or find it running."""
    _step(2, "Start the embedded Redshift")
    with Bars("starting (the first start makes a database, which takes a while)"):
        server: dict[str, Any] = _control().start(home)
    place = f"{server['host']}:{server['port']}"
    _say(f"It runs on {place}." if server["started"] else f"It was running already, on {place}.")
    if server["started"] and server["port"] != server["wanted_port"]:
        _say(f"Port {server['wanted_port']} was taken, so it listens on another one.")
    return server


def _migrate(warehouse: Warehouse) -> None:
    """Bring the tables to what the models declare."""
    _step(3, "Migrate: Alembic makes the tables that the models declare")
    before = migrate.current(warehouse.settings)
    with Bars("alembic upgrade head"):
        migrate.upgrade(warehouse.settings)
    after = migrate.current(warehouse.settings)
    _say(f"At revision {after} already." if before == after else f"From {before or 'nothing'} to revision {after}.")


def _load_all(warehouse: Warehouse, samples: Sequence[Sample], deliveries: Deliveries) -> None:
    """Load every file; a table that holds its rows already is left alone."""
    _step(4, "Load: every file is staged to S3, then COPY reads it, in one transaction")
    rows = []
    for sample in samples:
        # The flights may be complete already, from an earlier run.
        whole = {sample.rows, deliveries.rows} if sample.table == "flight" else {sample.rows}
        way = _way(warehouse.count(sample.table), whole)
        report = None if way == "skip" else _deliver(warehouse, sample, way)
        rows.append(_told(sample, report))
    console.table(
        "",
        ["table", "rows read", "new", "replaced", "seconds", "how"],
        rows,
        numeric=["rows read", "new", "replaced", "seconds"],
    )


def _upsert(warehouse: Warehouse, deliveries: Deliveries) -> None:
    """Merge the second delivery."""
    _step(5, "Upsert: the second delivery, merged by primary key in one transaction")
    second = deliveries.second
    _say(
        f"Its {second.rows:,} rows: {deliveries.held_back:,} flights that the first delivery did not have, "
        f"{deliveries.known:,} that it had,",
        f"of which {deliveries.corrected:,} now have an arrival, and {deliveries.repeated:,} repetitions. "
        "Of two versions of a flight",
        "the one that knows an arrival time wins.",
    )
    flight = find_table("flight")
    unknown = sa.and_(flight.c.dep_time.is_not(None), flight.c.arr_time.is_(None))
    before = (warehouse.count("flight"), warehouse.count("flight", unknown))
    report = _deliver(warehouse, second, "upsert")
    after = (warehouse.count("flight"), warehouse.count("flight", unknown))
    console.table(
        "",
        ["table", "rows read", "new", "replaced", "repeated", "seconds"],
        [
            [
                second.table,
                report.rows_read,
                report.inserted,
                report.updated,
                report.repeated,
                f"{report.total_seconds:.1f}",
            ]
        ],
        numeric=["rows read", "new", "replaced", "repeated", "seconds"],
    )
    if not report.inserted:
        _say("It had been merged before, so nothing is new: an upsert may be repeated.")
    _say(f"Flights: {before[0]:,} before, {after[0]:,} after.")
    _say(f"Flights that left and have no arrival time: {before[1]:,} before, {after[1]:,} after.")


def _check(warehouse: Warehouse) -> bool:
    """Ask what Redshift takes on trust; orphans are findings, not failures."""
    from warehouse.models import metadata
    from warehouse.quality import check

    _step(6, "Check: keys unique and not null, references without orphans")
    with Bars("check") as bars:
        report = check(metadata, engine=warehouse.engine, progress=bars)
    found = [
        [
            result.table,
            result.check,
            ", ".join(result.columns),
            result.against.partition(" ")[0],
            result.violations,
            result.severity,
            " ".join(str(value) for value in result.examples[0]) if result.examples else "",
        ]
        for result in report.findings
    ]
    if found:
        console.table("", ["table", "check", "columns", "in", "rows", "severity", "such as"], found, numeric=["rows"])
    _say(f"{len(report.results)} checks: {len(report.results) - len(found)} found nothing, {len(found)} are above.")
    if report.ok and found:
        _say(
            "Redshift takes keys on trust. These findings are in the published data itself, which names planes,",
            "airports and hours that its own lists lack. They are warnings: the flights are true, and stay.",
        )
    return report.ok


def _prove(warehouse: Warehouse, expected: Mapping[str, int]) -> bool:
    """Count what the source has and what the warehouse has."""
    _step(7, "Prove: rows in the source, rows in the warehouse")
    held = {table: warehouse.count(table) for table in expected}
    rows = [[table, count, held[table], "✓" if count == held[table] else "✗"] for table, count in expected.items()]
    console.table("", ["table", "source", "warehouse", ""], rows, numeric=["source", "warehouse"])
    return held == expected


def _look_around(server: Mapping[str, Any]) -> None:
    """How to go on from here."""
    console.console.print("[bold]Look around[/]")
    _say(
        "The server keeps running, and the data is kept in .warehouse/ of this folder.",
        "",
        "With psql, if it is installed:",
        f"psql '{server['psql']}'",
        "From Python, a URL for sqlalchemy.create_engine:",
        server["url"],
        "Next:",
    )
    commands = [
        ("warehouse check", "the checks again, with their examples"),
        ("warehouse lint", "hold the models against the rules"),
        ("warehouse local stop", "stop the server; the data stays"),
        ("alembic history", "the migrations"),
    ]
    shown = [(_typed(line), what) for line, what in commands]
    width = max(len(line) for line, _ in shown)
    _say(*(f"  {line:<{width}}  {what}" for line, what in shown))


# What they share


def _way(held: int, whole: Collection[int]) -> Way:
    """How a file goes into a table that holds so many rows, where `whole` are the numbers that say it is in already.

    An empty table takes one COPY. A table with some other number of rows was changed by somebody: upserting brings
    back what is missing and doubles nothing.
    """
    if held in whole:
        return "skip"
    return "upsert" if held else "load"


def _deliver(warehouse: Warehouse, sample: Sample, way: Way) -> LoadReport:
    from warehouse.load import CopyOptions, load, upsert

    table, options = find_table(sample.table), CopyOptions(**sample.options)
    shared: dict[str, Any] = {
        "engine": warehouse.engine,
        "settings": warehouse.settings,
        "options": options,
        "columns": sample.columns,
        "actor": ACTOR,
    }
    with Bars(f"{way} {sample.table}") as bars:
        if way == "load":
            return load(table, sample.path, progress=bars, **shared)
        return upsert(table, sample.path, keys=sample.keys, latest_by=sample.latest_by, progress=bars, **shared)


def _told(sample: Sample, report: LoadReport | None) -> list[object]:
    """The line of one file in the table of loads."""
    if report is None:
        return [sample.table, None, None, None, None, "skipped: its rows are there"]
    how = "COPY" if report.kind == "load" else "upsert: it held other rows"
    return [
        sample.table,
        report.rows_read,
        report.inserted,
        report.updated,
        f"{report.total_seconds:.1f}",
        how,
    ]


def _control() -> ModuleType:
    """The embedded server's controls, which a production worker does not install."""
    try:
        from warehouse.local import control
    except ModuleNotFoundError as missing:
        raise LocalServerError(
            f"The embedded Redshift needs the package {missing.name}, which is not installed.",
            next_step='Install it with: pip install "warehouse[demo]".',
        ) from missing
    return control


def _place(url: str) -> tuple[str | None, int | None]:
    """Host and port of a URL; a malformed one is nowhere."""
    try:
        found = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return None, None
    return found.host, found.port


def _typed(line: str) -> str:
    """A command line as it can be typed here: with the program's path when the shell would not find it."""
    program, _, rest = line.partition(" ")
    beside = Path(sys.executable).with_name(program)
    if shutil.which(program) or not beside.exists():
        return line
    return f"{_short(beside)} {rest}"


def _short(path: Path) -> Path:
    """Relative to the working directory, when it is in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _step(number: int, title: str) -> None:
    console.console.print(f"\n[bold cyan]{number}/{STEPS}[/] [bold]{title}[/]", soft_wrap=True)


def _say(*lines: str) -> None:
    """Print lines as they are: a URL is never broken."""
    for line in lines:
        console.console.print(line, soft_wrap=True, markup=False)
