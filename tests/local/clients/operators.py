"""Airflow's operators and hooks for Redshift, run one after the other; prints what each gave as JSON.

A script of its own, since Airflow reads its configuration when it is imported: `operators.py SCHEMA BUCKET PREFIX`,
with the connections `redshift_default` and `aws_default` in the environment.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.operators.s3 import S3DeleteObjectsOperator, S3ListOperator
from airflow.providers.amazon.aws.transfers.redshift_to_s3 import RedshiftToS3Operator
from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator
from airflow.providers.common.sql.operators.sql import (
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLTableCheckOperator,
    SQLValueCheckOperator,
)

CONNECTION = {"conn_id": "redshift_default"}


def main(schema: str, bucket: str, prefix: str) -> dict[str, Any]:
    table = f"{schema}.air"
    hook, s3, found = RedshiftSQLHook(), S3Hook(), {}

    def rows() -> list[list[Any]]:
        return [list(row) for row in hook.get_records(f"SELECT id, name FROM {table} ORDER BY 1, 2")]

    def run(operator: Any) -> Any:
        return operator.execute({})

    statements = [
        f"CREATE TABLE {table} (id int, name varchar(20)) DISTSTYLE ALL",
        f"INSERT INTO {table} VALUES (1, 'old'), (5, 'kept')",
    ]
    run(SQLExecuteQueryOperator(task_id="make", sql=statements, **CONNECTION))
    query = SQLExecuteQueryOperator(
        task_id="ask", sql=f"SELECT name FROM {table} WHERE id = %s", parameters=[1], **CONNECTION
    )
    found["query"] = [list(row) for row in run(query)]
    script = f"CREATE TABLE {schema}.b (a int); INSERT INTO {schema}.b VALUES (7); SELECT a FROM {schema}.b"
    split = SQLExecuteQueryOperator(task_id="split", sql=script, split_statements=True, **CONNECTION)
    found["split"] = [list(row) for row in run(split)]

    s3.load_string("1,one\n2,two\n", key=f"{prefix}/in/part0", bucket_name=bucket)
    load = {
        "schema": schema, "table": "air", "s3_bucket": bucket, "s3_key": f"{prefix}/in/part", "copy_options": ["CSV"]
    }  # fmt: skip
    run(S3ToRedshiftOperator(task_id="append", **load))
    found["append"] = rows()
    run(S3ToRedshiftOperator(task_id="upsert", method="UPSERT", upsert_keys=["id"], **load))
    found["upsert"] = rows()
    run(S3ToRedshiftOperator(task_id="replace", method="REPLACE", column_list=["id", "name"], **load))
    found["replace"] = rows()

    unload = {"s3_bucket": bucket, "unload_options": ["CSV", "ALLOWOVERWRITE", "PARALLEL OFF"]}
    run(
        RedshiftToS3Operator(
            task_id="table", schema=schema, table="air", s3_key=f"{prefix}/out", include_header=True, **unload
        )
    )
    one = f"SELECT name FROM {table} WHERE name = 'two'"
    run(
        RedshiftToS3Operator(
            task_id="select", select_query=one, s3_key=f"{prefix}/one_", table_as_file_name=False, **unload
        )
    )
    out, single = f"{prefix}/out/air_000", f"{prefix}/one_000"
    found["unloaded"] = [s3.read_key(key, bucket) for key in (out, single)]
    found["listed"] = sorted(run(S3ListOperator(task_id="list", bucket=bucket, prefix=f"{prefix}/o")))
    run(S3DeleteObjectsOperator(task_id="delete", bucket=bucket, prefix=f"{prefix}/o"))
    found["left"] = run(S3ListOperator(task_id="list", bucket=bucket, prefix=f"{prefix}/o"))

    hook.insert_rows(table, [(3, "three"), (4, None)], target_fields=["id", "name"], commit_every=1)
    frame = hook.get_df(f"SELECT * FROM {table} ORDER BY id", df_type="pandas")
    found["frame"] = frame["name"].fillna("<null>").tolist()
    found["first"] = list(hook.get_first(f"SELECT count(*) FROM {table}"))
    found["tested"] = hook.test_connection()[0]
    checks = {"id": {"min": {"equal_to": 1}, "null_check": {"equal_to": 0}, "unique_check": {"equal_to": 0}}}
    run(SQLColumnCheckOperator(task_id="column", table=table, column_mapping=checks, **CONNECTION))
    enough = {"enough": {"check_statement": "COUNT(*) > 3"}}
    run(SQLTableCheckOperator(task_id="tables", table=table, checks=enough, **CONNECTION))
    run(SQLValueCheckOperator(task_id="value", sql=f"SELECT max(id) FROM {table}", pass_value=4, **CONNECTION))
    return found


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
