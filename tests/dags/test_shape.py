"""What the DAGs are, read without any database: neither Airflow's own nor a warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

TABLES = ["airline", "airport", "plane", "weather", "flight"]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory, run_dag: Any) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("nothing")
    found: dict[str, Any] = run_dag(home, home).describe()
    assert not list(home.glob("*.db")), "reading the DAGs has made a database"
    assert not (home / ".warehouse").exists()
    return found


@pytest.mark.parametrize("name", ["ingest_flights", "update_flights"])
def test_a_dag_says_what_it_is_and_never_runs_by_itself(shapes, name):
    shape = shapes[name]
    assert shape["dag_id"] == name
    assert shape["schedule"] is None
    assert shape["catchup"] is False
    assert shape["max_active_runs"] == 1
    assert "warehouse" in shape["tags"]
    assert len(shape["doc"]) > 200
    assert set(shape["params"].values()) == {""}


@pytest.mark.parametrize("name", ["ingest_flights", "update_flights"])
def test_every_task_starts_from_the_default_arguments(shapes, name):
    for task in shapes[name]["tasks"].values():
        assert (task["owner"], task["retries"], task["retry_delay"]) == ("warehouse", 3, 60)
        assert task["callbacks"] == ["on_failure"]


def test_ingest_loads_the_dimensions_at_once_then_the_fact_then_checks(shapes):
    upstream = {name: task["upstream"] for name, task in shapes["ingest_flights"]["tasks"].items()}
    assert upstream == {
        **{table: [] for table in TABLES[:4]},
        "flight": sorted(TABLES[:4]),
        "check": ["flight"],
    }
    assert list(shapes["ingest_flights"]["params"]) == TABLES


def test_update_upserts_then_checks(shapes):
    upstream = {name: task["upstream"] for name, task in shapes["update_flights"]["tasks"].items()}
    assert upstream == {"upsert": [], "check": ["upsert"]}
    assert list(shapes["update_flights"]["params"]) == ["delivery"]


@pytest.mark.parametrize("name", ["ingest_flights", "update_flights"])
def test_a_dag_s_file_stays_thin(name):
    source = (Path(__file__).parents[2] / "dags" / f"{name}.py").read_text()
    code = source.split('"""', 2)[2]
    assert len(code.splitlines()) < 60
    for word in ("SELECT", "INSERT", "COPY", "sqlalchemy", "while ", ".execute("):
        assert word not in code


def test_an_airflow_connection_becomes_a_url(shapes):
    assert shapes["urls"] == {
        "password": "redshift+redshift_connector://me:p%40ss%2Fword@h.example:5439/dev",
        "iam": "redshift+redshift_connector://h.example:5439?iam=true&region=eu-west-1",
        "in the extra": "redshift+redshift_connector://me@h.example:5440/dev",
        "by identifier": "redshift+redshift_connector:///dev?cluster_identifier=sales&db_user=me&iam=true",
        "example": "",
        "empty": "",
    }
