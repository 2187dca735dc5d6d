"""`warehouse lint` over revisions and SQL files, its formats and its exit codes; --live asks the warehouse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from warehouse.cli import main
from warehouse.db.engine import connect
from warehouse.db.facts import table_facts
from warehouse.settings import Settings

MODELS = """
import sqlalchemy as sa

from warehouse.schema import NAMING, Base, all_, column, compound, even, key, view
from warehouse.schema.types import BIGINT
from sqlalchemy.orm import Mapped, registry

tables = sa.MetaData(naming_convention=NAMING)


class Own(Base):
    __abstract__ = True
    metadata = tables
    registry = _sa_registry = registry(metadata=tables)


class Sale(Own, dist=even(), sort=compound("sale_key"), comment="One row per sale."):
    __tablename__ = "sale"

    sale_key: Mapped[int] = column(BIGINT, primary_key=True, encode="raw", comment="Number.")
    shop: Mapped[int] = column(BIGINT, comment="Shop.")


view("totals", tables, "SELECT * FROM sale", comment="All.")
metadata = tables
"""
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.create_index("i", "sale", ["shop"])


def downgrade():
    op.execute("SELECT 1")
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project: models, a revision, an SQL file."""
    import sys

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "shop_models", raising=False)
    (tmp_path / "shop_models.py").write_text(MODELS)
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "r1.py").write_text(REVISION)
    (tmp_path / "clean.sql").write_text("-- all of it\nDELETE FROM sale;\n")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lint", "--models", "shop_models", *arguments])


def told(result: Result) -> list[str]:
    """`place: code subject` of each finding."""
    return [one[0] for one in re.findall(r"^((?:\S+:\d+: )?WH\d{3} [^:]+):", result.output, re.MULTILINE)]


def codes(result: Result) -> list[str]:
    return [line.split("WH")[1][:3] for line in result.output.splitlines() if "WH" in line]


def test_models_are_told_with_their_lines(home: Path) -> None:
    result = run()
    assert result.exit_code == 1
    assert [line.split(": ")[0:2] for line in result.output.splitlines() if "WH" in line] == [
        ["shop_models.py:21", "WH101 sale.shop"],
        ["WH409 totals", 'the view selects *. Name its columns; see "warehouse rule WH409".'],
    ]
    assert result.output.splitlines()[-1] == "1 error, 1 warning in 1 table."


def test_revisions_and_sql_files_are_told_with_theirs(home: Path) -> None:
    result = run("migrations", "clean.sql")
    assert result.exit_code == 1
    assert [line.split(": ")[0:2] for line in result.output.splitlines() if "WH" in line] == [
        ["migrations/versions/r1.py:10", "WH210 sale"],
        ["clean.sql:2", "WH402 sale"],
    ]
    assert result.output.splitlines()[-1] == "2 errors in 1 revision and 1 SQL file."


def test_what_is_clean_is_told_so(home: Path) -> None:
    (home / "clean.sql").write_text("SELECT sale_key FROM sale")
    result = run(str(home / "clean.sql"))
    assert (result.exit_code, result.output) == (0, "1 SQL file, nothing to mend.\n")


def test_a_byte_order_mark_hides_nothing(home: Path) -> None:
    (home / "bom.sql").write_bytes(b"\xef\xbb\xbfDELETE FROM sale;\n")
    result = run("bom.sql")
    assert result.exit_code == 1 and "bom.sql:1: WH402 sale" in result.output
    (home / "latin.sql").write_bytes("SELECT 'é'".encode("latin-1"))
    result = run("latin.sql")
    assert result.exit_code == 2 and "latin.sql is not UTF-8" in result.output


def test_json(home: Path) -> None:
    found = json.loads(run("--format", "json", "clean.sql").output)
    assert (found["files"], found["counts"]) == (1, {"error": 1, "warning": 0})
    assert found["findings"][0]["place"] == {"file": "clean.sql", "line": 2}


def test_github(home: Path) -> None:
    lines = run("--format", "github", "clean.sql").output.splitlines()
    assert lines[0].startswith(
        "::error file=clean.sql,line=2,title=WH402 sale::DELETE has no predicate. Say WHERE …, or"
    )
    (home / "100%,a.sql").write_text("DELETE FROM sale")
    assert "file=100%25%2Ca.sql,line=1," in run("--format", "github", "100%,a.sql").output


def test_sarif(home: Path) -> None:
    log = json.loads(run("--format", "sarif").output)
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-schema-2.1.0.json")
    (ran,) = log["runs"]
    rules = ran["tool"]["driver"]["rules"]
    # What section 3 of the specification asks for: ids unique, every result's rule at its index, places well formed.
    assert len({one["id"] for one in rules}) == len(rules) == 2
    assert ran["tool"]["driver"]["name"] == "warehouse"
    for result in ran["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note", "none")
        assert result["message"]["text"]
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
    first, second = ran["results"]
    physical = first["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "shop_models.py"}, "region": {"startLine": 21}}
    assert "physicalLocation" not in second["locations"][0]
    for one in rules:
        assert one["shortDescription"]["text"] and one["fullDescription"]["text"] and one["help"]["text"]
        assert one["defaultConfiguration"]["level"] in ("error", "warning")


def test_strict_fails_for_warnings(home: Path) -> None:
    (home / "clean.sql").write_text("SELECT 1 FROM sale, totals")
    assert run("clean.sql").exit_code == 0
    assert run("--strict", "clean.sql").exit_code == 1


WAIVERS = "[[tool.warehouse.discipline.waivers]]"


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ('ignore = ["WH402"]', ["210"]),
        ('select = ["WH4"]', ["402"]),
        ('severity = { WH210 = "off" }', ["402"]),
        (f'{WAIVERS}\nrule = "WH402"\nfile = "*.sql"\nreason = "scratch"', ["210"]),
        (
            f'{WAIVERS}\nrule = "WH210"\ntable = "sale"\nfile = "migrations/*"\nreason = "x"',
            ["402"],
        ),
        (f'{WAIVERS}\nrule = "WH404"\ntable = "sale"\nreason = "x"', ["210", "402", "009"]),
        (f'{WAIVERS}\nrule = "WH404"\ntable = "other"\nreason = "x"', ["210", "402"]),
        ('ignore_tables = ["sa*"]', []),
    ],
)
def test_pyproject_says_what_to_look_away_from(home: Path, options: str, left: list[str]) -> None:
    heading = "" if options.startswith("[[") else "[tool.warehouse.discipline]\n"
    (home / "pyproject.toml").write_text(heading + options + "\n")
    assert sorted(set(codes(run("migrations", "clean.sql")))) == sorted(left)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("[tool.warehouse.discipline]\nselct = []", "have no selct"),
        (f'{WAIVERS}\nrule = "WH402"\ntable = "a"\nreason = " "', "gives no reason"),
        ("[tool.warehouse.discipline", "is no TOML"),
    ],
)
def test_a_configuration_that_is_not_understood(home: Path, options: str, says: str) -> None:
    (home / "pyproject.toml").write_text(options)
    result = run()
    assert result.exit_code == 2
    assert says in result.stderr
    assert "pyproject.toml" in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.py", "x = 1", "neither a revision nor a .sql file"),
        ("y.py", "down_revision = 1\ndef upgrade(:", "y.py:2"),
        ("z.sql", "-- waive WH402:\nDELETE FROM a", "waiver of WH402 gives no reason"),
    ],
)
def test_what_cannot_be_looked_at(home: Path, name: str, text: str, says: str) -> None:
    (home / name).write_text(text)
    result = run(name)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())


def test_a_path_that_is_not_there_is_wrong_usage(home: Path) -> None:
    assert run("nowhere.sql").exit_code == 2


def test_facts_of_a_live_warehouse(settings: Settings, sql: Callable[..., list[Any]]) -> None:
    sql(
        "CREATE SCHEMA mart",
        "CREATE TABLE mart.sale (a INT ENCODE az64) DISTKEY(a)",
        "INSERT INTO mart.sale VALUES (1), (2)",
        "CREATE TABLE empty (a INT)",
        "CREATE VIEW v AS SELECT 1 AS a",
    )
    engine = connect(settings)
    with engine.connect() as connection:
        sale, empty = table_facts(connection)
    engine.dispose()
    assert (empty.qualified_name, sale.qualified_name) == ("empty", "mart.sale")
    assert (sale.rows, sale.encoded, sale.age_days) == (2, True, 0)
    assert sale.size_mb and sale.owner
    assert (empty.rows, empty.size_mb) == (None, None)


def test_live_tables_are_held_against_the_models(
    home: Path, settings: Settings, sql: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql("CREATE TABLE sale_old (a INT)")
    monkeypatch.setenv("WAREHOUSE_URL", settings.url)
    result = run("--live")
    assert result.exit_code == 1
    assert [code for code in codes(result) if code.startswith("3")] == ["301", "302"]
    assert "WH301 sale_old: no model owns the table" in result.output
    assert "shop_models.py:17: WH302 sale: the warehouse has no such table" in result.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("column(BIGINT, collate='de')", "shop_models.py:21: "),
        ("column(BIGINT, coment='Shop.')", "shop_models.py:21: "),
        ("column(BIGINT, identity=5)", "shop_models.py:21: "),
        ("column(VARCHAR(9))", "shop_models.py:21: name 'VARCHAR' is not defined"),
    ],
)
def test_a_model_that_cannot_be_is_told_with_its_line(home: Path, line: str, said: str) -> None:
    text = MODELS.replace('column(BIGINT, comment="Shop.")', line)
    assert text != MODELS
    (home / "shop_models.py").write_text(text)
    result = run()
    assert result.exit_code == 2
    assert f"error: {said}" in " ".join(result.output.split())
