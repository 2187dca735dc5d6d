"""README is under test: its Python runs, its links lead somewhere, its commands exist."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from warehouse.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_model_of_readme_is_a_table_without_findings() -> None:
    from warehouse.discipline import check
    from warehouse.schema import Base
    from warehouse.schema.design import TableDesign

    (source,) = [block for block in BLOCKS if "class Departure" in block]
    try:
        exec(compile(source, "README.md", "exec"), {"__name__": "readme"})
        design = TableDesign.from_table(Base.metadata.tables["departure"])
    finally:
        if "departure" in Base.metadata.tables:
            Base.metadata.remove(Base.metadata.tables["departure"])
    assert design.primary_key == ("time_hour", "carrier", "flight")
    assert check([design]) == []


def test_the_view_of_readme_is_one_without_findings() -> None:
    from warehouse.discipline import check
    from warehouse.schema import Base, view_designs, views_of

    (source,) = [block for block in BLOCKS if "class BusyHour" in block]
    try:
        exec(compile(source, "README.md", "exec"), {"__name__": "readme"})
        design = next(one for one in view_designs(Base.metadata) if one.name == "busy_hour")
    finally:
        views = views_of(Base.metadata)
        if "busy_hour" in views.tables:
            views.remove(views.tables["busy_hour"])
    assert (design.kind, design.auto_refresh) == ("materialized", True)
    assert check([design]) == []


def test_the_table_of_rules_is_fresh() -> None:
    from warehouse.cli.rule import families_as_markdown

    (found,) = re.findall(r"<!-- rules: [^>]*-->\n(.*?)\n<!-- /rules -->", README, re.DOTALL)
    assert found == families_as_markdown()


@pytest.mark.parametrize("block", BLOCKS)
def test_the_python_of_readme_compiles(block: str) -> None:
    compile(block, "README.md", "exec")


def test_the_names_that_readme_imports_exist() -> None:
    for module, names in re.findall(r"^ *from (warehouse[\w.]*) import ([\w, ]+)$", README, re.MULTILINE):
        found = __import__(module, fromlist=["_"])
        for name in names.split(","):
            assert hasattr(found, name.strip()), f"{module}.{name}"


def test_the_links_into_the_project_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_the_commands_of_readme_exist_and_every_command_has_help() -> None:
    listed = set(main.list_commands(None))  # type: ignore[arg-type]
    # Read off the code of README, where every word behind `warehouse` is a command.
    named = set(re.findall(r"^(?:\.venv/bin/)?warehouse ([a-z]+)\b|`warehouse ([a-z]+)\b", README, re.MULTILINE))
    named = {one or other for one, other in named}
    assert named == listed
    for name in listed:
        shown = CliRunner().invoke(main, [name, "--help"])
        assert shown.exit_code == 0, name
        assert len(shown.output.splitlines()) > 3


def test_the_two_commands_come_first_and_ci_calls_the_second() -> None:
    first, second = re.findall(r"^bash (\.ci/\w+)", README, re.MULTILINE)[:2]
    assert (first, second) == (".ci/demo", ".ci/test")
    assert second in (ROOT / ".ci" / "run").read_text()
