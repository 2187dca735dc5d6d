"""Airflow on an SQLite of its own, in processes of its own: it reads its configuration when it is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from warehouse.local import cloning
from warehouse.settings import Settings

ROOT = Path(__file__).parents[2]
# Nothing of the machine's own Airflow or warehouse may reach a test.
_OURS = ("AIRFLOW", "WAREHOUSE_", "AWS_")


@dataclass
class Airflow:
    """Runs run_dag.py with an Airflow home and a project home. `log` is what the last run printed before its answer."""

    environment: dict[str, str]
    log: str = field(default="", init=False)

    def describe(self) -> dict[str, Any]:
        """The shape of both DAGs."""
        found: dict[str, Any] = self._ask("describe")
        return found

    def run(self, *runs: tuple[str, dict[str, Any], dict[str, str]]) -> list[dict[str, Any]]:
        """Run DAGs one after the other: (name, parameters, variables of the environment from then on)."""
        asked = [{"dag": dag, "conf": conf, "environment": extra} for dag, conf, extra in runs]
        found: list[dict[str, Any]] = self._ask("run", json.dumps(asked))
        return found

    def _ask(self, *arguments: str) -> Any:
        ran = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("run_dag.py")), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert ran.returncode == 0, ran.stderr
        *before, answer = ran.stdout.splitlines()
        self.log = "\n".join([*before, ran.stderr])
        return json.loads(answer)


def environment(airflow_home: Path, warehouse_home: Path) -> dict[str, str]:
    """The environment of an Airflow that has just been installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | {
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "WAREHOUSE_HOME": str(warehouse_home),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow with its tables made."""
    home = tmp_path_factory.mktemp("airflow")
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=environment(home, home),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return home


@pytest.fixture(scope="session")
def run_dag() -> Callable[[Path, Path], Airflow]:
    """Makes an Airflow of an Airflow home and a project home."""
    return lambda airflow_home, warehouse_home: Airflow(environment(airflow_home, warehouse_home))


@pytest.fixture
def airflow(airflow_home: Path, served: Path) -> Airflow:
    """Airflow beside a project whose embedded Redshift runs, migrated, on a database of its own."""
    return Airflow(environment(airflow_home, served))


@pytest.fixture
def served(server_file: dict[str, Any], settings: Settings, tmp_path: Path) -> Path:
    """A project's folder in which the running server is found, and a migrated database."""
    from warehouse import migrate

    _project(tmp_path, server_file, settings)
    migrate.upgrade(settings)
    return tmp_path


@pytest.fixture
def another_home(server_file: dict[str, Any], settings_of: Callable[[str], Settings], tmp_path: Path) -> Iterator[Path]:
    """The same with an empty database."""
    name = "not_migrated"
    home = tmp_path / "another"
    cloning.clone(server_file, "template1", name)
    _project(home, server_file, settings_of(name))
    yield home
    cloning.drop(server_file, name)


def _project(home: Path, server: dict[str, Any], settings: Settings) -> None:
    state = home / ".warehouse"
    state.mkdir(parents=True)
    described = server | {"url": settings.url, "s3": server["s3"] | {"stage": settings.stage}}
    (state / "server.json").write_text(json.dumps(described))
    ini = (ROOT / "alembic.ini").read_text()
    (home / "alembic.ini").write_text(ini.replace("%(here)s", str(ROOT)))


@pytest.fixture
def count(sql: Callable[..., list[Any]]) -> Callable[[str], int]:
    """How many rows a table holds."""
    return lambda table: int(sql(f"SELECT COUNT(*) FROM {table}")[0][0])
