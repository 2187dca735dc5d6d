"""`warehouse lint` and `warehouse rule`, as they are called."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from warehouse.cli import main
from warehouse.cli.console import console
from warehouse.discipline import all_rules

BAD = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("fact_sale", metadata, sa.Column("a", sa.Integer, redshift_encode="az64", comment="A."))
sa.Table("other", metadata, sa.Column("a", sa.Integer, primary_key=True, redshift_encode="az64"), comment="Other.",
         redshift_diststyle="EVEN", info={"warehouse": {"sort": "none"}})
"""
UNSURE = BAD.replace("fact_sale", "alembic_version")
IMPOSSIBLE = """
from warehouse.schema import Base, column, key
from warehouse.schema.types import INTEGER

class ImpossibleSale(Base, dist=key("b")):
    __tablename__ = "impossible_sale"
    a = column(INTEGER, primary_key=True)
"""


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Write a module of models beside the working directory, and forget it afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def write(name: str, text: str) -> str:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return name

    yield write
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_clean_models_are_told_so() -> None:
    result = run("lint")
    assert (result.exit_code, result.output) == (0, "8 tables, nothing to mend.\n")


def test_the_projects_own_revisions_are_clean() -> None:
    result = run("lint", "migrations")
    assert (result.exit_code, result.output.rpartition(", ")[2]) == (0, "nothing to mend.\n")


def test_errors_are_printed_by_table_and_counted(declare) -> None:  # type: ignore[no-untyped-def]
    result = run("lint", "--models", declare("bad_models_of_a_test", BAD))
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == (
        'WH001 fact_sale: no distribution is declared. Say dist=key("…") or dist=even(); see "warehouse rule WH001".'
    )
    assert [line[:15] for line in lines] == [
        "WH001 fact_sale", "WH002 fact_sale", "WH003 fact_sale", "WH004 fact_sale", "",
        "WH102 other.a: ", "", "4 errors, 1 war",
    ]  # fmt: skip
    assert lines[-1] == "4 errors, 1 warning in 2 tables."


def test_warnings_alone_do_not_fail(declare) -> None:  # type: ignore[no-untyped-def]
    result = run("lint", "--models", declare("unsure_models_of_a_test", UNSURE))
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "1 warning in 2 tables."


def test_findings_as_json(declare) -> None:  # type: ignore[no-untyped-def]
    result = run("lint", "--format", "json", "--models", declare("json_models_of_a_test", BAD))
    told = json.loads(result.output)
    assert result.exit_code == 1
    assert (told["tables"], told["counts"]) == (2, {"error": 4, "warning": 1})
    assert told["findings"][0] == {
        "code": "WH001",
        "severity": "error",
        "subject": "fact_sale",
        "message": "no distribution is declared",
        "help": 'Say dist=key("…") or dist=even()',
        "table": "fact_sale",
        "place": None,
    }
    assert json.loads(run("lint", "--format", "json").output)["findings"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be imported: No module named"),
        ("import nowhere_to_be_found", "cannot be imported: No module named 'nowhere_to_be_found'"),
        ("x = 1", "declares no tables"),
        (IMPOSSIBLE, "ImpossibleSale (table impossible_sale): column b: the DISTKEY names a column"),
    ],
)
def test_models_that_cannot_be_read_are_one_paragraph(declare, text: str | None, says: str) -> None:  # type: ignore[no-untyped-def]
    name = "models_of_a_test_that_fails" if text is None else declare("models_of_a_test_that_fails", text)
    result = run("lint", "--models", name)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.splitlines()) == 1


def test_all_rules_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 400)  # a narrow terminal folds a long summary over several lines of its cell
    result = run("rule")
    assert result.exit_code == 0
    assert [one.code for one in all_rules() if one.code not in result.output or one.summary not in result.output] == []


@pytest.mark.parametrize("code", [one.code for one in all_rules()])
def test_a_rule_is_explained(code: str) -> None:
    result = run("rule", code.lower())
    assert result.exit_code == 0
    assert [word for word in (code, "What", "Why", "Bad", "Good", "waive=") if word not in result.output] == []


def test_a_rules_page_as_markdown() -> None:
    result = run("rule", "WH001", "--format", "markdown")
    assert result.output.startswith("# WH001: no distribution\n")
    assert "## Why\n" in result.output


def test_all_rules_as_markdown() -> None:
    result = run("rule", "--format", "markdown")
    assert [
        one.code for one in all_rules() if f"| {one.code} | {one.severity} | {one.summary} |" not in result.output
    ] == []
    assert "## WH0xx: the design of a table or a view" in result.output.splitlines()


def test_an_unknown_rule() -> None:
    result = run("rule", "WH777")
    assert (result.exit_code, result.stderr) == (1, 'error: There is no rule WH777. "warehouse rule" lists them all.\n')
