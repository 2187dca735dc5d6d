"""Runs in a process of its own, because Airflow reads its configuration when it is imported: `run_dag.py WHAT [CONF]`.

WHAT is "describe" (both DAGs' shape) or the name of a DAG's file, which is run through `dag.test()` with CONF. The last
line of output is the answer, in JSON.
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
    return {name: _shape(importlib.import_module(name).flow) for name in ("ingest_flights", "update_flights")}


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


def run(name: str, conf: dict[str, Any]) -> dict[str, Any]:
    ran = importlib.import_module(name).flow.test(run_conf=conf)
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
    what, conf = sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    print(json.dumps(describe() if what == "describe" else run(what, conf)))
