"""What the warehouse's error means for a load: one typed error that says file, line, column, value and reason."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from warehouse import redaction
from warehouse.db.failures import ServerError, redact, server_error
from warehouse.db.system import RejectedRow, load_errors
from warehouse.errors import (
    Cancelled,
    Conflict,
    ConnectionFailed,
    CopyFailed,
    LoadError,
    StoreUnavailable,
    UnknownTable,
    WarehouseError,
)
from warehouse.load.stage import Staged
from warehouse.load.waits import holder
from warehouse.schema import TableDesign

_NOTHING_LOADED = "Nothing was changed."
# Redshift names the view to look into, an old one or the new one; the row's own error is only there.
_REJECTED = ("stl_load_errors", "sys_load_error_detail")
# Another transaction was in the way: a row conflict (SNAPSHOT), a deadlock, error 1023 (SERIALIZABLE) and error 1018, a
# table that was made anew since this transaction's snapshot. AWS c_serial_isolation.
_CONFLICTS = ("serializable isolation violation", "conflict with concurrent transaction", "deadlock detected")
_NUMBERED = ("1023", "1018")
_CANCELLED = "57014"
# S3's words for "later", in an S3ServiceException.
_LATER = ("slowdown", "status 50", "internalerror", "serviceunavailable", "requesttimeout", "canretry 1")
# And for a bucket that is elsewhere.
_ELSEWHERE = ("PermanentRedirect", "Status 301", "AuthorizationHeaderMalformed")
# What the load-error views count where a file has no lines.
_UNITS = {"avro": "record", "parquet": "row"}
_ROLE = re.compile(r"(?i)\bIAM_ROLE\s+'[^']*'")
_LOST = ("connection", "broken pipe", "socket", "server closed", "eof", "timed out", "bad file descriptor")


def explain(
    error: sa.exc.DBAPIError, connection: sa.Connection, design: TableDesign | None, staged: Staged | None = None
) -> WarehouseError:
    """The typed error for what a statement of a load raised. The caller raises it `from error`.

    Rolls the connection back: the load-error views are read afterwards, on the same session, which keeps their rows.
    """
    _veil(error)
    said = server_error(error)
    table = design.qualified_name if design else "the query"
    if error.connection_invalidated or (not said.code and any(sign in said.message.lower() for sign in _LOST)):
        # Nothing more can be said over it; else leaving its block would try, and raise the driver's error.
        connection.invalidate(error)
        return lost(error, connection.engine)
    _roll_back(connection)
    if _is_conflict(said):
        return Conflict(
            f"{table}: another transaction was in the way: {said.message}. {said.detail}".strip(),
            next_step=f"{_NOTHING_LOADED} Run it again; svv_transactions shows who is writing.",
        )
    if said.code == _CANCELLED or "canceled on user's request" in said.message:
        found = holder(connection, design) if design else None
        waited = f" {table} is held by {found}." if found else ""
        return Cancelled(
            f"{table}: a statement was cancelled: {said.message}.{waited}",
            next_step=f"{_NOTHING_LOADED} If statement_timeout ended it, raise the limit"
            + (" or wait for that session." if found else "; stv_recents shows what else runs."),
        )
    if said.code in ("42P01", "42703") and (design is None or (staged is not None and staged.query)):
        return LoadError(
            f"{table}: the query cannot be run: {said.message}.", next_step=f"{_NOTHING_LOADED} Correct the query."
        )
    if said.code == "42P01":
        return UnknownTable(
            f"The warehouse lacks a table that {table} is about: {said.message}.",
            table=design.qualified_name if design else "",
            next_step='Run "alembic upgrade head" against this warehouse.',
        )
    if said.code == "42703":
        return LoadError(
            f"{table}: the warehouse's table differs from the model: {said.message}.",
            next_step='Run "alembic upgrade head" against this warehouse.',
        )
    if any(view in f"{said.message} {said.detail}".lower() for view in _REJECTED):
        failed = _copy_failed(connection, table, staged)
        if failed is not None:
            return failed
    if "S3ServiceException" in said.message and any(word in said.message.lower() for word in _LATER):
        return StoreUnavailable(
            f"{table}: S3 asked the warehouse to come back later: {said.message}.",
            next_step=f"{_NOTHING_LOADED} Run it again later.",
        )
    if "unload destination" in said.message.lower() and "not empty" in said.message.lower():
        return LoadError(
            f"{table}: objects lie under that prefix already.",
            next_step="Nothing was written. Say another prefix, or replace=True (--replace) to delete them first.",
        )
    if "S3ServiceException" in said.message and any(sign in said.message for sign in _ELSEWHERE):
        return LoadError(
            f"{table}: the bucket lies in another region than the warehouse: {said.message}.",
            next_step=f"{_NOTHING_LOADED} Say its region in the options (--region); Parquet cannot cross regions.",
        )
    if "S3ServiceException" in said.message:
        return LoadError(
            f"{table}: the warehouse could not read or write S3: {said.message}.",
            next_step=f"{_NOTHING_LOADED} Check that the IAM role is attached and may use that bucket.",
        )
    return LoadError(
        f"{table}: the warehouse refused a statement: {said}. {said.detail}".strip(), next_step=_NOTHING_LOADED
    )


def _veil(error: sa.exc.DBAPIError) -> None:
    """Take secrets and roles out of what a traceback prints of the errors behind ours: SQLAlchemy's statement, what a
    driver quotes of it, and the key under which redshift_connector has missed it in its cache."""
    if error.statement:
        error.statement = _veiled(error.statement)
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error, error.orig]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.args = _veiled(one.args)
            waiting += [one.__cause__, one.__context__]


def _veiled(value: Any) -> Any:
    if isinstance(value, str):
        return _ROLE.sub("IAM_ROLE '***'", redaction.redact(value))
    return tuple(map(_veiled, value)) if isinstance(value, tuple) else value


def _is_conflict(said: ServerError) -> bool:
    told = f"{said.message} {said.detail}".lower()
    return any(word in told for word in _CONFLICTS) or said.message.strip().startswith(_NUMBERED)


def lost(error: BaseException, engine: sa.Engine) -> ConnectionFailed:
    """The connection broke during a load. The server rolls back what was not committed."""
    where = f"{engine.url.host or 'localhost'}:{engine.url.port or 5439}"
    said = redact(str(server_error(error)), engine.url)
    return ConnectionFailed(
        f"The connection to {where} broke during the load: {said}",
        next_step="What was not committed is rolled back; load_audit lists the run if it was. Run it again.",
    )


def _copy_failed(connection: sa.Connection, table: str, staged: Staged | None) -> CopyFailed | None:
    rows = load_errors(connection)
    ours = {part.uri for part in staged.parts} if staged else set()
    # Another COPY of this session may have failed before.
    rows = [row for row in rows if row.file.strip() in ours] or ([] if ours else rows)
    if not rows:
        return None
    row = rows[0]
    file, line = staged.origin(row.file, row.line) if staged else (row.file, row.line)
    unit = _UNITS.get(staged.format, "line") if staged else "line"
    more = f" {len(rows) - 1} more rows are listed there." if len(rows) > 1 else ""
    return CopyFailed(
        f"{table}: COPY rejected {_where(file, unit, line, row)}: {_reason(row)}.{more}",
        table=table,
        file=file,
        line=line,
        row=line if unit != "line" else None,
        column=row.column.strip(),
        value=row.value.strip(),
        reason=row.reason.strip(),
        code=row.code,
        next_step=_NOTHING_LOADED,
    )


def _where(file: str, unit: str, line: int | None, row: RejectedRow) -> str:
    said = file
    if line is not None:
        said += f", {unit} {line}"
    if row.column.strip():
        said += f", column {row.column.strip()}"
        if row.column_type.strip():
            length = row.column_length.strip()
            said += f" {row.column_type.strip()}" + (f"({length})" if length not in ("", "0") else "")
    return said


def _reason(row: RejectedRow) -> str:
    reason = row.reason.strip().rstrip(".") or "no reason given"
    code = f" (error {row.code})" if row.code else ""
    value = row.value.strip()
    if value:
        return f"{reason}{code}; the value is {_short(value)}"
    raw = row.raw_line.strip()
    return f"{reason}{code}" + (f"; the line is {_short(raw)}" if raw else "")


def _short(text: str) -> str:
    shown = text if len(text) <= 100 else f"{text[:97]}..."
    return f"'{shown}'"


def _roll_back(connection: sa.Connection) -> None:
    try:
        connection.rollback()
    except sa.exc.DBAPIError:
        connection.invalidate()
