"""warehouse load: bring files into a table."""

from __future__ import annotations

from typing import Any

import click

from warehouse.cli.delivery import deliver, delivery_options


@click.command()
@click.argument("table")
@click.argument("source")
@click.option(
    "--mode",
    type=click.Choice(["append", "replace", "swap"]),
    default="append",
    show_default=True,
    help="Add the rows; delete all others first; or fill a new table that takes the name of this one.",
)
@click.option(
    "--window", nargs=3, metavar="COLUMN START END", help="Replace the rows with START <= COLUMN < END by the delivery."
)
@delivery_options
def command(table: str, source: str, mode: str, window: tuple[str, str, str] | None, **given: Any) -> None:
    """Load SOURCE (a path, a glob or an s3:// URI; CSV, JSON lines, Parquet or Avro, plain or packed) into TABLE.

    Either all of it arrives, or nothing: every count is proved before the commit. Keys that the table holds already are
    refused; "warehouse upsert" replaces them.
    """
    from warehouse.load import Window

    deliver("load", table, source, given, mode=mode, window=Window(*window) if window else None)
