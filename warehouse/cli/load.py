"""warehouse load: append files to a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from warehouse.cli import console
from warehouse.cli.options import copy_options, find_table, read_options
from warehouse.cli.progress import Bars

if TYPE_CHECKING:
    from warehouse.load import LoadReport


@click.command()
@click.argument("table")
@click.argument("source")
@copy_options
@click.option("--actor", default="", help="Who runs it, for the log; default: the user.")
def command(table: str, source: str, actor: str, **given: Any) -> None:
    """Append SOURCE (a path, a glob or an s3:// URI; CSV, gzip, zip or Parquet) to TABLE.

    Either all of it arrives, or nothing: every count is proved before the commit. Keys that the table holds already are
    refused; "warehouse upsert" replaces them.
    """
    from warehouse.load import load

    target = find_table(table)
    options, columns = read_options(given)
    with Bars(f"load {table}") as bars:
        report = load(target, source, options=options, columns=columns, actor=actor, progress=bars)
    show(report)


def show(report: LoadReport) -> None:
    """Print what a load, upsert or unload did."""
    counts: Mapping[str, object] = {
        "rows read": report.rows_read,
        "inserted": report.inserted,
        "updated": report.updated,
        "repeated": report.repeated,
        "rejected": report.rejected,
        "bytes": report.bytes,
        "seconds": f"{report.total_seconds:.1f}",
    }
    if report.kind == "unload":
        counts = {"rows": report.rows_read, "bytes": report.bytes, "seconds": f"{report.total_seconds:.1f}"}
    console.table(f"{report.kind} {report.table}".strip(), list(counts), [list(counts.values())], numeric=list(counts))
    phases = ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in report.seconds.items() if seconds >= 0.005)
    console.console.print(f"[dim]run {report.run_id}: {phases}[/]")
