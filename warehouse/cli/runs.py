"""warehouse runs: the log of loads."""

from __future__ import annotations

import click

from warehouse.cli import console

_COUNTS = ("inserted", "updated", "deleted", "rejected")


@click.command()
@click.option("--table", "table", default="", help="Only runs of this table.")
@click.option("--failed", is_flag=True, help="Only runs that failed, with their errors.")
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, metavar="N", help="How many.")
def command(table: str, failed: bool, last: int) -> None:
    """Print the newest loads, upserts, histories and unloads, newest first."""
    from warehouse.load import runs

    found = runs(table=table, outcome="failed" if failed else "", limit=last)
    if not found:
        console.console.print(f"No such runs of {table!r}." if table else "No such runs.")
        return
    # Only what happened at all: a line of a terminal is short.
    counts = ["rows_read", *(name for name in _COUNTS if any(getattr(run, name) for run in found))]
    numeric = [*(name.removeprefix("rows_") for name in counts), "seconds"]
    columns = ["started (UTC)", "kind", "table", "outcome", *numeric, "by"]
    rows = [
        (
            f"{run.started:%Y-%m-%d %H:%M:%S}", run.kind, run.table, run.outcome,
            *(getattr(run, name) for name in counts),
            None if run.seconds is None else f"{run.seconds:.1f}", run.actor,
        )
        for run in found
    ]  # fmt: skip
    console.table("Runs", columns, rows, numeric=numeric)
    for run in found:
        if run.error:
            console.console.print(f"{run.run_id} {run.source}: {run.error}", markup=False, soft_wrap=True)
