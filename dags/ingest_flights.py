"""
### Ingest New York's flights

Brings the four dimensions into the warehouse, each in a task of its own and all at once, then the flights, then holds
the keys of all five against what the models declare.

Every parameter is a path, a glob or an s3:// URI of CSV with a header (`NA` is missing) or Parquet. Left empty, the
sample data is taken: the flights up to 24 December, as `warehouse demo` does it. *update_flights* brings the rest.

Running it again is safe: a table that holds rows already is upserted, never doubled. The warehouse must be migrated
(`alembic upgrade head`). It is the one of Airflow's connection `redshift_default`, or of WAREHOUSE_URL. Rows that
Redshift refuses fail the task at once, with file, line and reason; a cluster that is away is tried again.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task

from warehouse import airflow as kit

DIMENSIONS = ("airline", "airport", "plane", "weather")
FACT = "flight"
TABLES = (*DIMENSIONS, FACT)


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=kit.default_args(),
    params={table: Param("", f"Files of {table}; empty: the sample data", type="string") for table in TABLES},
    tags=["warehouse", "ingest"],
    doc_md=__doc__,
)
def ingest_flights() -> None:
    @task
    def ingest(table: str, path: str) -> dict[str, Any]:
        return kit.ingest(table, path)

    @task
    def check() -> dict[str, Any]:
        return kit.check(TABLES)

    loads = {table: ingest.override(task_id=table)(table, f"{{{{ params.{table} }}}}") for table in TABLES}
    [loads[table] for table in DIMENSIONS] >> loads[FACT] >> check()


flow = ingest_flights()

if __name__ == "__main__":
    flow.test()
