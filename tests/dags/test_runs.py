"""Both DAGs run for real, through Airflow's own `dag.test()`, on the embedded Redshift."""

from __future__ import annotations

import json
import re

import pytest
import sqlalchemy as sa

pytestmark = pytest.mark.airflow

FLIGHTS = 336_776
ROWS = {"airline": 16, "airport": 1_458, "plane": 3_322, "weather": 26_115, "flight": FLIGHTS}
# Flights that the sample's second delivery brings: new ones, and ones that the first had.
HELD_BACK, KNOWN = 6_064, 761


def states(ran):
    return {name: task["state"] for name, task in ran["tasks"].items()}


def xcom(ran, task):
    return ran["tasks"][task]["xcom"]


def through_a_connection(settings):
    """The same warehouse, found by Airflow's own connection; the endpoint beside it takes any keys."""
    url = sa.make_url(settings.url)
    connection = {
        "conn_type": "redshift",
        "host": url.host,
        "port": url.port,
        "login": url.username,
        "password": url.password,
        "schema": url.database,
        "extra": {"ssl": False},
    }
    return {
        "AIRFLOW_CONN_REDSHIFT_DEFAULT": json.dumps(connection),
        "WAREHOUSE_STAGE": settings.stage,
        "WAREHOUSE_IAM_ROLE": settings.iam_role,
        "WAREHOUSE_REGION": settings.region,
        "WAREHOUSE_S3_ENDPOINT": settings.s3_endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }


def test_ingest_then_update_then_update_again(airflow, settings, count, sql):
    first, second, again = airflow.run(
        ("ingest_flights", {}, {}),
        ("update_flights", {}, {}),
        ("update_flights", {}, through_a_connection(settings)),
    )
    for ran in (first, second, again):
        assert (ran["state"], set(states(ran).values())) == ("success", {"success"}), airflow.log
    loaded = {table: xcom(first, table) for table in ROWS}
    assert {table: (one["kind"], one["inserted"]) for table, one in loaded.items()} == {
        table: ("load", rows) for table, rows in (ROWS | {"flight": FLIGHTS - HELD_BACK}).items()
    }
    assert xcom(first, "check")["failures"] == 0
    assert {tuple(one["columns"]) for one in xcom(first, "check")["findings"]} == {
        ("tailnum",),
        ("dest",),
        ("origin", "time_hour"),
    }
    report = xcom(second, "upsert")
    assert (report["kind"], report["inserted"], report["updated"]) == ("upsert", HELD_BACK, KNOWN)
    assert report["repeated"] > 0
    # Running it again changes no row count.
    assert (xcom(again, "upsert")["inserted"], xcom(again, "upsert")["updated"]) == (0, HELD_BACK + KNOWN)
    assert {table: count(table) for table in ROWS} == ROWS
    assert sql("SELECT COUNT(*) FROM (SELECT 1 AS n FROM flight GROUP BY carrier, flight, time_hour) AS k") == [
        [FLIGHTS]
    ]
    # What the warehouse's log says leads back to Airflow.
    actors = {row[0] for row in sql("SELECT actor FROM load_audit WHERE outcome = 'succeeded'")}
    assert f"airflow ingest_flights.flight {first['run_id']}" in actors
    assert str(sa.make_url(settings.url).password) not in airflow.log
    seconds = [
        {name: round(task["seconds"], 1) for name, task in ran["tasks"].items()} for ran in (first, second, again)
    ]
    print("seconds:", *seconds)


def test_runs_that_fail_change_nothing_and_say_why(airflow, another_home, count, sql, tmp_path):
    """A bad delivery, and a warehouse that was not migrated: one Airflow, which takes long to be imported."""
    delivery = tmp_path / "bad.csv"
    delivery.write_text("carrier,name\nAA,American\nAA,Another American\n")
    bad, unmigrated = airflow.run(
        ("ingest_flights", {"airline": str(delivery)}, {}),
        ("update_flights", {}, {"WAREHOUSE_HOME": str(another_home)}),
    )
    assert bad["state"] == "failed"
    assert states(bad)["airline"] == "failed"
    assert bad["tasks"]["airline"]["tries"] == 1, "a bad file is not tried again"
    assert {states(bad)["flight"], states(bad)["check"]} == {"upstream_failed"}
    assert count("airline") == 0
    logged = sql("SELECT actor, outcome, error FROM load_audit WHERE table_name LIKE '%airline'")
    assert [row[:2] for row in logged] == [[f"airflow ingest_flights.airline {bad['run_id']}", "failed"]]
    assert "'AA'" in logged[0][2]
    # on_failure has written the line for whoever reads Airflow's log.
    assert re.search(r"airflow ingest_flights\.airline \S+ failed: load of \S*airline from \S+bad\.csv", airflow.log)

    assert states(unmigrated) == {"upsert": "failed", "check": "upstream_failed"}
    assert unmigrated["tasks"]["upsert"]["tries"] == 1
    assert "alembic upgrade head" in airflow.log
