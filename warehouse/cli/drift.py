"""warehouse drift: compare the models, the migrations and the warehouse.

Exit code 0: they say the same. 1: they do not. 2: something could not be looked at.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import click
import sqlalchemy as sa

from warehouse.cli import console
from warehouse.cli.lint import DEFAULT_MODELS, metadata_of
from warehouse.db.failures import refused
from warehouse.errors import WarehouseError
from warehouse.settings import Settings, load_settings

COLUMNS = ("qualified_name", "owner", "rows", "size_mb", "age_days", "unread_days")


@click.command()
@click.option(
    "--models", default=DEFAULT_MODELS, show_default=True, metavar="PACKAGE", help="What declares the tables."
)
@click.option(
    "--replay-on", metavar="URL", help="An empty warehouse to replay the migrations on, instead of an embedded one."
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def command(models: str, replay_on: str | None, form: str) -> None:
    """Compare three things: the models, the migrations (replayed on an empty server), and the warehouse.

    Exit code 0: they say the same; 1: they do not; 2: something could not be looked at.
    """
    from warehouse.migrate.drift import drift

    live = load_settings()
    try:
        metadata = metadata_of(models)
        with _empty(live, replay_on) as empty:
            found = drift(live, empty, metadata=metadata)
    except WarehouseError as error:
        console.fail(str(error), code=2)
    except sa.exc.DBAPIError as error:
        console.fail(str(refused(error)), code=2)
    unowned = [dict(zip(COLUMNS, values, strict=True)) for values in map(attrgetter(*COLUMNS), found.unowned)]
    if form == "json":
        told = {"revision": found.revision, "pending": found.pending, "unmigrated": found.unmigrated}
        click.echo(json.dumps({**told, "by_hand": found.by_hand, "unowned": unowned}, indent=2))
    else:
        _list("In the models, and in no migration. The migrations need:", found.unmigrated)
        _list("In the warehouse, and not by a migration. To be as they made it, it needs:", found.by_hand)
        if unowned:
            rows = [list(one.values()) for one in unowned]
            console.table("Tables of nobody: no model, no migration", COLUMNS, rows, numeric=COLUMNS[2:])
            if any(one.unread_days is None for one in found.unowned):
                console.console.print("No unread_days: nobody read it in the few days that the query log reaches back.")
        pending = f", {found.pending} behind the newest" if found.pending else ""
        said = "no drift" if found.is_none else f"{len(found.unmigrated)} differences to the models, "
        said += "" if found.is_none else f"{len(found.by_hand)} to the warehouse, {len(unowned)} tables of nobody"
        console.console.print(f"At revision {found.revision}{pending}: {said}.")
    if not found.is_none:
        raise click.exceptions.Exit(1)


@contextmanager
def _empty(live: Settings, url: str | None) -> Iterator[Settings]:
    """Where the migrations are replayed."""
    from warehouse.local import control

    if url is not None:
        yield replace(live, url=url)
        return
    with tempfile.TemporaryDirectory(prefix="warehouse-drift-") as folder:
        server = control.start(Path(folder), port=0, ephemeral=True)
        try:
            yield replace(live, url=server["url"], is_local=True)
        finally:
            control.stop(Path(folder))


def _list(title: str, lines: tuple[str, ...]) -> None:
    if lines:
        click.echo(title)
        for line in lines:
            click.echo(f"  {line}")
