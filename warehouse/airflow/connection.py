"""Where the warehouse is, seen from Airflow: credentials stay in Airflow's connections.

The connection `redshift_default`, of type Amazon Redshift, is used when it exists: host, port, schema (the database),
login and password, and in its extra the options of redshift_connector, such as
`{"iam": true, "cluster_identifier": "…", "region": "…"}`. Without it the WAREHOUSE_ settings decide, as everywhere.
The staging area and the IAM role are WAREHOUSE_STAGE and WAREHOUSE_IAM_ROLE in both cases.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from sqlalchemy.pool import NullPool

from warehouse.db.engine import connect
from warehouse.settings import Settings, child_environment, load_settings

CONNECTION = "redshift_default"
_DRIVER = "redshift+redshift_connector"
# What a connection's extra may say in place of the connection's own fields, as Airflow's own example does.
_FIELDS = {"host": "host", "port": "port", "schema": "database", "login": "user", "password": "password"}


def settings() -> Settings:
    """The settings of a task. Call it while a task runs: a DAG's file is read without any database."""
    try:
        found = Connection.get(CONNECTION)
    except AirflowNotFoundException:
        return load_settings()
    url = connection_url(found)
    if not url:
        return load_settings()
    # A warehouse of its own: nothing of an embedded server that may run in the same folder belongs to it.
    return load_settings(child_environment(WAREHOUSE_URL=url))


def connection_url(connection: Any) -> str:
    """The SQLAlchemy URL of an Airflow connection; empty for the example that Airflow makes in a new database."""
    extra: Mapping[str, Any] = connection.extra_dejson
    if not connection.host and "<" in str(extra.get("cluster_identifier", "<")):
        return ""
    place = {field: getattr(connection, field, None) or extra.get(name) or None for field, name in _FIELDS.items()}
    query = {
        name: _text(value) for name, value in extra.items() if name not in _FIELDS.values() and value not in (None, "")
    }
    url = sa.URL.create(
        _DRIVER,
        username=place["login"],
        password=place["password"],
        host=place["host"],
        port=int(place["port"]) if place["port"] else None,
        database=place["schema"],
        query=query,
    )
    return url.render_as_string(hide_password=False)


@contextlib.contextmanager
def engine(chosen: Settings) -> Iterator[sa.Engine]:
    """An engine for one task; no connection outlives it."""
    made = connect(chosen, poolclass=NullPool)
    try:
        yield made
    finally:
        made.dispose()


def _text(value: Any) -> str:
    """JSON's values as a URL writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
