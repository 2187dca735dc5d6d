"""What the rules look away from: `[tool.warehouse.discipline]` of pyproject.toml, as one frozen value.

    [tool.warehouse.discipline]
    select = ["WH"]                       # codes, or how they begin; default: all rules
    ignore = ["WH102"]
    ignore_tables = ["legacy_*", "vendor.*"]
    severity = { WH004 = "warning", WH108 = "error" }

    [[tool.warehouse.discipline.waivers]]
    rule = "WH003"
    table = "import_*"                    # and/or: file = "migrations/versions/2026*"
    reason = "events of a vendor, which has no keys"

A waiver without a reason is refused, and so is a word that is not known: a typing error must not switch a rule off.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any

from warehouse.discipline.finding import Finding, Place, Severity
from warehouse.discipline.registry import Rule, all_rules
from warehouse.errors import SettingsError

# Tables that tools keep for themselves; nobody here designs them.
FOREIGN_TABLES = frozenset({"alembic_version", "alembic_history", "alembic_lock", "alembic_view"})
PYPROJECT = "pyproject.toml"
_WORDS = ("ignore", "ignore_tables", "select", "severity", "waivers")
_SEE = '"warehouse rule" lists them all.'


@dataclass(frozen=True)
class Waiver:
    """A waiver of the configuration: for the tables and the files that fit its patterns."""

    rule: str
    reason: str
    table: str = "*"
    file: str = "*"

    def covers(self, table: str, place: Place | None) -> bool:
        """Is it about this table, in this file?"""
        return fnmatchcase(table, self.table) and (
            self.file == "*" or (place is not None and fnmatchcase(place.file, self.file))
        )

    def holds(self, finding: Finding) -> bool:
        """Does it hold this finding back?"""
        return finding.code == self.rule and self.covers(finding.table, finding.place)

    def __str__(self) -> str:
        scope = ", ".join(
            f"{word} {said}" for word, said in (("table", self.table), ("file", self.file)) if said != "*"
        )
        return f"{PYPROJECT}, {scope}"


@dataclass(frozen=True)
class Config:
    """What to look away from. `severity` gives a rule another severity, or "off"; `select` and `ignore` hold codes or
    their beginnings.
    """

    ignore_tables: frozenset[str] = FOREIGN_TABLES
    severity: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    select: tuple[str, ...] = ("WH",)
    ignore: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    def __post_init__(self) -> None:
        known = {rule.code for rule in all_rules()}
        for code in (*self.severity, *(waiver.rule for waiver in self.waivers)):
            if code not in known:
                raise SettingsError(f"There is no rule {code}.", next_step=_SEE)
        for word in (*self.select, *self.ignore):
            if not any(code.startswith(word) for code in known):
                raise SettingsError(f"No rule's code begins with {word}.", next_step=_SEE)
        for code, severity in self.severity.items():
            if severity not in ("error", "warning", "off"):
                raise SettingsError(f"{code}: {severity!r} is no severity.", next_step="Say error, warning or off.")
        for waiver in self.waivers:
            if not waiver.reason.strip():
                raise SettingsError(
                    f"The waiver of {waiver.rule} gives no reason.", next_step='Write why: reason = "…".'
                )
            if waiver.table == waiver.file == "*":
                raise SettingsError(
                    f"The waiver of {waiver.rule} is for everything.",
                    next_step='Name a table or a file, or say severity = { … = "off" }.',
                )

    @classmethod
    def load(cls, home: Path) -> Config:
        """From the pyproject.toml of a folder; the defaults when there is none, or it says nothing.

        Raises SettingsError for what is not understood.
        """
        file = home / PYPROJECT
        if not file.is_file():
            return cls()
        try:
            options = tomllib.loads(file.read_text(encoding="utf-8"))
            return cls.from_mapping(options.get("tool", {}).get("warehouse", {}).get("discipline", {}))
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{file} is no TOML: {error}.", next_step="Mend it.") from error
        except SettingsError as error:
            raise SettingsError(f"{file}: {error.message}", next_step=error.next_step) from error

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> Config:
        """From plain data, as a `[tool.warehouse.discipline]` table holds it."""
        unknown = sorted(set(options) - set(_WORDS))
        if unknown:
            raise SettingsError(
                f"The discipline's options have no {', '.join(unknown)}.", next_step=f"Say {', '.join(_WORDS)}."
            )
        return cls(
            ignore_tables=FOREIGN_TABLES | frozenset(options.get("ignore_tables", ())),
            severity=MappingProxyType(dict(options.get("severity", {}))),
            select=tuple(options.get("select", ("WH",))),
            ignore=tuple(options.get("ignore", ())),
            waivers=tuple(map(_waiver, options.get("waivers", ()))),
        )

    def of(self, rule: Rule) -> Severity | None:
        """The rule's severity under this configuration; None when it is off."""
        if not rule.code.startswith(self.select) or (self.ignore and rule.code.startswith(self.ignore)):
            return None
        said = self.severity.get(rule.code, rule.severity)
        return None if said == "off" else "error" if said == "error" else "warning"

    def ignores(self, table: str) -> bool:
        """Is this table, by its qualified name, none of ours?"""
        name = table.rpartition(".")[2]
        if name in self.ignore_tables:
            return True
        return any(fnmatchcase(table, pattern) for pattern in self.ignore_tables if not pattern.isidentifier())


def _waiver(options: Mapping[str, str]) -> Waiver:
    if unknown := sorted(set(options) - {"rule", "reason", "table", "file"}):
        raise SettingsError(
            f"A waiver has no {', '.join(unknown)}.", next_step="Say rule, reason, and table or file or both."
        )
    return Waiver(
        options.get("rule", ""), options.get("reason", ""), options.get("table", "*"), options.get("file", "*")
    )
