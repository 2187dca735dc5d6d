"""The pytest plugin, used by a project that is not this one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

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

def test_a_fault(redshift, redshift_fault):
    redshift_fault("conflict")
    insert = sa.text("INSERT INTO thing VALUES (1, 'a')")
    with pytest.raises(sa.exc.DBAPIError, match="1023"), redshift.begin() as connection:
        connection.execute(insert)
    with redshift.begin() as connection:
        connection.execute(insert)
    redshift_fault("disk full times 9")

def test_that_is_over(redshift):
    with redshift.begin() as connection:
        connection.execute(sa.text("INSERT INTO thing VALUES (1, 'a')"))

def test_a_driver_of_its_own(redshift_url):
    engine = sa.create_engine(redshift_url)
    with engine.connect() as connection:
        assert "Redshift" in connection.execute(sa.text("SELECT version()")).scalar_one()
    engine.dispose()
"""

# Run once by itself and once with --redshift-url, where nothing but SQL can tell what the cluster is.
ANYWHERE = """
import pytest
import sqlalchemy as sa
from warehouse.load import load
from warehouse.schema.types import INTEGER

THING = sa.Table("thing", sa.MetaData(), sa.Column("id", INTEGER, primary_key=True, autoincrement=False))
AUDIT = __import__("warehouse.models", fromlist=["LoadAudit"]).LoadAudit.__table__
LEVEL = sa.text("SELECT trim(isolation_level) FROM stv_db_isolation_level WHERE db_name = current_database()")

@pytest.fixture(scope="session")
def redshift_migrate():
    def migrate(url):
        engine = sa.create_engine(url)
        THING.create(engine)
        AUDIT.create(engine)
        engine.dispose()
    return migrate

def test_what_the_command_line_says(redshift):
    with redshift.connect() as connection:
        level = connection.execute(LEVEL).scalar_one()
        slices = connection.execute(sa.text("SELECT count(*) FROM stv_slices WHERE type = 'D'")).scalar_one()
        port = redshift.url.port
        print(f"<{level}|{slices}|{port}>")

def test_a_load(redshift, redshift_settings, tmp_path):
    (tmp_path / "things.csv").write_text("id\\n7\\n")
    assert load(THING, str(tmp_path / "things.csv"), engine=redshift, settings=redshift_settings).inserted == 1

class TestBothLevels:
    @pytest.fixture(params=["SNAPSHOT", "SERIALIZABLE"])
    def redshift_isolation(self, request):
        return request.param

    def test_level(self, redshift, redshift_isolation):
        with redshift.connect() as connection:
            assert connection.execute(LEVEL).scalar_one().upper().startswith(redshift_isolation)
            assert connection.execute(sa.select(sa.func.count()).select_from(THING)).scalar_one() == 0
"""


def run(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    # An installed package brings the plugin by itself; a checkout must be told.
    installed = any(point.name == "warehouse" for point in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "warehouse.testing"]
    # In a folder of its own: pytest would close the one that all runs of a user share, and a PostgreSQL that runs as
    # another user (as root's does) would not find its files any more.
    own = ["--basetemp", str(folder / "temporary")]
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-q", *own, *arguments]
    # The project's own settings are not this one's.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("WAREHOUSE_")}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**plain, **(environ or {})}
    )


def test_the_fixtures_serve_another_project(tmp_path: Path) -> None:
    (tmp_path / "test_things.py").write_text(PROJECT)
    ran = run(tmp_path)
    assert "7 passed" in ran.stdout, ran.stdout + ran.stderr


def test_port_slices_and_isolation(tmp_path: Path) -> None:
    (tmp_path / "test_options.py").write_text(ANYWHERE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ran = run(
        tmp_path,
        "-s",
        f"--redshift-port={port}",
        "--redshift-slices=2",
        "--redshift-isolation",
        "snapshot",
        "-k",
        "not load",
    )
    assert "3 passed" in ran.stdout, ran.stdout + ran.stderr
    assert f"<Snapshot Isolation|2|{port}>" in ran.stdout


def test_the_same_tests_run_on_a_cluster(tmp_path: Path, local_server: dict[str, Any]) -> None:
    (tmp_path / "test_options.py").write_text(ANYWHERE)
    s3 = local_server["s3"]
    place = {
        "WAREHOUSE_STAGE": s3["stage"],
        "WAREHOUSE_IAM_ROLE": local_server["iam_role"],
        "WAREHOUSE_REGION": s3["region"],
        "WAREHOUSE_S3_ENDPOINT": s3["endpoint_url"],
        "WAREHOUSE_URL": local_server["url"],
        "AWS_ACCESS_KEY_ID": s3["access_key"],
        "AWS_SECRET_ACCESS_KEY": s3["secret_key"],
    }
    ran = run(tmp_path, "-s", f"--redshift-url={local_server['url']}", environ=place)
    assert "4 passed" in ran.stdout, ran.stdout + ran.stderr
    assert f"<Serializable|4|{local_server['port']}>" in ran.stdout


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "test_server.py").write_text("def test_it(redshift_server): ...")
    assert "with --redshift-url there is none" in run(tmp_path, "--redshift-url=redshift://u:p@h/d").stdout
    assert "invalid choice: 'CHAOS'" in run(tmp_path, "--redshift-isolation=chaos").stderr
    assert "--redshift-port" in run(tmp_path, "--help").stdout


def test_the_plugin_loads_nothing_heavy() -> None:
    heavy = {"sqlalchemy", "boto3", "moto", "sqlglot", "pyarrow"}
    code = f"import warehouse.testing, sys; print([name for name in sys.modules if name in {heavy}])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
