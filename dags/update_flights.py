"""
### Update New York's flights

Upserts a delivery of flights, as the talk teaches: a temporary table, delete what it brings anew, insert, all in one
transaction. Then holds the keys against what the models declare.

`delivery` is a path, a glob or an s3:// URI of CSV with a header (`NA` is missing) or Parquet. Left empty, the sample's
second delivery is taken. When a delivery holds several versions of a flight, the one with the greatest `arr_time` wins,
and any is greater than none.

Running it again changes no row count.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task

from warehouse import airflow as kit

FACT = "flight"


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=kit.default_args(),
    params={"delivery": Param("", "Files of flights; empty: the sample's second delivery", type="string")},
    tags=["warehouse", "update"],
    doc_md=__doc__,
)
def update_flights() -> None:
    @task
    def upsert(path: str) -> dict[str, Any]:
        return kit.update(FACT, path, latest_by=["arr_time"])

    @task
    def check() -> dict[str, Any]:
        return kit.check([FACT])

    upsert("{{ params.delivery }}") >> check()


flow = update_flights()

if __name__ == "__main__":
    flow.test()
