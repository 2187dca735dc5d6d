"""One load or upsert in a process of its own: `peers.py` reads the job as JSON, and prints what it took.

    warehouse          warehouse.load of a Parquet file
    warehouse csv      the same of a CSV file
    raw                the shortest way to the same result: psycopg's COPY straight into the PostgreSQL behind the
                       server, over its private socket, and DELETE and INSERT there; without a check, without S3
    awswrangler        pandas.read_parquet and awswrangler.redshift.copy
    airflow            S3Hook.load_file and S3ToRedshiftOperator
    dlt                a pipeline from Parquet to Redshift with its staging in S3
    write_dataframe    redshift_connector's, row by row; to upsert into a temporary table, then DELETE and INSERT
    to_sql             pandas', many rows in one INSERT; to upsert as write_dataframe

The clock runs from connecting to the commit; imports are over before. Memory is the resident set's peak during the
action; the baseline is what the process holds after its imports. `linear` is the part of the seconds that grows with
the rows, for those who are given few of them.

Only the standard library is imported up here: dlt may live in an environment of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resident import Memory

Job = dict[str, Any]
Run = Callable[[], dict[str, float] | None]


def _warehouse(job: Job, form: str) -> Run:
    import botocore.session  # noqa: F401 - what the action would import anyway counts as an import
    import redshift_connector  # noqa: F401
    from deliveries import SETS

    from warehouse.load import CopyOptions, load, upsert
    from warehouse.settings import load_settings

    settings = load_settings({}, home=Path(job["home"]))
    work = {"load": load, "upsert": upsert}[job["action"]]
    model = SETS[job["set"]].model

    def run() -> dict[str, float]:
        report = work(model, f"{job['file']}.{form}", settings=settings, options=CopyOptions(emptyasnull=form == "csv"))
        return {f"phase {name}": seconds for name, seconds in report.seconds.items()}

    return run


def warehouse(job: Job) -> Run:
    return _warehouse(job, "parquet")


def warehouse_csv(job: Job) -> Run:
    return _warehouse(job, "csv")


def raw(job: Job) -> Run:
    import psycopg

    delete, insert = _replace(job["table"], "delivery", job)

    def copy(connection: psycopg.Connection[Any], table: str) -> None:
        command = f"COPY {table} FROM STDIN (FORMAT csv, HEADER)"
        with connection.cursor().copy(command) as target, Path(f"{job['file']}.csv").open("rb") as source:
            while block := source.read(1 << 20):
                target.write(block)

    def run() -> None:
        with psycopg.connect(host=job["socket"], user=job["superuser"], dbname="dev") as connection:
            if job["action"] == "load":
                return copy(connection, job["table"])
            connection.execute(f"CREATE TEMP TABLE delivery (LIKE {job['table']})")
            copy(connection, "delivery")
            for statement in (delete, insert, "DROP TABLE delivery"):
                connection.execute(statement)
        return None

    return run


def awswrangler(job: Job) -> Run:
    _aws(job)
    import awswrangler as wr
    import pandas as pd

    wr.config.s3_endpoint_url = job["s3"]["endpoint_url"]

    def run() -> None:
        frame = pd.read_parquet(f"{job['file']}.parquet", dtype_backend="pyarrow")
        mode = {"load": "append", "upsert": "upsert"}[job["action"]]
        with _connect(job) as connection:
            wr.redshift.copy(
                frame, f"{job['s3']['stage']}/awswrangler-{uuid.uuid4()}/", connection, job["table"], "public",
                iam_role=job["iam_role"], mode=mode, primary_keys=job["keys"],
            )  # fmt: skip

    return run


def airflow(job: Job) -> Run:
    folder = tempfile.mkdtemp()
    redshift = {
        "conn_type": "redshift", "host": job["host"], "port": job["port"], "schema": "dev",
        "login": job["user"], "password": job["password"], "extra": {"ssl": False},
    }  # fmt: skip
    s3 = job["s3"]
    aws = {
        "conn_type": "aws", "login": s3["access_key"], "password": s3["secret_key"],
        "extra": {"endpoint_url": s3["endpoint_url"], "region_name": s3["region"]},
    }  # fmt: skip
    os.environ |= {
        "AIRFLOW_HOME": folder,
        "AIRFLOW_CONN_REDSHIFT_DEFAULT": json.dumps(redshift),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(aws),
    }
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator

    bucket, _, prefix = s3["stage"].removeprefix("s3://").partition("/")
    key = f"{prefix}/airflow-{uuid.uuid4()}.parquet"

    def run() -> None:
        S3Hook().load_file(f"{job['file']}.parquet", key, bucket)
        S3ToRedshiftOperator(
            task_id="load", schema="public", table=job["table"], s3_bucket=bucket, s3_key=key,
            copy_options=["FORMAT AS PARQUET"], method={"load": "APPEND", "upsert": "UPSERT"}[job["action"]],
            upsert_keys=job["keys"],
        ).execute({})  # fmt: skip
        S3Hook().delete_objects(bucket, [key])

    return run


def dlt(job: Job) -> Run:
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt as library
    import pyarrow.parquet as pq
    from dlt.destinations import filesystem, redshift

    s3 = job["s3"]
    credentials = {
        "aws_access_key_id": s3["access_key"], "aws_secret_access_key": s3["secret_key"],
        "endpoint_url": s3["endpoint_url"], "region_name": s3["region"],
    }  # fmt: skip
    where = {"host": job["host"], "port": job["port"], "username": job["user"], "password": job["password"]}

    @library.resource(
        name=job["table"],
        write_disposition={"load": "append", "upsert": "merge"}[job["action"]],
        primary_key=job["keys"],
    )
    def rows() -> Any:
        yield from pq.ParquetFile(f"{job['file']}.parquet").iter_batches(batch_size=1 << 16)

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            pipeline = library.pipeline(
                "benchmark",
                destination=redshift(
                    credentials={**where, "database": "dev", "connect_timeout": 10, "query": {"sslmode": "disable"}},
                    staging_iam_role=job["iam_role"],
                ),
                staging=filesystem(bucket_url=f"{s3['stage']}/dlt", credentials=credentials),
                dataset_name="public",
                pipelines_dir=folder,
            )
            pipeline.run(rows(), loader_file_format="parquet").raise_on_failed_jobs()

    return run


def write_dataframe(job: Job) -> Run:
    import pandas as pd
    import redshift_connector  # noqa: F401

    def run() -> dict[str, float]:
        frame = pd.read_parquet(f"{job['file']}.parquet").astype(object)
        frame = frame.where(frame.notna(), None)
        with _connect(job) as connection, connection.cursor() as cursor:

            def insert(table: str) -> float:
                began = time.perf_counter()
                cursor.write_dataframe(frame, table)
                return time.perf_counter() - began

            linear = _insert(job, cursor.execute, insert)
            connection.commit()
        return {"linear": linear}

    return run


def to_sql(job: Job) -> Run:
    import pandas as pd
    import redshift_connector  # noqa: F401
    import sqlalchemy as sa

    def run() -> dict[str, float]:
        frame = pd.read_parquet(f"{job['file']}.parquet")
        engine = sa.create_engine(job["url"], poolclass=sa.NullPool)
        with engine.begin() as connection:

            def insert(table: str) -> float:
                began = time.perf_counter()
                # As many rows as the driver's 32,767 parameters allow.
                many = 32_767 // len(job["columns"])
                frame.to_sql(table, connection, if_exists="append", index=False, method="multi", chunksize=many)
                return time.perf_counter() - began

            linear = _insert(job, connection.exec_driver_sql, insert)
        engine.dispose()
        return {"linear": linear}

    return run


def _insert(job: Job, execute: Callable[[str], object], insert: Callable[[str], float]) -> float:
    """Insert rows into the table, or by way of a temporary one replace those of their keys."""
    if job["action"] == "load":
        return insert(job["table"])
    execute(f"CREATE TEMP TABLE delivery (LIKE {job['table']})")
    linear = insert("delivery")
    for statement in (*_replace(job["table"], "delivery", job), "DROP TABLE delivery"):
        execute(statement)
    return linear


def _replace(table: str, delivery: str, job: Job) -> tuple[str, str]:
    matched = " AND ".join(f"{table}.{key} = {delivery}.{key}" for key in job["keys"])
    return f"DELETE FROM {table} USING {delivery} WHERE {matched}", f"INSERT INTO {table} SELECT * FROM {delivery}"


def _connect(job: Job) -> Any:
    import redshift_connector

    return redshift_connector.connect(
        host=job["host"], port=job["port"], user=job["user"], password=job["password"], database="dev", ssl=False
    )


def _aws(job: Job) -> None:
    s3 = job["s3"]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": s3["access_key"], "AWS_SECRET_ACCESS_KEY": s3["secret_key"],
        "AWS_DEFAULT_REGION": s3["region"],
    }  # fmt: skip


CONTESTANTS: dict[str, Callable[[Job], Run]] = {
    "raw": raw,
    "warehouse": warehouse,
    "warehouse csv": warehouse_csv,
    "awswrangler": awswrangler,
    "airflow": airflow,
    "dlt": dlt,
    "write_dataframe": write_dataframe,
    "to_sql": to_sql,
}
# Hours for what the others do in seconds: these get few rows.
SLOW = ("write_dataframe", "to_sql")


def main() -> None:
    job = json.load(sys.stdin)
    run = CONTESTANTS[job["who"]](job)
    memory = Memory()
    memory.forget()
    baseline = memory.now()
    busy, began = time.process_time(), time.perf_counter()
    more = run() or {}
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    measured = {"seconds": seconds, "busy": busy, "linear": 0.0, "baseline": baseline, "peak": memory.peak()}
    print()  # some talk on stdout: the last line is the answer
    print(json.dumps({**measured, **more}))


if __name__ == "__main__":
    main()
