"""warehouse upsert: replace the rows that a delivery holds anew, insert the others."""

from __future__ import annotations

from typing import Any

import click

from warehouse.cli.delivery import deliver, delivery_options
from warehouse.cli.options import names


@click.command()
@click.argument("table")
@click.argument("source")
@click.option("--key", "keys", help="Columns that say which row is which: a,b; default: the primary key.")
@click.option("--latest-by", help="Columns of which the greatest value wins when a key is repeated: a,b.")
@click.option("--newer-by", help="Replace a row only when the delivered one is greater in these columns: a,b.")
@click.option("--only-changed", is_flag=True, help="Leave rows alone that the delivery does not change.")
@click.option("--delete-when", default="", help="A BOOLEAN column of the delivery: true deletes the row of that key.")
@click.option("--method", type=click.Choice(["replace", "update", "merge"]), help="How; default: by what is delivered.")
@delivery_options
def command(
    table: str,
    source: str,
    keys: str | None,
    latest_by: str | None,
    newer_by: str | None,
    only_changed: bool,
    delete_when: str,
    method: str | None,
    **given: Any,
) -> None:
    """Upsert SOURCE (a path, a glob or an s3:// URI) into TABLE by its primary key.

    Identical repetitions of a row collapse. Rows of one key that differ are refused unless --latest-by says which wins.
    """
    deliver(
        "upsert",
        table,
        source,
        given,
        keys=names(keys),
        latest_by=names(latest_by),
        newer_by=names(newer_by),
        only_changed=only_changed,
        delete_when=delete_when,
        method=method,
    )
