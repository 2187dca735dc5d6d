"""`warehouse rule`: list the rules; `warehouse rule WH001`: explain one. Pages and list come from the rules' own
files."""

from __future__ import annotations

import click
from rich.markdown import Markdown

from warehouse.cli.console import console, table
from warehouse.discipline import Rule, all_rules, rule


@click.command("rule")
@click.argument("code", required=False)
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
def command(code: str | None, form: str) -> None:
    """Explain the rule CODE, or list all rules."""
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


def as_markdown(one: Rule) -> str:
    """The rule's page."""
    parts = [f"# {one.code}: {one.name}", f"{one.summary} Severity: {one.severity}."]
    parts += [f"## {heading}\n\n{text}" for heading, text in one.sections.items()]
    parts.append(f'Waive it, where it must be: `waive={{"{one.code}": "why"}}`.')
    return "\n\n".join(parts)
