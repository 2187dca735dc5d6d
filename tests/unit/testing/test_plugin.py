"""The pytest plugin, used by a project that is not this one."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

PROJECT = """
import pandas as pd
import pytest
import sqlalchemy as sa
from warehouse.load import load
from warehouse.schema import Base, all_, column, unsorted
from warehouse.schema.types import INTEGER, VARCHAR

METADATA = sa.MetaData()
THING = sa.Table(
    "thing", METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(5)),
)
AUDIT = __import__("warehouse.models", fromlist=["LoadAudit"]).LoadAudit.__table__

@pytest.fixture(scope="session")
def redshift_migrate():
    def migrate(url):
        engine = sa.create_engine(url)
        METADATA.create_all(engine)
        AUDIT.create(engine)
        engine.dispose()
    return migrate

@pytest.mark.parametrize("round", [1, 2, 3])
def test_every_test_has_an_empty_migrated_database(redshift, round):
    with redshift.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM thing")).scalar_one() == 0
        connection.execute(sa.text("INSERT INTO thing VALUES (1, 'a')"))

def test_a_load_goes_through_the_stage(redshift, redshift_settings, s3_stage):
    assert redshift_settings.stage == s3_stage
    report = load(THING, pd.DataFrame({"id": [1, 2], "name": ["a", None]}), engine=redshift, settings=redshift_settings)
    assert report.inserted == 2

def test_a_driver_of_its_own(redshift_url):
    engine = sa.create_engine(redshift_url)
    with engine.connect() as connection:
        assert "Redshift" in connection.execute(sa.text("SELECT version()")).scalar_one()
    engine.dispose()
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # An installed package brings the plugin by itself; a checkout must be told.
    installed = any(point.name == "warehouse" for point in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "warehouse.testing"]
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-q", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_fixtures_serve_another_project(tmp_path: Path) -> None:
    (tmp_path / "test_things.py").write_text(PROJECT)
    ran = run(tmp_path)
    assert "5 passed" in ran.stdout, ran.stdout + ran.stderr


def test_the_options_are_in_the_help(tmp_path: Path) -> None:
    assert "--redshift-port" in run(tmp_path, "--help").stdout


def test_the_plugin_loads_nothing_heavy() -> None:
    heavy = {"sqlalchemy", "boto3", "moto", "sqlglot", "pyarrow"}
    code = f"import warehouse.testing, sys; print([name for name in sys.modules if name in {heavy}])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
