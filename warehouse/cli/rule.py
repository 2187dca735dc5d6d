"""`warehouse rule`: list the rules; `warehouse rule WH001`: explain one. Pages and list come from the rules' own
files."""

from __future__ import annotations

import click
from rich.markdown import Markdown

from warehouse.cli.console import console, table
from warehouse.discipline import Rule, all_rules, rule
from warehouse.discipline.registry import FAMILIES


@click.command("rule")
@click.argument("code", required=False)
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
def command(code: str | None, form: str) -> None:
    """Explain the rule CODE, or list all rules."""
    if code is None and form == "markdown":
        click.echo(all_as_markdown())
        return
    if code is None:
        rows = ((one.code, one.severity, one.summary) for one in all_rules())
        table("Rules", ("code", "severity", "what it finds"), rows)
        console.print('"warehouse rule CODE" explains one. To waive one, say why: waive={"CODE": "…"}.', markup=False)
        return
    page = as_markdown(rule(code))
    if form == "markdown":
        click.echo(page)
    else:
        console.print(Markdown(page))


def all_as_markdown() -> str:
    """Every rule, a table for each family."""
    parts = []
    for family, about in FAMILIES.items():
        rows = [
            f"| {one.code} | {one.severity} | {one.summary} |" for one in all_rules() if one.code.startswith(family)
        ]
        parts.append(
            "\n".join([f"## {family}xx: {about}", "", "| code | severity | what it finds |", "|---|---|---|", *rows])
        )
    return "\n\n".join(parts)


def families_as_markdown() -> str:
    """README's table: a line for each family, with its number of rules and what some of them find."""
    rows = []
    for family, about in FAMILIES.items():
        names = [one.name for one in all_rules() if one.code.startswith(family)]
        # The first two and the middle one show the range.
        shown = ", ".join((*names[:2], names[len(names) // 2]))
        rows.append(f"| {family}xx | {about} | {len(names)} | {shown}, … |")
    return "\n".join(["| codes | about | rules | such as |", "|---|---|---|---|", *rows])


def as_markdown(one: Rule) -> str:
    """The rule's page."""
    parts = [f"# {one.code}: {one.name}", f"{one.summary} Severity: {one.severity}."]
    parts += [f"## {heading}\n\n{text}" for heading, text in one.sections.items()]
    parts.append(f'Waive it, where it must be: `waive={{"{one.code}": "why"}}`.')
    return "\n\n".join(parts)
