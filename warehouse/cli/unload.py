"""warehouse unload: write a table or a query to S3."""

from __future__ import annotations

from typing import Literal, cast

import click

from warehouse.cli import console
from warehouse.cli.delivery import show
from warehouse.cli.options import find_table
from warehouse.cli.progress import Bars


@click.command()
@click.argument("subject")
@click.argument("to_uri")
@click.option("--format", "kind", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@click.option("--gzip", is_flag=True, help="Compress CSV.")
@click.option("--replace", is_flag=True, help="Delete what lies under the prefix first.")
@click.option("--actor", default="", help="Who runs it, for the log; default: the user.")
def command(subject: str, to_uri: str, kind: str, gzip: bool, replace: bool, actor: str) -> None:
    """Write SUBJECT (a table of the models, or a SELECT) to objects whose keys start with TO_URI."""
    from warehouse.load import unload

    chosen = subject if " " in subject.strip() else find_table(subject)
    with Bars("unload") as bars:
        report = unload(
            chosen,
            to_uri,
            format=cast(Literal["parquet", "csv"], kind),
            gzip=gzip,
            replace=replace,
            actor=actor,
            progress=bars,
        )
    show(report)
    for file in report.files:
        console.console.print(file, soft_wrap=True, markup=False)
