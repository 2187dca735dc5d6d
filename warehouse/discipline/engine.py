"""Run the rules over subjects: one function for the linter, for autogenerate and for the upgrade.

    check(subjects)    findings, waived ones left out
    lint(metadata)     the same for declared models, whose designs must be possible in the first place
    refuse(findings)   raise when one of them is an error

A waiver holds back the findings of one code: those of the table that declares it, or, when handed to `check`, those
of the whole revision. A waiver that held back nothing is itself judged (WH009).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from warehouse.discipline.finding import Finding, Severity
from warehouse.discipline.registry import Rule, all_rules
from warehouse.discipline.subject import Change, CreateTable, Subject, WaiverUse, expand, table_of, where
from warehouse.errors import DesignError, DisciplineError, SettingsError
from warehouse.schema import check_table
from warehouse.schema.design import TableDesign

# Tables that tools keep for themselves; nobody here designs them.
FOREIGN_TABLES = frozenset({"alembic_version", "alembic_history", "alembic_lock"})
REVISION = "revision"


@dataclass(frozen=True)
class Config:
    """What to look away from. `severity` gives a rule another severity, or "off"."""

    ignore_tables: frozenset[str] = FOREIGN_TABLES
    severity: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        known = {rule.code for rule in all_rules()}
        for code, severity in self.severity.items():
            if code not in known:
                raise SettingsError(f"There is no rule {code}.", next_step='"warehouse rule" lists them all.')
            if severity not in ("error", "warning", "off"):
                raise SettingsError(f"{code}: {severity!r} is no severity.", next_step="Say error, warning or off.")

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> Config:
        """From plain data, as a `[tool.warehouse.discipline]` table holds it: `ignore_tables` (list), `severity`
        (table)."""
        unknown = sorted(set(options) - {"ignore_tables", "severity"})
        if unknown:
            raise SettingsError(
                f"The discipline's options have no {', '.join(unknown)}.", next_step="Say ignore_tables or severity."
            )
        return cls(
            ignore_tables=FOREIGN_TABLES | frozenset(options.get("ignore_tables", ())),
            severity=MappingProxyType(dict(options.get("severity", {}))),
        )

    def of(self, rule: Rule) -> Severity | None:
        """The rule's severity under this configuration; None when it is off."""
        said = self.severity.get(rule.code, rule.severity)
        return None if said == "off" else "error" if said == "error" else "warning"


def check(
    subjects: Iterable[TableDesign | Change],
    config: Config | None = None,
    *,
    waivers: Mapping[str, str] | None = None,
) -> list[Finding]:
    """What the rules find, in the order of the subjects. `waivers` (code -> reason) hold for all of them.

    Raises DisciplineError for a waiver without a reason.
    """
    config = config or Config()
    of_revision = _Waivers(REVISION, _with_reasons(waivers or {}))
    findings: list[Finding] = []
    for subject in subjects:
        if _is_foreign(subject, config):
            continue
        design = subject.design if isinstance(subject, CreateTable) else subject
        own = _Waivers(table_of(subject), design.waivers if isinstance(design, TableDesign) else {})
        for part in expand(subject):
            for finding in _judge(part, config):
                if not (own.hold(finding) or of_revision.hold(finding)):
                    findings.append(finding)
        findings.extend(_unused(own, config))
    findings.extend(_unused(of_revision, config))
    return findings


def lint(metadata: sa.MetaData, config: Config | None = None) -> list[Finding]:
    """Hold declared models against the rules, tables in order of their names.

    Raises DesignError when a table's design is impossible in Redshift, as Core tables are not checked when they are
    made.
    """
    config = config or Config()
    tables = [table for table in metadata.tables.values() if table.name not in config.ignore_tables]
    return check([check_table(table) for table in sorted(tables, key=lambda table: table.fullname)], config)


def refuse(findings: Iterable[Finding]) -> None:
    """Raise DisciplineError when a finding is an error; warnings pass."""
    found = list(findings)
    errors = [finding for finding in found if finding.severity == "error"]
    if not errors:
        return
    count = "One rule is broken" if len(errors) == 1 else f"{len(errors)} rules are broken"
    raise DisciplineError(
        f"{count}: " + " ".join(map(str, errors)),
        findings=found,
        next_step='Mend them, or waive one with a reason: waive={"WH000": "…"}.',
    )


class _Waivers:
    """Waivers of one holder, and which of them were needed."""

    def __init__(self, holder: str, reasons: Mapping[str, str]) -> None:
        self.holder = holder
        self.reasons = reasons
        self.used: set[str] = set()

    def hold(self, finding: Finding) -> bool:
        held = finding.code in self.reasons
        if held:
            self.used.add(finding.code)
        return held

    def uses(self) -> Iterator[WaiverUse]:
        known = {rule.code for rule in all_rules()}
        for code, reason in self.reasons.items():
            yield WaiverUse(self.holder, code, reason, used=code in self.used, known=code in known)


def _judge(subject: Subject, config: Config) -> Iterator[Finding]:
    for rule in all_rules():
        severity = config.of(rule)
        if severity is None or not isinstance(subject, rule.judges):
            continue
        for fault in rule.check(subject):
            yield Finding(rule.code, severity, where(subject), fault.message, fault.help, table_of(subject))


def _unused(waivers: _Waivers, config: Config) -> Iterator[Finding]:
    for use in waivers.uses():
        yield from _judge(use, config)


def _is_foreign(subject: TableDesign | Change, config: Config) -> bool:
    return table_of(subject).rpartition(".")[2] in config.ignore_tables


def _with_reasons(waivers: Mapping[str, str]) -> Mapping[str, str]:
    try:
        return TableDesign(REVISION, waivers=waivers).waivers
    except DesignError as error:
        raise DisciplineError(error.message, next_step=error.next_step) from error
