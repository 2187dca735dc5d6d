"""Typed reads of Redshift's system views and catalog: the only place that knows their column names.

Every function takes an open connection and reads only. Redshift has no savepoints, so a view that cannot be read
(absent on serverless, or not granted) costs the transaction: `load_errors` rolls back, and is therefore called when a
COPY has failed.

https://docs.aws.amazon.com/redshift/latest/dg/SYS_LOAD_ERROR_DETAIL.html
https://docs.aws.amazon.com/redshift/latest/dg/r_STL_LOAD_ERRORS.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from warehouse.db.queries import query
from warehouse.redshift.encodings import canonical_encoding
from warehouse.redshift.keys import DIST_STYLE_CODES, DistStyle

# pg_attrdef shows an identity as  "identity"(445178, 0, '1,1'::text)  or  default_identity(…)
_IDENTITY = re.compile(r"^\s*\"?(?P<kind>identity|default_identity)\"?\s*\(.*'(?P<seed>-?\d+)\s*,\s*(?P<step>-?\d+)'")


@dataclass(frozen=True)
class CatalogColumn:
    """One column as the catalog holds it. `encode` is "raw" for none; `sort_order` counts from 1, 0 means not in the
    sort key.
    """

    schema: str
    table: str
    name: str
    position: int
    type: str
    nullable: bool
    encode: str
    dist_style: DistStyle
    is_distkey: bool
    sort_order: int
    interleaved: bool
    identity: tuple[int, int] | None
    identity_by_default: bool
    default: str | None
    comment: str | None


@dataclass(frozen=True)
class RejectedRow:
    """One row that a COPY of this session rejected. `line` is None when Redshift does not know it."""

    query_id: int
    file: str
    line: int | None
    column: str
    column_type: str
    column_length: str
    position: int | None
    code: int | None
    reason: str
    value: str = ""
    raw_line: str = ""


@dataclass(frozen=True)
class LastCopy:
    """The last completed COPY of a session; query_id is -1 when there is none."""

    query_id: int
    rows: int


def last_copy(connection: sa.Connection) -> LastCopy:
    """Query id and row count of the last COPY that this session completed."""
    row = connection.execute(query("last_copy")).one()
    return LastCopy(query_id=int(row.query_id), rows=int(row.row_count))


def session_id(connection: sa.Connection) -> int:
    """The process id of this session, as the system views call it."""
    return int(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())


def load_errors(
    connection: sa.Connection, *, session: int | None = None, after: int = 0, limit: int = 20
) -> list[RejectedRow]:
    """What the newest failed COPY of a session rejected: sys_load_error_detail first, completed by stl_load_errors.

    `session` defaults to this one, `after` leaves out queries up to that id (so that an older COPY's rows are not taken
    for this one's). Rolls back the connection's transaction: a failed COPY has ended it anyway.
    """
    connection.rollback()
    parameters = {"session_id": session_id(connection) if session is None else session, "after": after, "rows": limit}
    detail = [_rejected(row) for row in _readable(connection, "load_errors_sys", parameters)]
    older = [_rejected(row) for row in _readable(connection, "load_errors_stl", parameters)]
    connection.rollback()
    if not detail:
        return _newest(older)
    values = {(row.query_id, row.file, row.line, row.column): row for row in older}
    merged = []
    for row in _newest(detail):
        twin = values.get((row.query_id, row.file, row.line, row.column))
        merged.append(replace(row, value=twin.value, raw_line=twin.raw_line) if twin else row)
    return merged


def current_revision(connection: sa.Connection, *, version_table: str = "alembic_version") -> str | None:
    """The Alembic revision the warehouse is at; several heads are joined by commas, None when nothing was migrated."""
    if connection.execute(query("version_table"), {"table_name": version_table}).first() is None:
        return None
    versions = sa.table(version_table, sa.column("version_num"))
    found = connection.execute(sa.select(versions.c.version_num)).scalars().all()
    return ",".join(sorted(found)) or None


def current_schema(connection: sa.Connection) -> str:
    """The schema that an unqualified name is created in."""
    return str(connection.execute(sa.text("SELECT current_schema()")).scalar_one())


def table_columns(connection: sa.Connection, schema: str | None, table: str) -> list[CatalogColumn]:
    """The columns of one table, in their order; empty when there is no such table."""
    return _columns(connection, schema, table)


def schema_columns(connection: sa.Connection, schema: str | None = None) -> dict[str, list[CatalogColumn]]:
    """The columns of every table of a schema, in one query: table name -> columns."""
    tables: dict[str, list[CatalogColumn]] = {}
    for column in _columns(connection, schema, None):
        tables.setdefault(column.table, []).append(column)
    return tables


def parse_identity(default: str | None) -> tuple[tuple[int, int], bool] | None:
    """((seed, step), by default) when a catalog's default text is an IDENTITY, else None."""
    found = _IDENTITY.match(default or "")
    if not found:
        return None
    return (int(found["seed"]), int(found["step"])), found["kind"] == "default_identity"


def _columns(connection: sa.Connection, schema: str | None, table: str | None) -> list[CatalogColumn]:
    parameters = {
        "schema_name": schema or current_schema(connection),
        "table_name": table or "",
        "every": 1 if table is None else 0,
    }
    return [_catalog_column(row) for row in connection.execute(query("columns"), parameters)]


def _catalog_column(row: Any) -> CatalogColumn:
    identity = parse_identity(row.default_text)
    return CatalogColumn(
        schema=row.schema_name,
        table=row.table_name,
        name=row.column_name,
        position=int(row.position),
        type=row.column_type,
        nullable=not row.not_null,
        encode=canonical_encoding(row.encoding or "none"),
        dist_style=DIST_STYLE_CODES[int(row.dist_code)],
        is_distkey=bool(row.is_distkey),
        sort_order=abs(int(row.sortkey_order or 0)),
        interleaved=int(row.sortkey_order or 0) < 0,
        identity=identity[0] if identity else None,
        identity_by_default=bool(identity and identity[1]),
        default=None if identity else row.default_text,
        comment=row.comment_text,
    )


def _readable(connection: sa.Connection, name: str, parameters: dict[str, Any]) -> Sequence[Any]:
    """The rows of a view, or none when this warehouse or this user has no such view."""
    try:
        return connection.execute(query(name), parameters).all()
    except sa.exc.DBAPIError:
        connection.rollback()
        return []


def _rejected(row: Any) -> RejectedRow:
    return RejectedRow(
        query_id=int(row.query_id),
        file=row.file_name or "",
        line=None if row.line_number is None or int(row.line_number) < 0 else int(row.line_number),
        column=row.column_name or "",
        column_type=row.column_type or "",
        column_length=str(row.column_length or ""),
        position=None if row.position is None else int(row.position),
        code=None if row.error_code is None else int(row.error_code),
        reason=row.reason or "",
        value=getattr(row, "raw_value", "") or "",
        raw_line=getattr(row, "raw_line", "") or "",
    )


def _newest(rows: list[RejectedRow]) -> list[RejectedRow]:
    newest = max((row.query_id for row in rows), default=0)
    return [row for row in rows if row.query_id == newest]
