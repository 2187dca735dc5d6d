"""Runs in a process of its own, because Airflow reads its configuration when it is imported.

    run_dag.py describe       the shape of both DAGs, and the URLs that Airflow's connections become
    run_dag.py run RUNS       run DAGs through `dag.test()`, one after the other: Airflow takes long to be imported

RUNS is a list in JSON: {"dag": the name of its file, "conf": its parameters, "environment": variables from then on}.
The last line of output is the answer, in JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings
from typing import Any

# What our own modules warn of is an error here, too; Airflow's warnings are Airflow's.
warnings.filterwarnings("error", module=r"warehouse(\.|$)")
warnings.filterwarnings("error", module=r"(ingest|update)_flights$")
sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])


def describe() -> dict[str, Any]:
    shapes = {name: _shape(importlib.import_module(name).flow) for name in ("ingest_flights", "update_flights")}
    return shapes | {"urls": _urls()}


def _urls() -> dict[str, str]:
    from airflow.sdk import Connection

    from warehouse.airflow.connection import connection_url

    place = {"host": "h.example", "login": "me", "password": "p@ss/word", "schema": "dev"}
    given: dict[str, dict[str, Any]] = {
        "password": {**place, "port": 5439},
        "iam": {"host": "h.example", "port": 5439, "extra": {"iam": True, "region": "eu-west-1", "profile": ""}},
        "in the extra": {"host": "h.example", "extra": {"port": 5440, "database": "dev", "user": "me"}},
        "by identifier": {"extra": {"iam": True, "cluster_identifier": "sales", "db_user": "me", "database": "dev"}},
        # What Airflow puts into a new database as an example.
        "example": {"extra": {"iam": True, "cluster_identifier": "<REDSHIFT_CLUSTER_IDENTIFIER>", "port": 5439}},
        "empty": {},
    }
    made = {
        name: Connection(conn_id="x", conn_type="redshift", **{**said, "extra": json.dumps(said.get("extra", {}))})
        for name, said in given.items()
    }
    return {name: connection_url(connection) for name, connection in made.items()}


def _shape(flow: Any) -> dict[str, Any]:
    return {
        "dag_id": flow.dag_id,
        "schedule": flow.schedule,
        "catchup": flow.catchup,
        "max_active_runs": flow.max_active_runs,
        "tags": sorted(flow.tags),
        "doc": flow.doc_md,
        "params": dict(flow.params),
        "tasks": {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "owner": task.owner,
                "retries": task.retries,
                "retry_delay": task.retry_delay.total_seconds(),
                "callbacks": [one.__name__ for one in task.on_failure_callback],
            }
            for task in flow.tasks
        },
    }


def run(dag: str, conf: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    os.environ.update(environment)
    ran = importlib.import_module(dag).flow.test(run_conf=conf)
    return {
        "state": str(ran.state),
        "run_id": ran.run_id,
        "tasks": {
            instance.task_id: {
                "state": str(instance.state),
                "tries": instance.try_number,
                "seconds": instance.duration,
                "xcom": instance.xcom_pull(task_ids=instance.task_id),
            }
            for instance in ran.get_task_instances()
        },
    }


if __name__ == "__main__":
    runs = json.loads(sys.argv[2]) if sys.argv[1] == "run" else []
    print(json.dumps([run(**one) for one in runs] if sys.argv[1] == "run" else describe()))
