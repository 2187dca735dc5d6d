"""warehouse upsert: replace the rows that a delivery holds anew, insert the others."""

from __future__ import annotations

from typing import Any

import click

from warehouse.cli.load import show
from warehouse.cli.options import copy_options, find_table, names, read_options
from warehouse.cli.progress import Bars


@click.command()
@click.argument("table")
@click.argument("source")
@click.option("--key", "keys", help="Columns that say which row is which: a,b; default: the primary key.")
@click.option("--latest-by", help="Columns of which the greatest value wins when a key is repeated: a,b.")
@copy_options
@click.option("--actor", default="", help="Who runs it, for the log; default: the user.")
def command(table: str, source: str, keys: str | None, latest_by: str | None, actor: str, **given: Any) -> None:
    """Upsert SOURCE (a path, a glob or an s3:// URI) into TABLE by its primary key.

    Identical repetitions of a row collapse. Rows of one key that differ are refused unless --latest-by says which wins.
    """
    from warehouse.load import upsert

    target = find_table(table)
    options, columns = read_options(given)
    with Bars(f"upsert {table}") as bars:
        report = upsert(
            target,
            source,
            keys=names(keys),
            latest_by=names(latest_by),
            options=options,
            columns=columns,
            actor=actor,
            progress=bars,
        )
    show(report)
