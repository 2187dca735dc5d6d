"""warehouse history: keep a slowly changing dimension of type 2."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from warehouse.cli.delivery import deliver, delivery_options
from warehouse.cli.options import names


@click.command()
@click.argument("table")
@click.argument("source")
@click.option("--key", "keys", help="Columns that identify a row at its source: a,b; default: by the primary key.")
@click.option("--as-of", help="Since when it holds: a moment (ISO 8601, UTC) or a column; default: now.")
@click.option("--latest-by", help="Columns of which the greatest value wins when a key is repeated: a,b.")
@click.option("--close-missing", is_flag=True, help="The delivery is complete: what it does not hold has ended.")
@delivery_options
def command(
    table: str,
    source: str,
    keys: str | None,
    as_of: str | None,
    latest_by: str | None,
    close_missing: bool,
    **given: Any,
) -> None:
    """Deliver SOURCE (a path, a glob or an s3:// URI) into the history TABLE.

    A row that differs from its current version becomes a new one; the former stays, with the moment at which it ended.
    """
    deliver(
        "history",
        table,
        source,
        given,
        keys=names(keys),
        as_of=_moment(as_of),
        latest_by=names(latest_by),
        missing="close" if close_missing else "keep",
    )


def _moment(text: str | None) -> datetime | str | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return text  # a column
