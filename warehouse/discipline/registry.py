"""The rules, found by scanning `discipline/rules/`: one file per rule, named `wh001_no_distribution.py`.

The name gives the code, which is never reused: WH0xx a table's or a view's design, WH1xx a column, WH2xx a change,
WH3xx the live warehouse, WH4xx SQL text. A rule's file holds

    SEVERITY = "error"              or "warning"
    def check(table: TableDesign) -> Faults: …

The annotation of the first argument says which subjects the rule judges (`discipline/subject.py`). A second one asks
for more: `known: SchemaDesign`, the other tables and views; or `facts: TableFacts`, the table's statistics, and then
the rule is not asked at all about tables without. The docstring is the rule's page: a summary line, then the headings
What, Why, Bad and Good; Given with what Bad and Good have in common, and See with AWS's page, where there is one. Bad
and Good are Python (models, `op.` calls of a revision, or values) or SQL, executed by the tests.
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
from typing import Any, Literal, get_args, get_type_hints

from warehouse.discipline.finding import Fault, Severity
from warehouse.discipline.subject import SchemaDesign
from warehouse.errors import DisciplineError
from warehouse.schema.facts import TableFacts

Asks = Literal["known", "facts"]
RULES_PACKAGE = "warehouse.discipline.rules"
# What the codes of a family are about, by how they begin.
FAMILIES: Mapping[str, str] = {
    "WH0": "the design of a table or a view",
    "WH1": "a column",
    "WH2": "what a migration changes",
    "WH3": "the live warehouse (`warehouse lint --live`)",
    "WH4": "SQL: views, `op.execute`, .sql files",
}
HEADINGS = ("What", "Why", "Bad", "Good")
# What Bad and Good have in common, between Why and Bad; and AWS's page, at the end.
GIVEN, SEE = "Given", "See"
# What a rule may ask for beside its subject, and the engine's word for it.
_SECOND: Mapping[type, Asks] = {SchemaDesign: "known", TableFacts: "facts"}

_FILE = re.compile(r"(?P<code>wh[0-9]{3})_(?P<slug>[a-z0-9_]+)")
_HEADING = re.compile(r"^(?P<heading>[A-Z][a-z]+)\n-{3,}\n", re.MULTILINE)
_CODE_BLOCK = re.compile(r"```(?P<language>python|sql)\n(?P<code>.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """One rule. `sections` holds its page by heading; `bad` and `good` are the examples, language and code. `asks` is
    what `check` takes beside the subject.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    sections: Mapping[str, str]
    check: Callable[..., Iterable[Fault]]
    judges: tuple[type, ...]
    asks: Asks | None = None

    @property
    def see(self) -> str:
        """AWS's page; empty when there is none."""
        return self.sections.get(SEE, "")

    @property
    def bad(self) -> tuple[str, str]:
        return self._example("Bad")

    @property
    def good(self) -> tuple[str, str]:
        return self._example("Good")

    def _example(self, heading: str) -> tuple[str, str]:
        language, code = _block(self.sections[heading])
        if GIVEN not in self.sections:
            return language, code
        return language, f"{_block(self.sections[GIVEN])[1]}\n\n\n{code}"


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
    severity: Any = getattr(module, "SEVERITY", None)
    if severity not in get_args(Severity):
        raise ValueError(f"{path}: SEVERITY is {severity!r}")
    summary, sections = _page(path, inspect.cleandoc(module.__doc__ or ""))
    judges, asks = _arguments(path, module)
    title = name["slug"].replace("_", " ")
    return Rule(name["code"].upper(), title, severity, summary, sections, module.check, judges, asks)


def _arguments(path: str, module: ModuleType) -> tuple[tuple[type, ...], Asks | None]:
    check = getattr(module, "check", None)
    if check is None:
        raise ValueError(f"{path}: no function check(subject)")
    hints = [hint for name, hint in get_type_hints(check).items() if name != "return"]
    if not 1 <= len(hints) <= 2 or len(hints) != len(inspect.signature(check).parameters):
        raise ValueError(f"{path}: check takes a subject, annotated with its kind, and perhaps one thing more")
    if len(hints) == 2 and hints[1] not in _SECOND:
        raise ValueError(f"{path}: beside the subject, check takes a SchemaDesign or a TableFacts")
    return get_args(hints[0]) or (hints[0],), _SECOND[hints[1]] if len(hints) == 2 else None


def _page(path: str, text: str) -> tuple[str, Mapping[str, str]]:
    # [summary, heading, body, heading, body, …]
    parts = _HEADING.split(text)
    summary, headings, bodies = parts[0].strip(), tuple(parts[1::2]), [body.strip() for body in parts[2::2]]
    asked_for = tuple(heading for heading in headings if heading not in (GIVEN, SEE))
    if not summary or asked_for != HEADINGS or len(set(headings)) < len(headings) or not all(bodies):
        raise ValueError(f"{path}: the docstring is a summary and the headings {', '.join(HEADINGS)}")
    sections = dict(zip(headings, bodies, strict=True))
    for example in {"Bad", "Good", GIVEN} & set(sections):
        if len(_CODE_BLOCK.findall(sections[example])) != 1:
            raise ValueError(f"{path}: {example} holds one block of ```python or ```sql")
    return summary, MappingProxyType(sections)


def _block(section: str) -> tuple[str, str]:
    found = _CODE_BLOCK.search(section)
    assert found is not None  # read_rule has made sure
    return found["language"], found["code"]
