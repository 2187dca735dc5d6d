"""What `warehouse load`, `upsert` and `history` share: options, the run or its preview, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import click
from rich.syntax import Syntax

from warehouse.cli import console
from warehouse.cli.options import copy_options, find_table, read_options
from warehouse.cli.progress import Bars
from warehouse.errors import TooMuchRewritten

if TYPE_CHECKING:
    from warehouse.load import Guards, LoadReport, Preview

# What any command that runs statements may be told about them.
LIMITS = (
    click.option(
        "--statement-timeout", type=click.FloatRange(0), default=0.0, metavar="SECONDS",
        help="Have the warehouse cancel a statement that takes longer; 0 for never.",
    ),
    click.option("--query-group", default="", help="Label of the statements in the query log; WLM routes by it."),
)  # fmt: skip
_COUNTS = ("rows_read", "inserted", "updated", "deleted", "unchanged", "repeated", "rejected", "bytes")


def delivery_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that brings a delivery into a table; `deliver` takes them."""
    decorators = [
        click.option("--rename", multiple=True, metavar="FIELD=COLUMN", help="Another name for a field; repeatable."),
        click.option(
            "--default", "defaults", multiple=True, metavar="COLUMN=VALUE",
            help="A value for a column that the source has no field for; repeatable.",
        ),
        click.option(
            "--cast", "casts", multiple=True, metavar="COLUMN=SQL",
            help="An expression over the fields, of which this one is text then; repeatable.",
        ),
        click.option("--must", "musts", multiple=True, metavar="SQL", help="A condition for every row; repeatable."),
        click.option(
            "--quarantine", type=click.IntRange(0), default=0, metavar="ROWS",
            help="Set up to so many bad rows aside in load_quarantine instead of refusing the delivery.",
        ),
        click.option("--load-key", default="", help="Your name for the delivery: one that succeeded is not repeated."),
        click.option("--replay", is_flag=True, help="Run again though the load key has succeeded."),
        click.option("--attempts", type=click.IntRange(1), default=5, show_default=True, help="Tries after conflicts."),
        click.option(
            "--most-rewritten", type=click.FloatRange(0, 100), metavar="PERCENT",
            help="Ask (in a terminal) or refuse before a larger share of the table is replaced or deleted.",
        ),
        click.option("--upkeep", is_flag=True, help="Run VACUUM and ANALYZE afterwards when the table needs them."),
        *LIMITS,
        click.option("--dry-run", is_flag=True, help="Print the plan and its SQL; send and change nothing."),
        click.option("--actor", default="", help="Who runs it, for the log; default: the user."),
    ]  # fmt: skip
    for decorator in reversed(decorators):
        function = decorator(function)
    return copy_options(function)


def deliver(
    kind: Literal["load", "upsert", "history"], table: str, source: str, given: dict[str, Any], **own: Any
) -> None:
    """Run the command, or print its preview."""
    from warehouse import load as loading

    target = find_table(table)
    options, columns = read_options(given)
    common = {
        "options": options,
        "columns": columns,
        "rename": _pairs(given["rename"], "--rename", "FIELD=COLUMN"),
        "defaults": _pairs(given["defaults"], "--default", "COLUMN=VALUE"),
        "casts": _pairs(given["casts"], "--cast", "COLUMN=SQL"),
        "musts": [loading.Must(text) for text in given["musts"]],
        "quarantine": given["quarantine"],
        "load_key": given["load_key"],
        "on_repeat": "replay" if given["replay"] else "skip",
        "retry": loading.Retry(attempts=given["attempts"]),
        "upkeep": given["upkeep"],
        "actor": given["actor"],
    }
    guards = loading.Guards(
        statement_timeout=given["statement_timeout"],
        query_group=given["query_group"],
        most_rewritten=None if given["most_rewritten"] is None else given["most_rewritten"] / 100,
    )
    if given["dry_run"]:
        show_preview(loading.preview(kind, target, source, guards=guards, **common, **own))
        return

    def run(guards: Guards) -> LoadReport:
        with Bars(f"{kind} {table}") as bars:
            report: LoadReport = getattr(loading, kind)(target, source, progress=bars, guards=guards, **common, **own)
        return report

    try:
        report = run(guards)
    except TooMuchRewritten as refused:
        if not console.may_ask() or not click.confirm(f"{refused.message} Nothing was changed yet. Go on?", err=True):
            raise
        # From the beginning: nothing is held while somebody thinks.
        report = run(replace(guards, most_rewritten=None))
    show(report)


def show(report: LoadReport) -> None:
    """Print what a run did: the counts that are not zero, and those that everybody looks for."""
    always = ("rows_read", "bytes") if report.kind == "unload" else ("rows_read", "inserted", "updated", "bytes")
    found = {name: int(getattr(report, name)) for name in _COUNTS}
    counts: Mapping[str, object] = {
        **{name.replace("_", " "): count for name, count in found.items() if count or name in always},
        "seconds": f"{report.total_seconds:.1f}",
    }
    console.table(f"{report.kind} {report.table}".strip(), list(counts), [list(counts.values())], numeric=list(counts))
    if report.outcome == "skipped":
        console.console.print(
            f"Nothing was done: run {report.run_id} of the same load key did it. Say --replay to run it again."
        )
        return
    phases = ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in report.seconds.items() if seconds >= 0.005)
    tries = f", {report.attempts} tries" if report.attempts > 1 else ""
    console.console.print(f"[dim]run {report.run_id}{tries}: {phases}[/]", soft_wrap=True)
    if report.rejected:
        console.console.print(
            f"set aside, with the reasons: SELECT * FROM load_quarantine WHERE run_id = '{report.run_id}'",
            soft_wrap=True,
        )
    if report.advice:
        how = "could not be run" if "upkeep" in report.seconds else "--upkeep runs it"
        for one in report.advice:
            console.console.print(f"advised: {one} ({how})", markup=False, soft_wrap=True)


def show_preview(preview: Preview) -> None:
    """Print what a run would do."""
    size = sum(piece.size for piece in preview.source.pieces)
    rows = [
        ("source", f"{len(preview.files)} {preview.source.format} file(s), {size:,} bytes: {preview.files[0]}"),
        ("columns", ", ".join(preview.columns)),
        ("rows", f"{preview.source.rows:,}" if preview.source.rows is not None else "not known before it is read"),
    ]
    console.table(f"{preview.kind} {preview.table}: a dry run, nothing was sent or changed", ["", ""], rows)
    show_sql(preview.sql())


def show_sql(text: str) -> None:
    """Print statements, in colour where there is a terminal."""
    console.console.print(Syntax(text, "sql", theme="ansi_dark", word_wrap=True))


def _pairs(given: tuple[str, ...], option: str, form: str) -> dict[str, str] | None:
    pairs = {}
    for one in given:
        name, sign, value = one.partition("=")
        # A default may be blank, or empty.
        if not sign or not name.strip() or not (value.strip() or option == "--default"):
            raise click.BadParameter(f"{one!r} is not {form}.", param_hint=option)
        pairs[name.strip()] = value if option == "--default" else value.strip()
    return pairs or None
