"""warehouse sweep: remove what killed and failed runs left in the staging area."""

from __future__ import annotations

from datetime import timedelta

import click

from warehouse.cli import console


@click.command()
@click.option("--older-than", type=click.FloatRange(0), default=7.0, show_default=True, metavar="DAYS")
@click.option("--dry-run", is_flag=True, help="Only print what would be removed.")
def command(older_than: float, dry_run: bool) -> None:
    """Delete the staged parts of runs that are over; a run that still may be at work is younger than --older-than."""
    from warehouse.load import sweep

    found = sweep(timedelta(days=older_than), dry=dry_run)
    if not found:
        console.console.print("Nothing to remove.")
        return
    rows = [(one.run_id, one.objects, one.bytes, f"{one.newest:%Y-%m-%d %H:%M}") for one in found]
    title = "Would be removed" if dry_run else "Removed"
    console.table(title, ["run", "objects", "bytes", "newest (UTC)"], rows, numeric=["objects", "bytes"])
