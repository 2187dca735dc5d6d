"""Every rule's page is true: its Bad breaks exactly that rule, its Good breaks none."""

from __future__ import annotations

import datetime
import sys
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

import warehouse.schema
import warehouse.schema.types
from warehouse.discipline import Change, Finding, Rule, all_rules, check, lint
from warehouse.schema import Base


def findings(code: str, base: type[Base], name: str) -> list[Finding]:
    """What the rules say about an example: the tables it declares, and its `changes`, when it lists any."""
    # SQLAlchemy resolves annotations in the module of the class, so the example gets one.
    module = ModuleType(name)
    space: dict[str, Any] = vars(module)
    space |= {word: getattr(warehouse.schema, word) for word in warehouse.schema.__all__}
    space |= {word: getattr(warehouse.schema.types, word) for word in warehouse.schema.types.__all__}
    space |= {word: getattr(warehouse.discipline, word) for word in warehouse.discipline.__all__}
    space |= {"Base": base, "Mapped": Mapped, "sa": sa, "datetime": datetime.datetime}
    sys.modules[name] = module
    try:
        exec(compile(code, name, "exec"), space)
    finally:
        del sys.modules[name]
    changes: list[Change] = space.get("changes", [])
    assert base.metadata.tables or changes, "the example declares nothing"
    return [*lint(base.metadata), *check(changes)]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_the_bad_example_breaks_the_rule_and_no_other(rule: Rule, base: type[Base]) -> None:
    found = findings(rule.bad, base, f"bad_{rule.code}")
    assert {(one.code, one.severity) for one in found} == {(rule.code, rule.severity)}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_the_good_example_breaks_no_rule(rule: Rule, base: type[Base]) -> None:
    assert findings(rule.good, base, f"good_{rule.code}") == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_message_says_what_and_what_to_do(rule: Rule, base: type[Base]) -> None:
    for one in findings(rule.bad, base, f"told_{rule.code}"):
        assert str(one).startswith(f"{rule.code} sale")
        assert str(one).endswith(f'; see "warehouse rule {rule.code}".')
        assert one.help
        assert not one.message.endswith(".")
        assert not one.help.endswith(".")
