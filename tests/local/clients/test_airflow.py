"""Airflow's own operators and hooks, unmodified: loads, unloads, queries, checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("operators.py")


@pytest.fixture
def environment(local_server, shared, tmp_path):
    """Nothing of the machine's own Airflow or AWS; the connections of this server."""
    s3 = local_server["s3"]
    redshift = {
        "conn_type": "redshift", "host": local_server["host"], "port": local_server["port"], "schema": shared,
        "login": local_server["user"], "password": local_server["password"], "extra": {"ssl": False},
    }  # fmt: skip
    aws = {
        "conn_type": "aws", "login": s3["access_key"], "password": s3["secret_key"],
        "extra": {"endpoint_url": s3["endpoint_url"], "region_name": s3["region"]},
    }  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS_", "WAREHOUSE_"))}
    return kept | {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW_CONN_REDSHIFT_DEFAULT": json.dumps(redshift),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(aws),
    }


@pytest.mark.airflow
def test_operators_and_hooks(environment, schema, stage):
    bucket, _, prefix = stage.uri.removeprefix("s3://").partition("/")
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), schema, bucket, prefix],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert json.loads(ran.stdout.splitlines()[-1]) == {
        "query": [["old"]],
        "split": [[7]],
        "append": [[1, "old"], [1, "one"], [2, "two"], [5, "kept"]],
        "upsert": [[1, "one"], [2, "two"], [5, "kept"]],
        "replace": [[1, "one"], [2, "two"]],
        "unloaded": ["id,name\n1,one\n2,two\n", "two\n"],
        "listed": [f"{prefix}/one_000", f"{prefix}/out/air_000"],
        "left": [],
        "frame": ["one", "two", "three", "<null>"],
        "first": [4],
        "tested": True,
    }
