"""Both DAGs run for real, through Airflow's own `dag.test()`, on the embedded Redshift."""

from __future__ import annotations

import json
import re

import pytest
import sqlalchemy as sa

pytestmark = pytest.mark.airflow

FLIGHTS = 336_776


def states(ran):
    return {name: task["state"] for name, task in ran["tasks"].items()}


def xcom(ran, task):
    return ran["tasks"][task]["xcom"]


def test_ingest_then_update_then_update_again(airflow, settings, count, sql):
    first = airflow("ingest_flights")
    assert first["state"] == "success", airflow.log
    assert set(states(first).values()) == {"success"}
    assert count("flight") == xcom(first, "flight")["inserted"] == FLIGHTS - 6_064
    assert {table: count(table) for table in ("airline", "airport", "plane", "weather")} == {
        "airline": 16,
        "airport": 1_458,
        "plane": 3_322,
        "weather": 26_115,
    }
    assert {xcom(first, table)["kind"] for table in ("airline", "flight")} == {"load"}
    assert xcom(first, "check")["failures"] == 0
    assert {tuple(one["columns"]) for one in xcom(first, "check")["findings"]} == {
        ("tailnum",),
        ("dest",),
        ("origin", "time_hour"),
    }
    # What the warehouse's log says leads back to Airflow.
    actors = {row[0] for row in sql("SELECT actor FROM load_audit WHERE outcome = 'succeeded'")}
    assert f"airflow ingest_flights.flight {first['run_id']}" in actors

    # The same warehouse, now found by Airflow's own connection; the endpoint beside it takes any keys.
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
    through = {
        "AIRFLOW_CONN_REDSHIFT_DEFAULT": json.dumps(connection),
        "WAREHOUSE_STAGE": settings.stage,
        "WAREHOUSE_IAM_ROLE": settings.iam_role,
        "WAREHOUSE_REGION": settings.region,
        "WAREHOUSE_S3_ENDPOINT": settings.s3_endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }
    second = airflow("update_flights", **through)
    assert second["state"] == "success", airflow.log
    report = xcom(second, "upsert")
    assert (report["kind"], report["inserted"], report["updated"]) == ("upsert", 6_064, 761)
    assert report["repeated"] > 0
    assert count("flight") == FLIGHTS
    assert str(url.password) not in airflow.log

    again = airflow("update_flights")
    assert again["state"] == "success", airflow.log
    assert (xcom(again, "upsert")["inserted"], xcom(again, "upsert")["updated"]) == (0, 6_064 + 761)
    assert count("flight") == FLIGHTS
    assert sql("SELECT COUNT(*) FROM (SELECT 1 AS n FROM flight GROUP BY carrier, flight, time_hour) AS k") == [
        [FLIGHTS]
    ]
    seconds = {name: task["seconds"] for ran in (first, second) for name, task in ran["tasks"].items()}
    print("seconds:", {name: round(value, 1) for name, value in seconds.items()})


def test_a_bad_delivery_fails_at_once_changes_nothing_and_is_logged(airflow, count, sql, tmp_path):
    delivery = tmp_path / "bad.csv"
    delivery.write_text("carrier,name\nAA,American\nAA,Another American\n")
    ran = airflow("ingest_flights", {"airline": str(delivery)})
    assert ran["state"] == "failed"
    assert states(ran)["airline"] == "failed"
    assert ran["tasks"]["airline"]["tries"] == 1, "a bad file is not tried again"
    assert {states(ran)["flight"], states(ran)["check"]} == {"upstream_failed"}
    assert count("airline") == 0
    logged = sql("SELECT actor, outcome, error FROM load_audit WHERE table_name LIKE '%airline'")
    assert [row[:2] for row in logged] == [[f"airflow ingest_flights.airline {ran['run_id']}", "failed"]]
    assert "'AA'" in logged[0][2]
    # on_failure has written the line for whoever reads Airflow's log.
    assert re.search(r"airflow ingest_flights\.airline \S+ failed: load of \S*airline from \S+bad\.csv", airflow.log)


def test_a_warehouse_that_is_not_migrated_is_told(airflow, settings):
    from warehouse import migrate

    migrate.downgrade(settings)
    ran = airflow("update_flights")
    assert states(ran) == {"upsert": "failed", "check": "upstream_failed"}
    assert ran["tasks"]["upsert"]["tries"] == 1
    assert "alembic upgrade head" in airflow.log
