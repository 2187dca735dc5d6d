"""warehouse unload: write a table or a query to S3."""

from __future__ import annotations

from typing import Literal, cast

import click

from warehouse.cli import console
from warehouse.cli.delivery import LIMITS, show, show_sql
from warehouse.cli.options import find_table
from warehouse.cli.progress import Bars


@click.command()
@click.argument("subject")
@click.argument("to_uri")
@click.option("--format", "kind", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@click.option("--gzip", is_flag=True, help="Compress CSV.")
@click.option("--replace", is_flag=True, help="Delete what lies under the prefix first.")
@LIMITS[0]
@LIMITS[1]
@click.option("--dry-run", is_flag=True, help="Print the SQL; write and change nothing.")
@click.option("--actor", default="", help="Who runs it, for the log; default: the user.")
def command(
    subject: str,
    to_uri: str,
    kind: str,
    gzip: bool,
    replace: bool,
    statement_timeout: float,
    query_group: str,
    dry_run: bool,
    actor: str,
) -> None:
    """Write SUBJECT (a table of the models, or a SELECT) to objects whose keys start with TO_URI.

    "warehouse load TABLE TO_URImanifest" reads them again.
    """
    from warehouse.load import Guards, preview_unload, unload

    chosen = subject if " " in subject.strip() else find_table(subject)
    if dry_run:
        sql = preview_unload(chosen, to_uri, format=cast(Literal["parquet", "csv"], kind), gzip=gzip, replace=replace)
        console.console.print("A dry run: nothing was written.")
        show_sql(sql)
        return
    with Bars("unload") as bars:
        report = unload(
            chosen,
            to_uri,
            format=cast(Literal["parquet", "csv"], kind),
            gzip=gzip,
            replace=replace,
            actor=actor,
            progress=bars,
            guards=Guards(statement_timeout=statement_timeout, query_group=query_group),
        )
    show(report)
    for file in report.files:
        console.console.print(file, soft_wrap=True, markup=False)
