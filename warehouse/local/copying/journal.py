"""The load views' rows: what loaded, within the load's transaction; what was wrong, so that it outlives it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from warehouse.local.copying.failure import KEPT, Findings
from warehouse.local.copying.load import Loaded
from warehouse.local.copying.target import Target
from warehouse.local.translate.tokens import literal
from warehouse.local.wire.upstream import Upstream

# Rows of one INSERT.
_BATCH = 500


def loaded_sql(loaded: Loaded, session: Upstream) -> str:
    """The INSERT that tells of a load's files."""
    values = ", ".join(
        f"(0, {session.query_id}, {i} % pg_redshift.slices(), {literal(file.uri)}, {file.rows + file.errors}, "
        f"{file.size}, {file.errors}, clock_timestamp(), {literal(loaded.label)}, {loaded.target.oid}, {session.pid})"
        for i, file in enumerate(loaded.files)
    )
    return (
        "INSERT INTO pg_redshift.load_commit (userid, query, slice, filename, lines_scanned, bytes_scanned, "
        f"errors, curtime, file_format, tbl, session) VALUES {values}"
    )


def record(findings: Findings, target: Target, session: Upstream, connection: Upstream) -> None:
    """Write what was wrong over `connection`, which is not the load's."""
    rejected = (
        f"(100, 0, {target.oid}, clock_timestamp(), {session.pid}, {session.query_id}, {_text(uri)}, {row.line}, "
        f"{_text(row.column)}, {_text(row.type)}, {_text(row.length)}, {row.position}, {_data(row.raw_line)}, "
        f"{_data(row.value)}, {row.code}, {_text(row.reason, 100)}, {session.transaction}, "
        f"{literal(session.database)})"
        for uri, row in findings.rejected
    )
    for values in _batches(rejected):
        connection.run(
            "INSERT INTO pg_redshift.load_error (userid, slice, tbl, starttime, session, query, filename, line_number, "
            "colname, type, col_length, position, raw_line, raw_field_value, err_code, err_reason, xid, database) "
            f"VALUES {values}"
        )


def _batches(rows: Iterable[str]) -> Iterable[str]:
    pending: list[str] = []
    for row in rows:
        pending.append(row)
        if len(pending) == _BATCH:
            yield ", ".join(pending)
            pending.clear()
    if pending:
        yield ", ".join(pending)


def _text(text: str, most: int = 0) -> str:
    return literal(text[:most] if most else text)


def _data(text: str) -> str:
    # A multibyte character is shown as a period (r_STL_LOAD_ERRORS), as is what has no form to show.
    return literal(re.sub(r"[^\x01-\x7f]", ".", text)[:KEPT])
