"""What a DAG needs from the warehouse, so that a DAG's file is a few lines; the only package that imports Airflow.

    settings()            where the warehouse is: Airflow's connection `redshift_default`, else the WAREHOUSE_ settings
    default_args()        owner, retries, what happens on failure: the talk's list, for every task of a DAG
    ingest(table, path)   load into an empty table, upsert into any other      -> counts, for XCom
    update(table, path)   upsert a delivery                                    -> counts, for XCom
    check(tables)         the keys of these tables; fails when one is broken   -> findings, for XCom

An empty path stands for the sample data of warehouse.demo. Rows never pass through Airflow: a task hands a path to
warehouse.load, which streams it; what a task returns is a handful of numbers.
"""

from warehouse.airflow.connection import CONNECTION, settings
from warehouse.airflow.defaults import default_args
from warehouse.airflow.tasks import check, ingest, update
from warehouse.airflow.xcom import as_xcom

__all__ = ["CONNECTION", "as_xcom", "check", "default_args", "ingest", "settings", "update"]
