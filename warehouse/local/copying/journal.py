"""What the load views will say of a COPY (catalog/43_loads.sql).

It is written over a connection of its own: what was wrong outlives the load that was rolled back, and a row about a
file does not mean that the load was committed (AWS r_STL_LOAD_COMMITS).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from warehouse.local.copying.failure import KEPT, Rejected
from warehouse.local.copying.load import Load
from warehouse.local.translate.tokens import literal
from warehouse.local.wire.upstream import Upstream

# Rows of one INSERT.
_BATCH = 500
# sys_load_history names formats in its own way.
_FORMATS = {"text": "txt", "fixedwidth": "txt"}


def write(load: Load, session: Upstream, connection: Upstream, *, failed: bool = False) -> None:
    """Record a COPY of `session` that ends now."""
    user = connection.rows(f"SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = {literal(session.user)}")
    user_id = user[0][0] if user else "0"
    query, database = session.query_id, literal(session.database)
    started = f"to_timestamp({load.started}) AT TIME ZONE 'UTC'"
    ended = "clock_timestamp() AT TIME ZONE 'UTC'"
    status = "'aborted'" if failed else "'completed'"
    form = _FORMATS.get(load.options.format, load.options.format)
    target = load.target.oid
    slices = {file.uri: i for i, file in enumerate(load.files)}

    def slice_of(uri: str) -> str:  # files go round the slices
        return f"{slices.get(uri, len(load.files))} % pg_redshift.slices()"

    _insert(
        connection,
        "load_run (query, userid, xid, session, database, status, tbl, started, ended, source, file_format, "
        "loaded_rows, errors)",
        [(query, user_id, session.transaction, session.pid, database, status, target, started, ended,
          literal(load.source), literal(form), 0 if failed else load.rows, load.findings.rejected_count)],
    )  # fmt: skip
    _insert(
        connection,
        "load_commit (userid, query, slice, filename, lines_scanned, bytes_scanned, errors, curtime, file_format, tbl, "
        "session)",
        ((user_id, query, slice_of(file.uri), literal(file.uri), file.rows + file.errors, file.size, file.errors, ended,
          literal(load.label), target, session.pid) for file in load.files),
    )  # fmt: skip
    _insert(
        connection,
        "load_error (userid, slice, tbl, starttime, session, query, filename, line_number, colname, type, col_length, "
        "position, raw_line, raw_field_value, err_code, err_reason, xid, database, fields)",
        ((user_id, slice_of(uri), target, started, session.pid, query, literal(uri), row.line, literal(row.column),
          literal(row.type), literal(row.length), row.position, _data(row.raw_line), _data(row.value), row.code,
          literal(row.reason[:100]), session.transaction, database, _fields(row))
         for uri, row in load.findings.rejected),
    )  # fmt: skip
    _insert(
        connection,
        "load_replacement (query, slice, filename, line_number, colname, raw_line)",
        ((query, slice_of(uri), literal(uri), line, literal(column), _data(raw))
         for uri, line, column, raw in load.findings.replaced),
    )  # fmt: skip


def _insert(connection: Upstream, into: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows whose values are SQL."""
    for values in _batches(f"({', '.join(map(str, row))})" for row in rows):
        connection.run(f"INSERT INTO pg_redshift.{into} VALUES {values}")


def _batches(rows: Iterable[str]) -> Iterator[str]:
    pending: list[str] = []
    for row in rows:
        pending.append(row)
        if len(pending) == _BATCH:
            yield ", ".join(pending)
            pending.clear()
    if pending:
        yield ", ".join(pending)


def _fields(row: Rejected) -> str:
    shown = [
        [name, type_, length, None if value is None else _dotted(value)] for name, type_, length, value in row.fields
    ]
    return f"{literal(json.dumps(shown))}::jsonb"


def _data(text: str) -> str:
    return literal(_dotted(text))


def _dotted(text: str) -> str:
    # A multibyte character is shown as a period (r_STL_LOAD_ERRORS), as is what has no form to show.
    return re.sub(r"[^\x01-\x7f]", ".", text[:KEPT])
