"""Who holds the lock that somebody waits for: typed reads of SVV_TRANSACTIONS.

Regular users may see only their own sessions there, so an answer can be empty although somebody holds the lock.

https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_TRANSACTIONS.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from warehouse.db.queries import query
from warehouse.db.system import current_schema


@dataclass(frozen=True)
class Holder:
    """A session that holds a lock. `since` is when its transaction began, in UTC; `table` the table, when known."""

    pid: int
    user: str
    since: datetime | None
    table: str = ""

    def __str__(self) -> str:
        since = f", whose transaction began at {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"session {self.pid} of user {self.user}{since}"


def holders(connection: sa.Connection, table: str, schema: str | None = None) -> list[Holder]:
    """Who else holds a lock on this table; the oldest transaction first."""
    named = {"table_name": table, "schema_name": schema or current_schema(connection)}
    number = connection.execute(query("table_id"), named).scalar()
    if number is None:
        return []
    rows = connection.execute(query("lock_holders"), {"table_id": int(number)})
    return [Holder(int(row.pid), row.user_name, row.since, table) for row in rows]


def blockers(connection: sa.Connection, session: int) -> list[Holder]:
    """Whom this session waits for, table by table; empty when it waits for nobody (or nobody can be seen)."""
    found = []
    for row in connection.execute(query("lock_waits"), {"session_id": session}).all():
        named = connection.execute(query("table_name"), {"table_id": int(row.table_id)}).first()
        table = "" if named is None else str(named.table_name)
        found.append(Holder(int(row.pid), row.user_name, row.since, table))
    return found


def cancel(connection: sa.Connection, session: int) -> None:
    """Stop what a session of the same user runs. https://docs.aws.amazon.com/redshift/latest/dg/PG_CANCEL_BACKEND.html"""
    connection.execute(sa.text("SELECT pg_cancel_backend(:session)"), {"session": session}).all()
