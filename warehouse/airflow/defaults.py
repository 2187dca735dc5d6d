"""What every task of every DAG starts from: the talk's default_args, as Airflow 3 has them.

A failed task is tried again, because clusters are resized and networks blink; an error that cannot pass by itself is
not (see tasks.py). When a task is given up, one line says what the warehouse's own log knows of it. Whoever is on call
hooks in where Airflow 3 wants it: a notifier on the DAG, not an address in every task.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from warehouse.airflow.connection import engine, settings
from warehouse.errors import WarehouseError
from warehouse.models import LoadAudit

OWNER = "warehouse"
RETRIES = 3
RETRY_DELAY = timedelta(minutes=1)

log = logging.getLogger(__name__)


def default_args(**changes: Any) -> dict[str, Any]:
    """The arguments of every task; `changes` for one DAG."""
    return {
        "owner": OWNER,
        "depends_on_past": False,
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": True,
        "on_failure_callback": on_failure,
        **changes,
    }


def actor(context: Mapping[str, Any]) -> str:
    """How a task signs what it does in load_audit: DAG, task and run, which leads from the log to Airflow's page."""
    instance = context["ti"]
    return f"airflow {instance.dag_id}.{instance.task_id} {instance.run_id}"


def load_key(context: Mapping[str, Any]) -> str:
    """Names what a task delivers: DAG, task, the run's logical date (its run id where it has none), and the map index.

    It stays the same when the task is tried again or cleared, and differs for every other run.
    """
    instance = context["ti"]
    when = context.get("logical_date")
    moment = when.isoformat() if when is not None else instance.run_id
    return f"{instance.dag_id}/{instance.task_id}/{moment}/{instance.map_index}"


def on_failure(context: Mapping[str, Any]) -> None:
    """Log what load_audit holds of the failed task. Never raises: it must not hide the failure itself."""
    who = actor(context)
    try:
        row = last_run(who)
    except (WarehouseError, sa.exc.SQLAlchemyError) as error:
        log.error("%s failed: %s. Its log cannot be read: %s", who, context.get("exception"), error)
        return
    if row is None:
        log.error("%s failed: %s. load_audit holds nothing of it.", who, context.get("exception"))
        return
    log.error(
        "%s failed: %s of %s from %s, run %s, started %s (UTC), outcome %s: %s",
        *(who, row.kind, row.table_name, row.source, row.run_id, row.started_at, row.outcome, row.error),
    )


def last_run(who: str) -> Any:
    """The newest row of load_audit that this actor wrote, or None."""
    audit = LoadAudit.__table__
    query = sa.select(audit).where(audit.c.actor == who).order_by(audit.c.started_at.desc()).limit(1)
    with engine(settings()) as made, made.connect() as connection:
        return connection.execute(query).first()
