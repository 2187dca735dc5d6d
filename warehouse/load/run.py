"""Load, upsert, history, unload: the four ways between a delivery and a table, each one transaction.

The target is untouched on any failure. What all runs share (the log, staging, retries, cleaning up) is in `session`,
the statements are in the plans (`append`, `upsert`, `history`, `unload`), and `apply` runs and proves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Literal, Unpack, cast

import sqlalchemy as sa

from warehouse.errors import LoadError
from warehouse.load import audit
from warehouse.load.append import Mode, Window
from warehouse.load.copy import role_clause
from warehouse.load.failures import explain
from warehouse.load.guards import Guards
from warehouse.load.history import Missing, Versions
from warehouse.load.prepare import PREPARE, Common, design_of, names, open_run
from warehouse.load.preview import Preview
from warehouse.load.report import LoadReport, Progress
from warehouse.load.session import (
    attempt,
    execute,
    finish,
    number,
    open_session,
    succeeded,
    transact,
)
from warehouse.load.stage import Staged
from warehouse.load.unload import UnloadFormat, UnloadStatement, query_of, read_manifest
from warehouse.load.upsert import Method
from warehouse.models import LoadAudit
from warehouse.settings import Settings


def load(
    table: Any,
    source: Any,
    *,
    mode: Mode = "append",
    window: Window | None = None,
    prove_keys: bool = True,
    **common: Unpack[Common],
) -> LoadReport:
    """Load a source into a table with one COPY.

    table       an ORM class or a sqlalchemy.Table
    source      a path, a glob, an s3:// URI (a prefix ends in / or *); a pandas.DataFrame, anything that Arrow can read
                (pyarrow, polars, duckdb), an iterable of record batches or of mappings; a select() or text() of rows of
                the warehouse. Files are CSV, JSON lines, Parquet or Avro, plain or packed
    mode        "append"; "replace" for the whole table, whose rows are deleted; "swap" for a new table that takes its
                name (see `warehouse.load.swap`)
    window      replace only these rows of the table; the delivery must lie inside
    prove_keys  prove that the primary key is unique before the commit, which reads the key columns of the whole table;
                Redshift does not enforce what its planner believes

    `Common` lists the rest. Raises SourceError, UnknownTable, CopyFailed, ChecksFailed, DuplicateKeys,
    TooMuchRewritten, ConnectionFailed, Conflict, Cancelled, ObjectStoreError or LoadError; then the table is as it was.
    """
    if common.get("on_repeat") == "replay" and mode == "append" and window is None:
        raise LoadError(
            "An appended delivery cannot be replayed: its rows would be there twice.",
            next_step='Say mode="replace" (--mode replace) or window= (--window), upsert it, or leave out '
            'on_repeat="replay" (--replay).',
        )
    return _run("load", table, source, common, mode=mode, window=window, prove_keys=prove_keys)


def upsert(
    table: Any,
    source: Any,
    *,
    keys: Sequence[str] | None = None,
    latest_by: str | Sequence[str] | None = None,
    newer_by: str | Sequence[str] | None = None,
    only_changed: bool = False,
    delete_when: str = "",
    method: Method | None = None,
    **common: Unpack[Common],
) -> LoadReport:
    """Replace the rows of a table that a source delivers anew, and insert those that it has not yet.

    keys          which row is which; default: the primary key
    latest_by     columns of which the greatest value wins when a key is repeated. Identical repetitions of a row
                  collapse; rows of one key that differ are refused without it
    newer_by      a delivered row replaces the table's only when it is greater in these columns
    only_changed  a delivered row that equals the table's leaves it alone
    delete_when   a BOOLEAN column of the delivery: where it is true, the row of that key is deleted
    method        "replace" (DELETE and INSERT), "update" (UPDATE and INSERT) or "merge"; default: replace, and update
                  when the delivery does not hold every column

    What the delivery leaves out (by `columns`, or as IDENTITY) keeps its value in the rows that are there. The rest is
    as for `load`; raises NullKeys and DuplicateKeys as well.
    """
    return _run(
        "upsert",
        table,
        source,
        common,
        keys=keys,
        latest_by=names(latest_by),
        newer_by=names(newer_by),
        only_changed=only_changed,
        delete_when=delete_when,
        method=method,
    )


def history(
    table: Any,
    source: Any,
    *,
    keys: Sequence[str] | None = None,
    as_of: datetime | str | None = None,
    versions: Versions | None = None,
    latest_by: str | Sequence[str] | None = None,
    missing: Missing = "keep",
    **common: Unpack[Common],
) -> LoadReport:
    """Keep a table's history (a slowly changing dimension of type 2): a changed row becomes a new version.

    keys      the columns that identify a row at its source; default: the primary key, less the version's columns
    as_of     since when the delivery holds: a moment (UTC; default: now), or the column of the delivery that says it
    versions  the table's columns that say when a version holds
    missing   "close": the delivery is complete, and what it does not hold has ended; "keep": it is a part

    In the report `inserted` are new keys, `updated` new versions of known ones, `unchanged` rows that equal their
    current version, `deleted` versions that ended because they were missing. The rest is as for `upsert`.
    """
    return _run(
        "history",
        table,
        source,
        common,
        keys=keys,
        as_of=as_of,
        versions=versions or Versions(),
        latest_by=names(latest_by),
        missing=missing,
    )


def preview(kind: Literal["load", "upsert", "history"], table: Any, source: Any, **options: Any) -> Preview:
    """What `load`, `upsert` or `history` would do with these arguments: the delivery held against the table, and the
    statements in their order. Nothing is sent, locked or changed. Raises what the run itself would raise so far."""
    common = cast(Common, {name: options.pop(name) for name in list(options) if name in Common.__annotations__})
    for name in ("latest_by", "newer_by"):
        if name in options:
            options[name] = names(options[name])
    design = design_of(table)
    session = open_run(kind, design, source, common)
    session.dry = True
    with closing(session):
        prepared = PREPARE[kind](session, source, design, common, **options)
    staged = cast(Staged, session.staged)
    return Preview(kind, design.qualified_name, prepared.source, staged, prepared.steps())


def unload(
    query_or_table: Any,
    to_uri: str,
    *,
    format: UnloadFormat = "parquet",
    replace: bool = False,
    gzip: bool = False,
    engine: sa.Engine | None = None,
    settings: Settings | None = None,
    actor: str = "",
    progress: Progress | None = None,
    guards: Guards | None = None,
) -> LoadReport:
    """Write a table, a select() or the text of a query to S3 under the key prefix `to_uri`, with a manifest.

    Fails when objects of those names exist, unless `replace` is set: then all under the prefix is deleted first, the
    manifest before the rest, so that there is one only beside all that it names. `rows_read` of the report is what was
    written, `files` where to; `load` reads them again by the manifest's URI, which is the prefix and "manifest".
    """
    query, design = query_of(query_or_table)
    name = design.qualified_name if design else ""
    session = open_session("unload", name, to_uri, engine, settings, actor, progress, guards=guards)
    with attempt(session):
        statement = UnloadStatement(
            query=query,
            uri=to_uri,
            iam_role=session.settings.iam_role,
            format=format,
            replace=replace,
            gzip=gzip,
            kms_key=session.settings.kms_key,
        )
        role_clause(session.settings.iam_role)

        def work(connection: sa.Connection) -> LoadReport:
            with session.phase("unload"):
                if replace:
                    # A query that cannot run must not cost what lies there.
                    execute(connection, f"EXPLAIN {query}")
                    # CLEANPATH says nothing of an order; a reader would believe a manifest whose files are gone.
                    session.store.delete([statement.manifest])
                execute(connection, statement.sql())
            with session.phase("prove"):
                written = read_manifest(session.store, statement.manifest)
                rows = number(connection, "SELECT pg_last_unload_count()") if written.rows is None else written.rows
            return session.report(files=written.files, rows_read=rows, bytes=written.bytes)

        return finish(session, transact(session, work))


def preview_unload(
    query_or_table: Any, to_uri: str, *, format: UnloadFormat = "parquet", replace: bool = False, gzip: bool = False
) -> str:
    """The statement that `unload` would run, without the role. Nothing is written or asked."""
    query, _ = query_of(query_or_table)
    return UnloadStatement(query=query, uri=to_uri, iam_role="", format=format, replace=replace, gzip=gzip).redacted()


def runs(
    *,
    table: str = "",
    outcome: str = "",
    limit: int = 20,
    engine: sa.Engine | None = None,
    settings: Settings | None = None,
) -> list[audit.Logged]:
    """The newest runs of the log, newest first. Raises UnknownTable when the warehouse has no log yet."""
    session = open_session("load", "", "", engine, settings, "", None)
    with closing(session), session.connection() as connection:
        try:
            return audit.runs(connection, table=table, outcome=outcome, limit=limit)
        except sa.exc.DBAPIError as error:
            raise explain(error, connection, design_of(LoadAudit)) from error


def _run(kind: Literal["load", "upsert", "history"], table: Any, source: Any, common: Common, **own: Any) -> LoadReport:
    if stray := sorted(set(common) - set(Common.__annotations__)):
        # Python leaves that to who unpacks; a misspelt dry_run= must not load.
        raise TypeError(f"{kind}() got an unexpected keyword argument {stray[0]!r}")
    design = design_of(table)
    session = open_run(kind, design, source, common)
    with attempt(session):
        if (earlier := succeeded(session)) is not None:
            return earlier
        prepared = PREPARE[kind](session, source, design, common, **own)
        return finish(session, transact(session, prepared.work))
