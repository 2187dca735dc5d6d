"""warehouse check: hold the warehouse's rows against the declared keys."""

from __future__ import annotations

import click

from warehouse.cli import console
from warehouse.cli.options import find_table
from warehouse.cli.progress import Bars


@click.command()
@click.argument("tables", nargs=-1)
@click.option("--strict", is_flag=True, help="Findings of severity warning (orphans) fail, too.")
def command(tables: tuple[str, ...], strict: bool) -> None:
    """Check TABLES (default: all of the models): keys unique and not null, references without orphans.

    Exits with 1 when a check of severity error finds something.
    """
    from warehouse.models import metadata
    from warehouse.quality import check

    chosen = [find_table(name) for name in tables] or metadata
    with Bars("check") as bars:
        report = check(chosen, severities={"no_orphans": "error"} if strict else None, progress=bars)
    console.table(
        "Checks",
        ["table", "check", "columns", "violations", "severity", "such as", "seconds"],
        [
            [
                result.table,
                result.check,
                ", ".join(result.columns) + (f" -> {result.against}" if result.against else ""),
                result.violations,
                "" if result.ok else result.severity,
                "; ".join(" ".join(str(value) for value in example) for example in result.examples[:3]),
                f"{result.seconds:.2f}",
            ]
            for result in report
        ],
        numeric=["violations", "seconds"],
    )
    warnings = len(report.findings) - len(report.failures)
    said = f"{len(report.results)} checks, {len(report.failures)} failed, {warnings} with warnings"
    console.console.print(said)
    if not report.ok:
        raise click.exceptions.Exit(1)
