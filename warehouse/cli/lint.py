"""`warehouse lint`: hold declared models against the rules.

Exit code 0 when no rule of severity error is broken, 1 otherwise. Needs no database.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Literal

import click
import sqlalchemy as sa
from rich.markup import escape

from warehouse.cli.console import console
from warehouse.discipline import Finding, lint
from warehouse.errors import WarehouseError

DEFAULT_MODELS = "warehouse.models"
_COLOUR = {"error": "red", "warning": "yellow"}


@click.command("lint")
@click.option(
    "--models",
    default=DEFAULT_MODELS,
    show_default=True,
    metavar="PACKAGE",
    help="Python package or module that declares the tables.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(models: str, form: Literal["text", "json"]) -> None:
    """Hold the models against the rules; "warehouse rule" lists them."""
    metadata = metadata_of(models)
    findings = lint(metadata)
    if form == "json":
        click.echo(json.dumps(as_json(metadata, findings), indent=2))
    else:
        _print(metadata, findings)
    if any(finding.severity == "error" for finding in findings):
        raise click.exceptions.Exit(1)


def metadata_of(models: str) -> sa.MetaData:
    """The tables that a package declares: its `metadata`, or that of its `Base`. Raises WarehouseError."""
    # As Python itself does for a script: packages beside it are found.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(models)
    except ImportError as error:
        raise WarehouseError(
            f"{models} cannot be imported: {error}.",
            next_step="Say --models with a package that this Python finds, such as warehouse.models.",
        ) from error
    for holder in (module, getattr(module, "Base", None)):
        found = getattr(holder, "metadata", None)
        if isinstance(found, sa.MetaData):
            return found
    raise WarehouseError(
        f"{models} declares no tables: it has neither `metadata` nor `Base`.",
        next_step="Let it hold one of the two, as warehouse.models does.",
    )


def as_json(metadata: sa.MetaData, findings: Sequence[Finding]) -> dict[str, object]:
    """What `--format json` prints."""
    counts = {severity: sum(one.severity == severity for one in findings) for severity in _COLOUR}
    return {"tables": len(metadata.tables), "counts": counts, "findings": [asdict(one) for one in findings]}


def _print(metadata: sa.MetaData, findings: Sequence[Finding]) -> None:
    tables = _count(len(metadata.tables), "table")
    if not findings:
        console.print(f"[green]{tables}, nothing to mend.[/]")
        return
    for number, (_, group) in enumerate(groupby(findings, key=lambda finding: finding.table)):
        if number:
            console.print()
        for one in group:
            text = escape(str(one)).replace(one.code, f"[{_COLOUR[one.severity]}]{one.code}[/]", 1)
            console.print(text, soft_wrap=True)
    console.print()
    errors = sum(one.severity == "error" for one in findings)
    told = ", ".join(
        _count(number, word) for number, word in ((errors, "error"), (len(findings) - errors, "warning")) if number
    )
    console.print(f"{told} in {tables}.")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
