"""Run the rules over subjects: one function for the linter, for autogenerate and for the upgrade.

    check(subjects)    findings, waived ones left out
    lint(metadata)     the same for declared models, whose designs must be possible in the first place
    refuse(findings)   raise when one of them is an error

A waiver holds back the findings of one code: those of the table, view or statement that declares it; those of a
revision; or those that the configuration names. A waiver that held back nothing is itself judged (WH009), unless the
rule could not be asked: it needs statistics, or all tables, and there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import sqlalchemy as sa

from warehouse.discipline.changes import Change
from warehouse.discipline.config import Config
from warehouse.discipline.finding import Fault, Finding, Place, Severity
from warehouse.discipline.registry import Rule, all_rules
from warehouse.discipline.statement import Statement
from warehouse.discipline.subject import (
    NOTHING_KNOWN,
    Given,
    Link,
    LiveTable,
    MissingTable,
    SchemaDesign,
    Subject,
    WaiverUse,
    expand,
    place_of,
    table_of,
    where,
)
from warehouse.errors import DesignError, DisciplineError
from warehouse.schema import check_table, view_designs
from warehouse.schema.design import TableDesign, ViewDesign, qualified, with_reasons
from warehouse.schema.facts import TableFacts

REVISION = "revision"
Ask = Callable[[Subject], Iterable[Fault]]


def check(
    subjects: Iterable[Given],
    config: Config | None = None,
    *,
    waivers: Mapping[str, str] | None = None,
    known: SchemaDesign | None = None,
    unused: bool = True,
) -> list[Finding]:
    """What the rules find, in the order of the subjects. `waivers` (code -> reason) hold for all of them.

    `known` is what else is known of the warehouse; what the subjects create is known anyway. `unused=False` leaves
    alone what a revision or the configuration waives for nothing: the subjects are a part of what that is for.

    Raises DisciplineError for a waiver without a reason.
    """
    return _Run(config or Config(), known or NOTHING_KNOWN, unused=unused).check(list(subjects), waivers or {})


def lint(metadata: sa.MetaData, config: Config | None = None, *, facts: Iterable[TableFacts] = ()) -> list[Finding]:
    """Hold declared models against the rules, tables and then views in order of their names.

    Raises DesignError when a table's design is impossible in Redshift, as Core tables are not checked when they are
    made.
    """
    config = config or Config()
    designs = declared(metadata, config)
    return check(designs, config, known=SchemaDesign.of(designs, facts, complete=True))


def declared(metadata: sa.MetaData, config: Config | None = None) -> list[TableDesign | ViewDesign]:
    """The designs of the models, without the tables that are none of ours. Raises DesignError for an impossible one."""
    config = config or Config()
    tables = [one for one in metadata.tables.values() if not config.ignores(qualified(one.schema, one.name))]
    found: list[TableDesign | ViewDesign] = [
        check_table(one) for one in sorted(tables, key=lambda table: table.fullname)
    ]
    views = sorted(view_designs(metadata), key=lambda view: view.qualified_name)
    return found + [one for one in views if not config.ignores(one.qualified_name)]


def hygiene(
    designs: Iterable[TableDesign | ViewDesign], facts: Iterable[TableFacts], config: Config | None = None
) -> list[Finding]:
    """Hold a live warehouse against its models: tables that no model owns, models that no table has, tables in need of
    care. `facts` are those of all its tables.
    """
    tables = {one.qualified_name: one for one in designs if isinstance(one, TableDesign)}
    live = sorted(facts, key=lambda one: one.qualified_name)
    names = {one.qualified_name for one in live}
    subjects: list[Given] = [LiveTable(one, tables.get(one.qualified_name)) for one in live]
    subjects += [MissingTable(design) for name, design in sorted(tables.items()) if name not in names]
    return check(subjects, config, unused=False)


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

    def __init__(self, holder: str, reasons: Mapping[str, str], place: Place | None = None) -> None:
        self.holder = holder
        self.reasons = reasons
        self.place = place
        self.used: set[str] = set()

    def hold(self, finding: Finding) -> bool:
        held = finding.code in self.reasons
        if held:
            self.used.add(finding.code)
        return held


class _Run:
    """One call of `check`."""

    def __init__(self, config: Config, known: SchemaDesign, *, unused: bool) -> None:
        self.config = config
        self.known = known
        self.unused = unused
        self.rules = {rule.code: rule for rule in all_rules()}
        self.active = [(rule, severity) for rule in all_rules() if (severity := config.of(rule)) is not None]
        self.of_kind: dict[type, list[tuple[Rule, Severity, Ask]]] = {}
        # Waivers of the configuration: did one of them meet something it is about, and did it hold anything back?
        self.met: set[int] = set()
        self.held: set[int] = set()

    def check(self, subjects: list[Given], waivers: Mapping[str, str]) -> list[Finding]:
        self.known = self.known.with_designs(one for one in subjects if isinstance(one, TableDesign | ViewDesign))
        of_revision = _Waivers(REVISION, _reasons(waivers))
        findings: list[Finding] = []
        for subject in subjects:
            if not self.config.ignores(table_of(subject)):
                findings += self._of(subject, of_revision)
            if isinstance(subject, Change):
                self.known = self.known.after(subject)
        if self.unused:
            findings += self._unneeded(of_revision)
            findings += self._unneeded_of_configuration()
        return findings

    def _of(self, subject: Given, of_revision: _Waivers) -> Iterator[Finding]:
        holder = getattr(subject, "design", None) or subject
        own = _Waivers(table_of(subject), getattr(holder, "waivers", {}), place_of(subject))
        met = [number for number, one in enumerate(self.config.waivers) if one.covers(table_of(subject), own.place)]
        self.met.update(met)
        for part in expand(subject, self.known):
            findings = self._judge(part, own.place)
            if isinstance(part, Statement) and part is not subject:
                of_part = _Waivers(part.where, _reasons(part), part.place or own.place)
                findings = [one for one in findings if not of_part.hold(one)]
                yield from self._unneeded(of_part)
            for finding in findings:
                if not (own.hold(finding) or of_revision.hold(finding) or self._held(finding, met)):
                    yield finding
        if not isinstance(subject, LiveTable | MissingTable):
            # The others of a table's waivers are for its design.
            yield from self._unneeded(own)

    def _judge(self, subject: Subject, place: Place | None = None) -> list[Finding]:
        # Nearly every answer is "nothing", so a finding is only made when there is one.
        found = [(rule, severity, fault) for rule, severity, ask in self._asking(subject) for fault in ask(subject)]
        if not found:
            return []
        name, table, at = where(subject), table_of(subject), place_of(subject) or place
        return [Finding(rule.code, level, name, fault.message, fault.help, table, at) for rule, level, fault in found]

    def _asking(self, subject: Subject) -> list[tuple[Rule, Severity, Ask]]:
        """The rules that judge this kind of subject, each with the function to ask."""
        kind = subject.__class__
        if kind not in self.of_kind:
            rules = [(rule, severity) for rule, severity in self.active if issubclass(kind, rule.judges)]
            self.of_kind[kind] = [(rule, severity, self._question(rule)) for rule, severity in rules]
        return self.of_kind[kind]

    def _question(self, rule: Rule) -> Ask:
        def of_known(subject: Subject) -> Iterable[Fault]:
            return rule.check(subject, self.known)

        def of_facts(subject: Subject) -> Iterable[Fault]:
            facts = self.known.facts.get(table_of(subject))
            return rule.check(subject, facts) if facts is not None else ()

        return rule.check if rule.asks is None else of_known if rule.asks == "known" else of_facts

    def _held(self, finding: Finding, met: list[int]) -> bool:
        holding = [number for number in met if self.config.waivers[number].holds(finding)]
        self.held.update(holding)
        return bool(holding)

    def _could_be_asked(self, code: str) -> bool:
        rule = self.rules.get(code)
        if rule is None:
            return True
        live = LiveTable in rule.judges or MissingTable in rule.judges
        if live or self.config.of(rule) is None or rule.asks == "facts":
            return False
        # A link is only seen when both of its tables are known.
        return self.known.complete or not (rule.asks == "known" or Link in rule.judges)

    def _unneeded(self, waivers: _Waivers) -> Iterator[Finding]:
        for code, reason in waivers.reasons.items():
            if self._could_be_asked(code):
                known, used = code in self.rules, code in waivers.used
                yield from self._judge(WaiverUse(waivers.holder, code, reason, used, known, waivers.place))

    def _unneeded_of_configuration(self) -> Iterator[Finding]:
        for number in sorted(self.met - self.held):
            waiver = self.config.waivers[number]
            if self._could_be_asked(waiver.rule):
                yield from self._judge(WaiverUse(str(waiver), waiver.rule, waiver.reason, used=False, known=True))


def _reasons(holder: Mapping[str, str] | Statement) -> Mapping[str, str]:
    try:
        return holder.waivers if isinstance(holder, Statement) else with_reasons(REVISION, holder)
    except DesignError as error:
        raise DisciplineError(error.message, next_step=error.next_step) from error
