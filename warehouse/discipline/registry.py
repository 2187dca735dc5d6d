"""The rules, found by scanning `discipline/rules/`: one file per rule, named `wh001_no_distribution.py`.

A rule's file holds

    CODE = "WH001"                  the code: WH0xx a table's design, WH1xx a column, WH2xx a change; never reused
    SEVERITY = "error"              or "warning"
    def check(table: TableDesign) -> Iterator[Fault]: …

The annotation of the argument says which subjects the rule judges (see `discipline/subject.py`). The docstring is the
rule's page: a summary line, then the headings What, Why, Bad and Good; Bad and Good are Python, executed by the
tests.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import Any, get_args, get_type_hints

from warehouse.discipline.finding import Fault, Severity
from warehouse.errors import DisciplineError

RULES_PACKAGE = "warehouse.discipline.rules"
HEADINGS = ("What", "Why", "Bad", "Good")

_FILE = re.compile(r"(?P<code>wh[0-9]{3})_(?P<slug>[a-z0-9_]+)")
_HEADING = re.compile(r"^(?P<heading>[A-Z][a-z]+)\n-{3,}\n", re.MULTILINE)
_CODE_BLOCK = re.compile(r"```python\n(?P<code>.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """One rule. `sections` holds its page by heading; `bad` and `good` are the examples' code."""

    code: str
    name: str
    severity: Severity
    summary: str
    sections: Mapping[str, str]
    check: Callable[[Any], Iterable[Fault]]
    judges: type

    @property
    def bad(self) -> str:
        return _block(self.sections["Bad"])

    @property
    def good(self) -> str:
        return _block(self.sections["Good"])


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code. A file of the folder that is no proper rule raises ValueError: it must not be skipped in
    silence."""
    package = import_module(RULES_PACKAGE)
    found = [read_rule(import_module(f"{RULES_PACKAGE}.{info.name}")) for info in iter_modules(package.__path__)]
    return tuple(in_order(found))


def in_order(found: Iterable[Rule]) -> list[Rule]:
    """Sorted by code; ValueError when two rules share one."""
    by_code: dict[str, Rule] = {}
    for rule in found:
        if rule.code in by_code:
            raise ValueError(f"{rule.code} is two rules: {by_code[rule.code].name} and {rule.name}")
        by_code[rule.code] = rule
    return [by_code[code] for code in sorted(by_code)]


def rule(code: str) -> Rule:
    """One rule by its code, in any case. Raises DisciplineError when there is none."""
    wanted = code.strip().upper()
    for one in all_rules():
        if one.code == wanted:
            return one
    raise DisciplineError(f"There is no rule {code}.", next_step='"warehouse rule" lists them all.')


def read_rule(module: ModuleType) -> Rule:
    """The rule that a module holds. Raises ValueError when the file does not keep the form above."""
    path = module.__name__.rpartition(".")[2]
    name = _FILE.fullmatch(path)
    if name is None:
        raise ValueError(f"{path}: a rule's file is called wh000_what_is_wrong.py")
    code: Any = getattr(module, "CODE", None)
    severity: Any = getattr(module, "SEVERITY", None)
    if code != name["code"].upper():
        raise ValueError(f"{path}: CODE is {code!r}, the file's name says {name['code'].upper()!r}")
    if severity not in get_args(Severity):
        raise ValueError(f"{path}: SEVERITY is {severity!r}")
    summary, sections = _page(path, inspect.cleandoc(module.__doc__ or ""))
    return Rule(code, name["slug"].replace("_", " "), severity, summary, sections, module.check, _judges(path, module))


def _judges(path: str, module: ModuleType) -> type:
    check = getattr(module, "check", None)
    if check is None:
        raise ValueError(f"{path}: no function check(subject)")
    hints = [hint for name, hint in get_type_hints(check).items() if name != "return"]
    if len(hints) != 1 or not isinstance(hints[0], type):
        raise ValueError(f"{path}: check takes one argument, annotated with the kind of subject it judges")
    return hints[0]


def _page(path: str, text: str) -> tuple[str, Mapping[str, str]]:
    # [summary, heading, body, heading, body, …]
    parts = _HEADING.split(text)
    summary, headings, bodies = parts[0].strip(), tuple(parts[1::2]), [body.strip() for body in parts[2::2]]
    if not summary or headings != HEADINGS or not all(bodies):
        raise ValueError(f"{path}: the docstring is a summary and the headings {', '.join(HEADINGS)}")
    sections = dict(zip(headings, bodies, strict=True))
    for example in ("Bad", "Good"):
        if len(_CODE_BLOCK.findall(sections[example])) != 1:
            raise ValueError(f"{path}: {example} holds one ```python block")
    return summary, MappingProxyType(sections)


def _block(section: str) -> str:
    found = _CODE_BLOCK.search(section)
    assert found is not None  # read_rule has made sure
    return found["code"]
