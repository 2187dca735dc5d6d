"""What the tasks of a DAG do: one call of the library each, made safe to repeat.

A task may run again after it has succeeded, because the worker died before it could say so, or because somebody clears
it. So `ingest` loads into an empty table and upserts into any other: repeating it doubles nothing.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from warehouse import demo, quality
from warehouse.airflow.connection import engine, settings
from warehouse.airflow.defaults import actor, load_key
from warehouse.airflow.xcom import as_xcom
from warehouse.demo import Sample
from warehouse.errors import UnknownTable, WarehouseError
from warehouse.load import CopyOptions, load, upsert
from warehouse.load.source import describe
from warehouse.models import metadata
from warehouse.objectstore import ObjectStore
from warehouse.settings import Settings

log = logging.getLogger(__name__)


def ingest(table: str, path: str = "", *, null_as: str | None = "NA", once: bool = False) -> dict[str, Any]:
    """Bring a file (a path, a glob or an s3:// URI; CSV with a header, JSON lines, Parquet or Avro) into a table.

    An empty path takes the table's sample data. `once`: a run of this task that has succeeded is not repeated, not even
    when it is cleared. `null_as` stands for NULL where the file is text. Returns the counts for XCom.
    """
    return _deliver(table, path, null_as, delivery=1, once=once)


def update(
    table: str, path: str = "", *, null_as: str | None = "NA", latest_by: Sequence[str] = (), once: bool = False
) -> dict[str, Any]:
    """Upsert a delivery into a table by its primary key; `latest_by` decides between versions of one row.

    An empty path takes the sample's second delivery. `once` as for `ingest`. Returns the counts for XCom.
    """
    return _deliver(table, path, null_as, delivery=2, latest_by=latest_by, once=once)


def check(tables: Sequence[str]) -> dict[str, Any]:
    """Check the declared keys of these tables; orphans are logged, broken primary keys fail the task."""
    with _final(), engine(settings()) as made:
        report = quality.check([_table(name) for name in tables], engine=made)
        for finding in report.findings:
            log.warning("%s", finding)
        report.raise_if_failed()
    log.info("%s checks, %s findings, none that fails", len(report.results), len(report.findings))
    return as_xcom(report)


def _options(path: str, null_as: str | None, chosen: Settings) -> CopyOptions:
    """Of these files only text has a word for NULL."""
    if null_as is None:
        return CopyOptions()
    with contextlib.closing(ObjectStore.from_settings(chosen)) as store:
        is_text = describe(path, CopyOptions(), store).format == "text"
    return CopyOptions(null_as=null_as if is_text else None)


def _deliver(
    table: str, path: str, null_as: str | None, *, delivery: int, latest_by: Sequence[str] = (), once: bool = False
) -> dict[str, Any]:
    with _final(), engine(chosen := settings()) as made:
        target = _table(table)
        sample = None if path else _sample(table, delivery, chosen)
        shared: dict[str, Any] = {
            "engine": made,
            "settings": chosen,
            "options": CopyOptions(**sample.options) if sample else _options(path, null_as, chosen),
            "columns": sample.columns if sample else None,
            "actor": actor(get_current_context()),
            "load_key": load_key(get_current_context()) if once else "",
        }
        source = sample.path if sample else path
        if delivery == 1 and _is_empty(made, target):
            report = load(target, source, **shared)
        else:
            latest = tuple(latest_by) or (sample.latest_by if sample else None)
            report = upsert(target, source, keys=sample.keys if sample else None, latest_by=latest, **shared)
    log.info("%s", report.summary())
    return as_xcom(report)


@contextlib.contextmanager
def _final() -> Iterator[None]:
    """An error that cannot pass by itself (a bad file, a broken key) fails the task at once, without retries."""
    try:
        yield
    except WarehouseError as error:
        if error.retryable:
            raise
        raise AirflowFailException(str(error)) from error


def _sample(table: str, delivery: int, chosen: Settings) -> Sample:
    return demo.sample(table, chosen.state / demo.FOLDER, delivery=delivery)


def _table(name: str) -> sa.Table:
    found = metadata.tables.get(name)
    if found is None:
        known = ", ".join(sorted(metadata.tables))
        raise UnknownTable(f"The models have no table {name!r}.", table=name, next_step=f"They have: {known}.")
    return found


def _is_empty(made: sa.Engine, table: sa.Table) -> bool:
    with made.connect() as connection:
        try:
            return connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is None
        except sa.exc.DBAPIError:
            return True  # most likely the table is not there; the load that follows looks closer and says so
