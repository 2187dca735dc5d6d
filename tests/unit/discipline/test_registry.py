"""Rules are found by scanning; a file that is no proper rule stops everything instead of being skipped."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import warehouse.discipline.rules
from warehouse.discipline import DropTable, DropView, SchemaDesign, all_rules, rule
from warehouse.discipline.registry import in_order, read_rule
from warehouse.errors import DisciplineError
from warehouse.schema.design import TableDesign
from warehouse.schema.facts import TableFacts

PAGE = """A summary.

What
----
It is so.

Why
---
Because.

Bad
---
```python
x = 1
```

Good
----
```python
x = 2
```
"""


def check_table(table: TableDesign) -> list[Any]:
    return []


def check_known(change: DropTable | DropView, known: SchemaDesign) -> list[Any]:
    return []


def check_facts(table: TableDesign, facts: TableFacts) -> list[Any]:
    return []


def check_two(table: TableDesign, other: TableDesign) -> list[Any]:
    return []


def check_nothing(table) -> list[Any]:  # type: ignore[no-untyped-def]
    return []


def module(name: str = "wh998_something_wrong", page: str = PAGE, **given: Any) -> ModuleType:
    made = ModuleType(f"somewhere.{name}", page)
    vars(made).update({"SEVERITY": "error", "check": check_table, **given})
    return made


def test_every_file_of_the_folder_is_a_rule() -> None:
    folder = Path(warehouse.discipline.rules.__file__).parent
    stems = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert [one.code for one in all_rules()] == [stem[:5].upper() for stem in stems]
    assert len(all_rules()) >= 40


def test_a_rule_is_read_from_its_file() -> None:
    read = read_rule(module())
    assert (read.code, read.name, read.severity, read.judges) == ("WH998", "something wrong", "error", (TableDesign,))
    assert (read.summary, read.bad, read.good) == ("A summary.", ("python", "x = 1"), ("python", "x = 2"))
    assert read.asks is None
    assert read.sections["Why"] == "Because."


def test_a_rule_may_ask_for_more() -> None:
    read = read_rule(module(check=check_known))
    assert (read.judges, read.asks) == ((DropTable, DropView), "known")
    assert read_rule(module(check=check_facts)).asks == "facts"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (module("helpers"), "is called wh000"),
        (module(SEVERITY="fatal"), "SEVERITY is 'fatal'"),
        (module(check=None), "no function check"),
        (module(check=check_nothing), "annotated with its kind"),
        (module(check=check_two), "a SchemaDesign or a TableFacts"),
        (module(page=""), "a summary and the headings"),
        (module(page=PAGE.replace("Why\n---\nBecause.\n", "")), "a summary and the headings"),
        (module(page=PAGE.replace("Because.", "")), "a summary and the headings"),
        (module(page=PAGE.replace("```python\nx = 1\n```", "x = 1")), "Bad holds one"),
    ],
)
def test_a_file_that_keeps_not_the_form_is_refused(made: ModuleType, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_rule(made)


def test_a_code_is_one_rule() -> None:
    with pytest.raises(ValueError, match="WH998 is two rules: something wrong and another"):
        in_order([read_rule(module()), read_rule(module("wh998_another"))])


def test_a_rule_by_its_code_in_any_case() -> None:
    assert rule(" wh001 ").code == "WH001"


def test_an_unknown_code_says_where_to_look() -> None:
    with pytest.raises(DisciplineError, match=r'There is no rule WH555\. "warehouse rule" lists them all\.'):
        rule("WH555")
