"""Load, upsert, history, unload: the four ways between a delivery and a table, each one transaction.

The target is untouched on any failure. What all runs share (the log, staging, retries, cleaning up) is in `session`,
the statements are in the plans (`append`, `upsert`, `history`, `unload`), and `apply` runs and proves them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict, Unpack, cast

import sqlalchemy as sa

from warehouse.errors import LoadError
from warehouse.load import apply, audit
from warehouse.load.append import LoadPlan, Mode, Window, plan_load
from warehouse.load.attempts import Retry
from warehouse.load.audit import OnRepeat
from warehouse.load.copy import CopyOptions, role_clause
from warehouse.load.failures import explain
from warehouse.load.guards import Guards
from warehouse.load.history import HistoryPlan, Missing, Versions, delivered_design, plan_history
from warehouse.load.keys import delivered, key_columns
from warehouse.load.musts import Must
from warehouse.load.preview import Preview
from warehouse.load.report import LoadReport, Progress
from warehouse.load.session import (
    Session,
    Work,
    attempt,
    describe_and_fit,
    execute,
    finish,
    number,
    open_session,
    stage_source,
    transact,
)
from warehouse.load.source import Source
from warehouse.load.stage import Staged
from warehouse.load.unload import UnloadFormat, UnloadStatement, query_of, read_manifest
from warehouse.load.upsert import Method, UpsertPlan, marked_design, plan_upsert
from warehouse.models import LoadAudit
from warehouse.schema import TableDesign
from warehouse.settings import Settings


class Common(TypedDict, total=False):
    """What load, upsert and history all take.

    engine, settings  where to; default: those of the environment
    options           how text is read
    columns           the table's columns in the order of the source's fields; default: its header, or all but IDENTITY
    rename            field of the source -> column of the table
    musts             conditions that every delivered row has to meet
    quarantine        how many bad rows are set aside in load_quarantine instead of refusing the delivery
    load_key          the caller's name for the delivery, such as "dag/task/2026-01-31": a key that has succeeded on
                      this table is not loaded again (`outcome` "skipped"), unless on_repeat="replay"
    retry             how often a transaction that met a conflict, or lost its connection, is tried
    guards            limits on statements and on how much of the table may be rewritten
    actor             who runs it, for the log; default: the user of this process
    progress          hears how far the run is
    compress          gzip staged text; default: yes, except to an S3 endpoint near by
    """

    engine: sa.Engine | None
    settings: Settings | None
    options: CopyOptions | None
    columns: Sequence[str] | None
    rename: Mapping[str, str] | None
    musts: Sequence[Must]
    quarantine: int
    load_key: str
    on_repeat: OnRepeat
    retry: Retry | None
    guards: Guards | None
    actor: str
    progress: Progress | None
    compress: bool | None


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
    mode        "append", or "replace" for the whole table
    window      replace only these rows of the table; the delivery must lie inside
    prove_keys  prove that the primary key is unique before the commit, which reads the key columns of the whole table;
                Redshift does not enforce what its planner believes

    `Common` lists the rest. Raises SourceError, UnknownTable, CopyFailed, ChecksFailed, DuplicateKeys,
    TooMuchRewritten, ConnectionFailed, Conflict, Cancelled, ObjectStoreError or LoadError; then the table is as it was.
    """
    if common.get("on_repeat") == "replay" and mode == "append" and window is None:
        raise LoadError(
            "An appended delivery cannot be replayed: its rows would be there twice.",
            next_step='Say mode="replace" or window=, upsert it, or leave out on_repeat="replay".',
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
        latest_by=_names(latest_by),
        newer_by=_names(newer_by),
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
        latest_by=_names(latest_by),
        missing=missing,
    )


def preview(kind: Literal["load", "upsert", "history"], table: Any, source: Any, **options: Any) -> Preview:
    """What `load`, `upsert` or `history` would do with these arguments: the delivery held against the table, and the
    statements in their order. Nothing is sent, locked or changed. Raises what the run itself would raise so far."""
    common = cast(Common, {name: options.pop(name) for name in list(options) if name in Common.__annotations__})
    for name in ("latest_by", "newer_by"):
        if name in options:
            options[name] = _names(options[name])
    design = _design(table)
    session = _open(kind, design, source, common)
    session.dry = True
    with closing(session):
        prepared = _PREPARE[kind](session, source, design, common, **options)
    staged = cast(Staged, session.staged)
    return Preview(kind, design.qualified_name, prepared.source, staged, prepared.plan.steps())


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

    Fails when objects of those names exist, unless `replace` is set: then all under the prefix is deleted first.
    `rows_read` of the report is what was written, `files` where to.
    """
    query, design = query_of(query_or_table)
    name = design.qualified_name if design else ""
    session = open_session("unload", name, to_uri, engine, settings, actor, progress, guards=guards)
    with attempt(session):
        statement = UnloadStatement(
            query=query, uri=to_uri, iam_role=session.settings.iam_role, format=format, replace=replace, gzip=gzip
        )
        role_clause(session.settings.iam_role)

        def work(connection: sa.Connection) -> LoadReport:
            with session.phase("unload"):
                execute(connection, statement.sql())
            with session.phase("prove"):
                written = read_manifest(session.store, statement.manifest)
                rows = number(connection, "SELECT pg_last_unload_count()") if written.rows is None else written.rows
            return session.report(files=written.files, rows_read=rows, bytes=written.bytes)

        return finish(session, transact(session, work))


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
            raise explain(error, connection, _design(LoadAudit)) from error


# How each is prepared: the plan, and the work inside the transaction


@dataclass(frozen=True)
class _Prepared:
    source: Source
    plan: LoadPlan | UpsertPlan | HistoryPlan
    work: Work


def _run(kind: Literal["load", "upsert", "history"], table: Any, source: Any, common: Common, **own: Any) -> LoadReport:
    design = _design(table)
    session = _open(kind, design, source, common)
    with attempt(session):
        prepared = _PREPARE[kind](session, source, design, common, **own)
        return finish(session, transact(session, prepared.work))


def _prepare_load(
    session: Session,
    source: Any,
    design: TableDesign,
    common: Common,
    *,
    mode: Mode = "append",
    window: Window | None = None,
    prove_keys: bool = True,
) -> _Prepared:
    musts = tuple(common.get("musts", ()))
    if window is not None:
        window.condition(design)
    described, fitting = _describe(session, source, design, common)
    plan = plan_load(
        design,
        _stage(session, described, design, fitting, (), common),
        iam_role=session.settings.iam_role,
        mode=mode,
        window=window,
        # Rows that are to be checked wait in a stage, where they are alone.
        through_stage=bool(musts),
        most_rejected=common.get("quarantine", 0),
    )

    def work(connection: sa.Connection) -> LoadReport:
        delivery = _delivery(session, connection, design, described, common)
        return apply.load(delivery, plan, prove_keys=prove_keys, window=window)

    return _Prepared(described, plan, work)


def _prepare_upsert(
    session: Session,
    source: Any,
    design: TableDesign,
    common: Common,
    *,
    keys: Sequence[str] | None = None,
    latest_by: tuple[str, ...] = (),
    newer_by: tuple[str, ...] = (),
    only_changed: bool = False,
    delete_when: str = "",
    method: Method | None = None,
) -> _Prepared:
    incoming = marked_design(design, (), delete_when)
    described, fitting = _describe(session, source, incoming, common)
    matched_by = key_columns(design, fitting, keys)
    # Before anything is sent; the plan asks the same once more.
    for named, option in ((latest_by, "latest_by"), (newer_by, "newer_by")):
        delivered(design, fitting, named, option)
    marked_design(design, fitting, delete_when)
    plan = plan_upsert(
        design,
        _stage(session, described, incoming, fitting, matched_by, common),
        iam_role=session.settings.iam_role,
        keys=matched_by,
        latest_by=latest_by,
        newer_by=newer_by,
        only_changed=only_changed,
        delete_when=delete_when,
        method=method,
        most_rejected=common.get("quarantine", 0),
    )

    def work(connection: sa.Connection) -> LoadReport:
        return apply.upsert(_delivery(session, connection, incoming, described, common), plan)

    return _Prepared(described, plan, work)


def _prepare_history(
    session: Session,
    source: Any,
    design: TableDesign,
    common: Common,
    *,
    keys: Sequence[str] | None = None,
    as_of: datetime | str | None = None,
    versions: Versions = Versions(),  # noqa: B008 - frozen
    latest_by: tuple[str, ...] = (),
    missing: Missing = "keep",
) -> _Prepared:
    moment = datetime.now(UTC).replace(tzinfo=None) if as_of is None else as_of
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    incoming = delivered_design(design, versions, moment)
    matched_by = tuple(keys or (name for name in design.primary_key if name not in versions.names))
    described, fitting = _describe(session, source, incoming, common)
    if isinstance(moment, str):
        delivered(design, fitting, (moment,), "as_of")
    plan = plan_history(
        design,
        _stage(session, described, incoming, fitting, matched_by, common),
        iam_role=session.settings.iam_role,
        keys=matched_by,
        versions=versions,
        as_of=moment,
        latest_by=latest_by,
        missing=missing,
        most_rejected=common.get("quarantine", 0),
    )

    def work(connection: sa.Connection) -> LoadReport:
        return apply.history(_delivery(session, connection, incoming, described, common), plan)

    return _Prepared(described, plan, work)


_PREPARE: dict[str, Callable[..., _Prepared]] = {
    "load": _prepare_load,
    "upsert": _prepare_upsert,
    "history": _prepare_history,
}


# What the three share


def _open(kind: Any, design: TableDesign, source: Any, common: Common) -> Session:
    if common.get("quarantine", 0) < 0:
        raise LoadError("quarantine is negative.", next_step="Say how many rows may be set aside, 0 for none.")
    session = open_session(
        kind,
        design.qualified_name,
        source,
        common.get("engine"),
        common.get("settings"),
        common.get("actor", ""),
        common.get("progress"),
        common.get("load_key", ""),
        common.get("on_repeat", "skip"),
        common.get("retry"),
        common.get("guards"),
    )
    session.design = design
    return session


def _describe(session: Session, source: Any, design: TableDesign, common: Common) -> tuple[Source, tuple[str, ...]]:
    role_clause(session.settings.iam_role)
    options = common.get("options") or CopyOptions()
    return describe_and_fit(session, source, design, options, common.get("columns"), common.get("rename"))


def _stage(
    session: Session,
    source: Source,
    design: TableDesign,
    columns: tuple[str, ...],
    keys: Sequence[str],
    common: Common,
) -> Staged:
    options = common.get("options") or CopyOptions()
    return stage_source(session, source, design, columns, options, keys=keys, compress=common.get("compress"))


def _delivery(
    session: Session, connection: sa.Connection, design: TableDesign, source: Source, common: Common
) -> apply.Delivery:
    musts, quarantine = tuple(common.get("musts", ())), common.get("quarantine", 0)
    return apply.Delivery(session, connection, design, musts, quarantine, source.files)


def _design(table: Any) -> TableDesign:
    found = getattr(table, "__table__", table)
    if not isinstance(found, sa.Table):
        raise LoadError(f"{table!r} is no table.", next_step="Give a model class or a sqlalchemy.Table.")
    return TableDesign.from_table(found)


def _names(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
