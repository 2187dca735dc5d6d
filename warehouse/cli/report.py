"""What `warehouse lint` prints: text for people, JSON for programs, annotations for GitHub, SARIF for code scanning.

SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
Annotations: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from warehouse.cli.console import console
from warehouse.discipline import Finding, all_rules

_COLOUR = {"error": "red", "warning": "yellow"}
_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@dataclass(frozen=True)
class Report:
    """Findings, and how many tables, revisions and SQL files were looked at."""

    findings: tuple[Finding, ...]
    looked_at: Mapping[str, int]

    @property
    def counts(self) -> dict[str, int]:
        return {severity: sum(one.severity == severity for one in self.findings) for severity in _COLOUR}

    def __str__(self) -> str:
        seen = " and ".join(_count(many, kind) for kind, many in self.looked_at.items() if many) or "nothing"
        if not self.findings:
            return f"{seen}, nothing to mend."
        told = ", ".join(_count(many, severity) for severity, many in self.counts.items() if many)
        return f"{told} in {seen}."


def write(form: str, report: Report) -> None:
    """Print a report in one of the forms text, json, github, sarif."""
    _WRITERS[form](report)


def _text(report: Report) -> None:
    for number, (_, group) in enumerate(groupby(report.findings, key=lambda one: one.table)):
        if number:
            console.print()
        for one in group:
            text = escape(str(one)).replace(one.code, f"[{_COLOUR[one.severity]}]{one.code}[/]", 1)
            console.print(text, soft_wrap=True)
    if report.findings:
        console.print()
        console.print(str(report))
    else:
        console.print(f"[green]{report}[/]")


def _json(report: Report) -> None:
    findings = [asdict(one) for one in report.findings]
    click.echo(json.dumps({**report.looked_at, "counts": report.counts, "findings": findings}, indent=2))


def _github(report: Report) -> None:
    for one in report.findings:
        at = f"file={_property(one.place.file)},line={one.place.line}," if one.place else ""
        title = _property(f"{one.code} {one.subject}".strip())
        click.echo(f"::{one.severity} {at}title={title}::{_data(one.told)}")
    click.echo(str(report))


def _sarif(report: Report) -> None:
    codes = sorted({one.code for one in report.findings})
    rules = [
        {
            "id": rule.code,
            "name": "".join(word.title() for word in rule.name.split()),
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.sections["Why"]},
            "help": {"text": rule.sections["What"]},
            **({"helpUri": rule.see} if rule.see else {}),
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in all_rules()
        if rule.code in codes
    ]
    results = [
        {
            "ruleId": one.code,
            "ruleIndex": codes.index(one.code),
            "level": one.severity,
            "message": {"text": f"{one.subject}: {one.told}" if one.subject else one.told},
            "locations": [_location(one)],
        }
        for one in report.findings
    ]
    tool = {"driver": {"name": "warehouse", "rules": rules}}
    click.echo(
        json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": tool, "results": results}]}, indent=2)
    )


def _location(one: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": one.subject or one.code}]}
    if one.place is not None:
        path = Path(one.place.file)
        uri = path.as_uri() if path.is_absolute() else path.as_posix()
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": {"startLine": one.place.line}}
    return location


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _count(number: int, word: str) -> str:
    one = {"tables": "table", "revisions": "revision", "files": "SQL file"}.get(word, word)
    return f"{number:,} {one}{'' if number == 1 else 's'}"


_WRITERS: Mapping[str, Callable[[Report], None]] = {"text": _text, "json": _json, "github": _github, "sarif": _sarif}
