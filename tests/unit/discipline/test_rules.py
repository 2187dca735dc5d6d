"""Every rule's page is true: its Bad breaks exactly that rule, its Good breaks none."""

from __future__ import annotations

import ast
import datetime
import re
import sys
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

import warehouse.schema
import warehouse.schema.types
from warehouse.discipline import Finding, Rule, SchemaDesign, all_rules, check, declared, hygiene, lint, read_revision
from warehouse.discipline.statement import statements
from warehouse.schema import Base
from warehouse.schema.facts import TableFacts

DOWN = "\n\ndef downgrade():\n    op.execute('SELECT 1')\n"
IMPORTS = "import sqlalchemy as sa\nfrom warehouse.schema.types import SUPER\n"


def findings(example: tuple[str, str], base: type[Base], name: str) -> list[Finding]:
    """What the rules say about an example.

    SQL is a file's. In Python, what is declared are models; `op.` calls are a revision over them; `facts` are the
    statistics of the tables, and `live` is what the warehouse has.
    """
    language, code = example
    if language == "sql":
        return check(statements(code))
    models, revision = divided(code)
    # SQLAlchemy resolves annotations in the module of the class, so the example gets one.
    module = ModuleType(name)
    space: dict[str, Any] = vars(module)
    space |= {word: getattr(warehouse.schema, word) for word in warehouse.schema.__all__}
    space |= {word: getattr(warehouse.schema.types, word) for word in warehouse.schema.types.__all__}
    space |= {"Base": base, "Mapped": Mapped, "sa": sa, "datetime": datetime.datetime, "TableFacts": TableFacts}
    sys.modules[name] = module
    try:
        exec(compile(models, name, "exec"), space)
    finally:
        del sys.modules[name]
    facts = space.get("facts", ())
    found = lint(base.metadata, facts=facts)
    if "live" in space:
        found += hygiene(declared(base.metadata), space["live"])
    if revision:
        read = read_revision("sale.py", revision)
        known = SchemaDesign.of(declared(base.metadata), facts)
        found += check(read.subjects, waivers=read.waivers, known=known)
    assert base.metadata.tables or declared(base.metadata) or revision or "live" in space, (
        "the example declares nothing"
    )
    return found


def divided(code: str) -> tuple[str, str]:
    """The example's models, and its revision: the functions, or the `op.` calls, and the waivers."""
    lines, models, calls, rest = code.splitlines(), [], [], []
    for node in ast.parse(code).body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef) or text.startswith("waive"):
            rest.append(text)
        elif text.startswith(("op.", "for ")):
            calls.append(text)
        else:
            models.append(text)
    if calls:
        rest.append("def upgrade():\n" + "\n".join(f"    {line}" for call in calls for line in call.splitlines()))
        if not any(one.startswith("def downgrade") for one in rest):
            rest.append(DOWN)
    return "\n".join(models), IMPORTS + "\n".join(rest) if rest else ""


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_the_bad_example_breaks_the_rule_and_no_other(rule: Rule, base: type[Base]) -> None:
    found = findings(rule.bad, base, f"bad_{rule.code}")
    assert {(one.code, one.severity) for one in found} == {(rule.code, rule.severity)}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_the_good_example_breaks_no_rule(rule: Rule, base: type[Base]) -> None:
    assert findings(rule.good, base, f"good_{rule.code}") == []


def test_what_a_rule_refers_to_is_a_page_of_aws() -> None:
    pages = [rule.see for rule in all_rules() if rule.see]
    assert len(pages) > 80
    assert all(re.fullmatch(r"https://docs\.aws\.amazon\.com/redshift/latest/dg/[\w-]+\.html", page) for page in pages)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_message_says_what_and_what_to_do(rule: Rule, base: type[Base]) -> None:
    for one in findings(rule.bad, base, f"told_{rule.code}"):
        assert str(one).endswith(f'; see "warehouse rule {rule.code}".')
        assert f"{rule.code} {one.subject}: " in str(one)
        assert one.help
        assert not one.message.endswith(".")
        assert not one.help.endswith(".")
