"""Load, upsert, unload: the plans run in one transaction, with counts proved before the commit.

The target is untouched on any failure. What all runs share (the log, staging, cleaning up) is in `session`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.errors import DuplicateKeys, LoadError, NullKeys
from warehouse.load.copy import CopyOptions, CopyStatement, role_clause
from warehouse.load.report import LoadReport, Progress
from warehouse.load.session import (
    Session,
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
from warehouse.load.upsert import EXAMPLES, UpsertPlan, key_columns, plan_upsert
from warehouse.schema import TableDesign
from warehouse.settings import Settings


def load(
    table: Any,
    source: Any,
    *,
    engine: sa.Engine | None = None,
    settings: Settings | None = None,
    options: CopyOptions | None = None,
    columns: Sequence[str] | None = None,
    actor: str = "",
    progress: Progress | None = None,
    prove_keys: bool = True,
    compress: bool | None = None,
) -> LoadReport:
    """Append a source to a table with one COPY.

    table       an ORM class or a sqlalchemy.Table
    source      a path, a glob, an s3:// URI (a prefix ends in / or *), a pandas.DataFrame, a pyarrow.Table or a
                RecordBatchReader
    columns     the table's columns in the order of the source's fields; default: its header, or all but IDENTITY
    prove_keys  prove that the primary key is still unique before the commit, which reads the key columns of the whole
                table; Redshift does not enforce what its planner believes
    compress    gzip staged text; default: yes, except to an S3 endpoint near by

    Raises SourceError, UnknownTable, CopyFailed, DuplicateKeys, ConnectionFailed, ObjectStoreError or LoadError;
    then the table holds nothing of the source.
    """
    design = _design(table)
    session = open_session("load", design.qualified_name, source, engine, settings, actor, progress)
    with attempt(session):
        session.design = design
        role_clause(session.settings.iam_role)
        described, delivered, chosen = describe_and_fit(session, source, options, columns)
        stage_source(session, described, delivered, chosen, keys=(), compress=compress)
        report = transact(session, lambda connection: _load(session, connection, described, prove_keys))
        return finish(session, report)


def upsert(
    table: Any,
    source: Any,
    *,
    keys: Sequence[str] | None = None,
    latest_by: str | Sequence[str] | None = None,
    engine: sa.Engine | None = None,
    settings: Settings | None = None,
    options: CopyOptions | None = None,
    columns: Sequence[str] | None = None,
    actor: str = "",
    progress: Progress | None = None,
    compress: bool | None = None,
) -> LoadReport:
    """Replace the rows of a table that a source delivers anew, and insert those that it has not yet.

    `keys` say which row is which, default: the primary key. Identical repetitions of a row collapse; rows of one key
    that differ are refused, unless `latest_by` names the columns whose greatest value wins. What the delivery leaves
    out (by `columns`, or as IDENTITY) keeps its value in the rows that are there. The rest is as for `load`; raises
    NullKeys and DuplicateKeys as well.
    """
    design = _design(table)
    latest = (latest_by,) if isinstance(latest_by, str) else tuple(latest_by or ())
    session = open_session("upsert", design.qualified_name, source, engine, settings, actor, progress)
    with attempt(session):
        session.design = design
        role_clause(session.settings.iam_role)
        described, delivered, chosen = describe_and_fit(session, source, options, columns)
        matched_by = key_columns(design, delivered, keys)
        if latest:
            key_columns(design, delivered, latest)
        staged = stage_source(session, described, delivered, chosen, keys=matched_by, compress=compress)
        plan = plan_upsert(design, staged, iam_role=session.settings.iam_role, keys=matched_by, latest_by=latest)
        report = transact(session, lambda connection: _upsert(session, connection, described, plan))
        return finish(session, report)


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
) -> LoadReport:
    """Write a table, a select() or the text of a query to S3 under the key prefix `to_uri`, with a manifest.

    Fails when objects of those names exist, unless `replace` is set: then all under the prefix is deleted first.
    `rows_read` of the report is what was written, `files` where to.
    """
    query, design = query_of(query_or_table)
    name = design.qualified_name if design else ""
    session = open_session("unload", name, to_uri, engine, settings, actor, progress)
    with attempt(session):
        session.design = design
        statement = UnloadStatement(
            query=query, uri=to_uri, iam_role=session.settings.iam_role, format=format, replace=replace, gzip=gzip
        )
        role_clause(session.settings.iam_role)
        report = transact(session, lambda connection: _unload(session, connection, statement))
        return finish(session, report)


# The work inside the transaction


def _load(session: Session, connection: sa.Connection, source: Source, prove_keys: bool) -> LoadReport:
    design, staged = cast(TableDesign, session.design), cast(Staged, session.staged)
    rows = f"SELECT COUNT(*) FROM {sql.qualified(design.name, design.schema)}"
    statement = CopyStatement(
        table=design.name,
        schema=design.schema,
        columns=staged.columns,
        uri=staged.manifest,
        iam_role=session.settings.iam_role,
        options=staged.options,
        format=staged.format,
        gzip=staged.gzip,
    )
    before = number(connection, rows)
    with session.phase("copy"):
        execute(connection, statement.sql())
    with session.phase("prove"):
        inserted = number(connection, rows) - before
        rejected = _rejected(staged, inserted)
        _prove(
            f"{design.qualified_name}: the source holds {staged.rows} rows, COPY loaded {inserted}",
            staged.rows is None or inserted + rejected == staged.rows,
        )
        if prove_keys:
            _prove_keys(connection, design)
    return session.report(
        files=source.files, rows_read=inserted + rejected, inserted=inserted, rejected=rejected, bytes=staged.size
    )


def _upsert(session: Session, connection: sa.Connection, source: Source, plan: UpsertPlan) -> LoadReport:
    staged = cast(Staged, session.staged)
    execute(connection, plan.create)
    with session.phase("copy"):
        execute(connection, plan.copy.sql())
    with session.phase("merge"):
        read, keyless = (int(value) for value in execute(connection, plan.count).one())
        rejected = _rejected(staged, read)
        _prove(
            f"{plan.table}: the source holds {staged.rows} rows, COPY read {read}",
            staged.rows is None or read + rejected == staged.rows,
        )
        if keyless:
            raise _null_keys(connection, plan, keyless)
        rows = _collapse(connection, plan, latest=read)
        before = number(connection, plan.target_rows)
        updated = number(connection, plan.matched)
        targeted = number(connection, plan.targeted) if plan.targeted else updated
        changed = execute(connection, plan.change).rowcount if plan.change else updated
        if plan.change_moved and changed < targeted:
            changed += execute(connection, plan.change_moved).rowcount
        if changed != updated:
            raise DuplicateKeys(
                f"{plan.table} already holds several rows for one of the delivered keys ({', '.join(plan.keys)}): "
                f"{updated} delivered rows match {changed} rows.",
                table=plan.table,
                keys=plan.keys,
                count=changed - updated,
                next_step='Nothing was changed. Find them with "warehouse check" and remove all but one.',
            )
        arrived = execute(connection, plan.insert).rowcount
        execute(connection, plan.drop)
    with session.phase("prove"):
        inserted = arrived - updated if plan.method == "replace" else arrived
        after = number(connection, plan.target_rows)
        _prove(f"{plan.table}: {rows} rows to write, {updated} known, {inserted} new", rows == updated + inserted)
        _prove(f"{plan.table}: {before} rows before, {inserted} new, {after} after", after == before + inserted)
    return session.report(
        files=source.files,
        rows_read=read + rejected,
        inserted=inserted,
        updated=updated,
        repeated=read - rows,
        rejected=rejected,
        bytes=staged.size,
    )


def _collapse(connection: sa.Connection, plan: UpsertPlan, *, latest: int) -> int:
    """Leave one row for each key in the stage; how many rows there are then."""
    if not number(connection, plan.repeats):
        return latest
    for statement in plan.collapse:
        execute(connection, statement)
    conflicts = number(connection, plan.conflicts)
    if conflicts:
        examples = [tuple(row) for row in execute(connection, plan.conflict_examples)]
        raise DuplicateKeys(
            f"{plan.table}: {conflicts} keys come with rows that differ, such as {_shown(plan.keys, examples)}.",
            table=plan.table,
            keys=plan.keys,
            count=conflicts,
            examples=[row[:-1] for row in examples],
            next_step="Nothing was changed. Say latest_by= (--latest-by) with the columns that decide which row wins.",
        )
    for statement in plan.take_collapsed:
        execute(connection, statement)
    return number(connection, plan.stage_rows)


def _null_keys(connection: sa.Connection, plan: UpsertPlan, count: int) -> NullKeys:
    examples = [tuple(row) for row in execute(connection, plan.null_examples)]
    return NullKeys(
        f"{plan.table}: {count} delivered rows have no key, such as {_shown(plan.keys, examples)}.",
        table=plan.table,
        keys=plan.keys,
        count=count,
        examples=examples,
        next_step="Nothing was changed. A row without a key is never found again: complete or remove these rows.",
    )


def _prove_keys(connection: sa.Connection, design: TableDesign) -> None:
    keys = design.primary_key
    identity = {column.name for column in design.columns if column.identity and not column.identity_by_default}
    if not keys or identity & set(keys):
        return
    listed = sql.names(keys)
    repeated = f"SELECT {listed}, COUNT(*) AS row_count FROM {sql.qualified(design.name, design.schema)}"
    repeated += f" GROUP BY {listed} HAVING COUNT(*) > 1"
    examples = [tuple(row) for row in execute(connection, f"{repeated} LIMIT {EXAMPLES}")]
    if not examples:
        return
    count = number(connection, f"SELECT COUNT(*) FROM ({repeated}) AS repeated")
    raise DuplicateKeys(
        f"{design.qualified_name} would hold {count} keys more than once, such as {_shown(keys, examples)}.",
        table=design.qualified_name,
        keys=keys,
        count=count,
        examples=[row[:-1] for row in examples],
        next_step="Nothing was loaded. If rows are to replace those that are there, upsert them.",
    )


def _unload(session: Session, connection: sa.Connection, statement: UnloadStatement) -> LoadReport:
    with session.phase("unload"):
        execute(connection, statement.sql())
    with session.phase("prove"):
        written = read_manifest(session.store, statement.manifest)
        rows = number(connection, "SELECT pg_last_unload_count()") if written.rows is None else written.rows
    return session.report(files=written.files, rows_read=rows, bytes=written.bytes)


def _design(table: Any) -> TableDesign:
    found = getattr(table, "__table__", table)
    if not isinstance(found, sa.Table):
        raise LoadError(f"{table!r} is no table.", next_step="Give a model class or a sqlalchemy.Table.")
    return TableDesign.from_table(found)


def _rejected(staged: Staged, loaded: int) -> int:
    """How many rows COPY left out under MAXERROR; known when the source's rows are."""
    return staged.rows - loaded if staged.options.maxerror and staged.rows is not None else 0


def _prove(counts: str, holds: bool) -> None:
    if not holds:
        raise LoadError(
            f"The counts do not add up: {counts}.",
            next_step="Nothing was changed. Another writer may have been at work; run it again.",
        )


def _shown(keys: Sequence[str], examples: Sequence[tuple[Any, ...]]) -> str:
    """Some keys for a message: (carrier='UA', flight=1545); …"""
    rows = (", ".join(f"{key}={_text(value)}" for key, value in zip(keys, row, strict=False)) for row in examples)
    return "; ".join(f"({row})" for row in rows)


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    return repr(value) if isinstance(value, str) else str(value)
