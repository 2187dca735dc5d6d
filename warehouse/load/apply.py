"""Runs the plans of loads, upserts and histories inside their transaction, and proves the counts.

What the plans say is done in their order; a count that does not add up raises, and then everything is rolled back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import sqlalchemy as sa

from warehouse.db import sql, system
from warehouse.errors import ChecksFailed, DuplicateKeys, LoadError, NullKeys, TooMuchRewritten
from warehouse.load.append import LoadPlan, Window
from warehouse.load.fill import Fill, Reshape
from warehouse.load.history import HistoryPlan
from warehouse.load.keys import EXAMPLES, without_key
from warehouse.load.musts import Must
from warehouse.load.quarantine import Quarantine
from warehouse.load.report import LoadReport
from warehouse.load.session import Session, execute, number, queue
from warehouse.load.stage import Staged
from warehouse.load.swap import SwapPlan
from warehouse.load.upsert import ANALYZED_ROWS, UpsertPlan
from warehouse.schema import TableDesign


@dataclass
class Delivery:
    """What a try works on: the staged delivery, the checks of its rows, and the quarantine if there is one."""

    session: Session
    connection: sa.Connection
    # The table as it is delivered: with a marker column, without the columns of a history.
    design: TableDesign
    musts: Sequence[Must] = ()
    quarantine: int = 0
    files: tuple[str, ...] = ()
    aside: Quarantine = field(init=False)

    def __post_init__(self) -> None:
        run = self.session.run
        self.aside = Quarantine(run.run_id, run.table, self.quarantine)

    @property
    def staged(self) -> Staged:
        return cast(Staged, self.session.staged)

    def report(self, **counts: Any) -> LoadReport:
        return self.session.report(files=self.files, rejected=self.aside.count, bytes=self.staged.size, **counts)


def load(delivery: Delivery, plan: LoadPlan, *, design: TableDesign, window: Window | None) -> LoadReport:
    session, connection = delivery.session, delivery.connection
    read = loaded = 0
    if plan.create:
        execute(connection, plan.create)
        with session.phase("copy"):
            read = _fill(delivery, plan.fill, plan.stage)
            _check(delivery, plan.stage)
    before = number(connection, plan.rows)
    deleted = 0
    if plan.clear:
        _guard(session, plan.table, number(connection, plan.cleared), before)
        deleted = execute(connection, plan.clear).rowcount
    with session.phase("copy"):
        if plan.take:
            execute(connection, plan.take)
            loaded = number(connection, plan.rows) - (before - deleted)
            _prove(f"{plan.table}: {read} rows read, {delivery.aside.count} set aside, {loaded} loaded",
                   read == loaded + delivery.aside.count)  # fmt: skip
            execute(connection, plan.drop)
        else:
            read = _fill(delivery, plan.fill, plan.table, already=before - deleted, rows=plan.rows)
            loaded = read - delivery.aside.count
    with session.phase("prove"):
        if plan.inside and (inside := number(connection, plan.inside)) != loaded:
            raise LoadError(
                f"{plan.table}: {loaded - inside} of {loaded} delivered rows lie outside of the window {window}.",
                next_step="Nothing was changed. Say the window that the delivery covers.",
            )
        _prove_keys(connection, design, plan.prove_keys)
    rows = before - deleted + loaded
    return delivery.report(rows_read=read, inserted=loaded, deleted=deleted, table_rows=rows)


def swap(delivery: Delivery, plan: SwapPlan) -> LoadReport:
    session, connection = delivery.session, delivery.connection
    execute(connection, plan.create)
    filled = load(delivery, plan.filling, design=plan.design, window=None)
    queue(session, connection)
    with session.phase("swap"):
        before = number(connection, plan.rows)
        _guard(session, plan.table, before, before)
        for statement in plan.exchange:
            execute(connection, statement)
    return replace(filled, deleted=before)


def upsert(delivery: Delivery, plan: UpsertPlan) -> LoadReport:
    session, connection = delivery.session, delivery.connection
    read, rows = _stage(delivery, plan)
    with session.phase("merge"):
        before = number(connection, plan.target_rows)
        marked = deleted = 0
        unchanged = execute(connection, plan.leave_older).rowcount if plan.leave_older else 0
        if plan.marked and (marked := number(connection, plan.marked)):
            deleted = execute(connection, plan.delete_marked).rowcount
            _refuse_repeated(plan.table, plan.keys, deleted, marked, exact=False)
            execute(connection, plan.forget_marked)
        unchanged += execute(connection, plan.leave_same).rowcount if plan.leave_same else 0
        updated, targeted = (int(count) for count in execute(connection, plan.matched).one())
        _refuse_repeated(plan.table, plan.keys, targeted, updated)
        _guard(session, plan.table, updated + deleted, before)
        arrived = _change(connection, plan, targeted)
        # Rows matched by other columns may bring a primary key that another row has.
        mend = "An upsert by other keys= keeps the primary key unique, too."
        _prove_keys(connection, delivery.design, plan.prove_keys, mend)
        execute(connection, plan.drop)
    with session.phase("prove"):
        after = number(connection, plan.target_rows)
        inserted = {"replace": arrived - updated, "update": arrived, "merge": after - before + deleted}[plan.method]
        _prove(
            f"{plan.table}: {rows} rows to write, {marked} to delete, {unchanged} unchanged, {updated} known, "
            f"{inserted} new",
            rows == marked + unchanged + updated + inserted,
        )
        _prove(
            f"{plan.table}: {before} rows before, {inserted} new, {deleted} deleted, {after} after",
            after == before + inserted - deleted,
        )
    return delivery.report(
        rows_read=read,
        inserted=inserted,
        updated=updated,
        deleted=deleted,
        marked=marked,
        unchanged=unchanged,
        repeated=read - delivery.aside.count - rows,
        table_rows=after,
    )


def history(delivery: Delivery, plan: HistoryPlan) -> LoadReport:
    session, connection = delivery.session, delivery.connection
    read, rows = _stage(delivery, plan.staging)
    with session.phase("merge"):
        before = number(connection, plan.staging.target_rows)
        if twice := number(connection, plan.two_current):
            raise DuplicateKeys(
                f"{plan.table} holds {twice} keys with more than one current version.",
                table=plan.table,
                keys=plan.keys,
                count=twice,
                next_step="Nothing was changed. End all but one of the versions of each key.",
            )
        if plan.missing and (newer := number(connection, plan.missing_newer)):
            raise LoadError(
                f"{plan.table}: the delivery lacks {newer} keys whose current version is not older than it.",
                next_step="Nothing was changed. Deliver in the order of the changes, or say a later as_of= (--as-of).",
            )
        closed = execute(connection, plan.missing).rowcount if plan.missing else 0
        unchanged = execute(connection, plan.unchanged).rowcount
        if old := number(connection, plan.too_old):
            raise LoadError(
                f"{plan.table}: {old} delivered rows are not later than the newest version of their key, or have no "
                "moment.",
                next_step="Nothing was changed. Deliver in the order of the changes, or say a later as_of= (--as-of).",
            )
        updated = number(connection, plan.matched)
        _guard(session, plan.table, updated + closed, before)
        ended = execute(connection, plan.close).rowcount
        _prove(f"{plan.table}: {updated} versions to end, {ended} ended", ended == updated)
        arrived = execute(connection, plan.insert).rowcount
        execute(connection, plan.staging.drop)
    with session.phase("prove"):
        after = number(connection, plan.staging.target_rows)
        _prove(
            f"{plan.table}: {rows} rows to keep, {unchanged} unchanged, {arrived} new versions",
            rows == unchanged + arrived,
        )
        _prove(f"{plan.table}: {before} rows before, {arrived} new, {after} after", after == before + arrived)
    return delivery.report(
        rows_read=read,
        inserted=arrived - updated,
        updated=updated,
        deleted=closed,
        unchanged=unchanged,
        repeated=read - delivery.aside.count - rows,
        table_rows=after,
    )


# Parts


def _stage(delivery: Delivery, plan: UpsertPlan) -> tuple[int, int]:
    """Fill the stage and leave one row for each key: how many rows were read, and how many are left."""
    session, connection = delivery.session, delivery.connection
    execute(connection, plan.create)
    with session.phase("copy"):
        read = _fill(delivery, plan.fill, plan.stage)
    with session.phase("merge"):
        if read >= ANALYZED_ROWS:
            execute(connection, plan.analyze)
        _, keyless = (int(value) for value in execute(connection, plan.count).one())
        if keyless > delivery.aside.room:
            raise _null_keys(connection, plan, keyless)
        if keyless:
            _set_aside(delivery, plan.stage, without_key(plan.keys), "the row has no key", keyless)
        _check(delivery, plan.stage)
        return read, _collapse(connection, plan, read - delivery.aside.count)


def _fill(delivery: Delivery, fill: Fill, table: str, *, already: int = 0, rows: str = "") -> int:
    """Run COPY, set aside what it rejected within the quarantine, and prove the count of rows; how many were read."""
    connection, staged = delivery.connection, delivery.staged
    if isinstance(fill, Reshape):
        return _reshape(delivery, fill)
    execute(connection, fill.sql())
    loaded = number(connection, rows or f"SELECT COUNT(*) FROM {sql.name(table)}") - already
    rejected = 0
    if (delivery.quarantine or staged.options.maxerror) and not staged.query:
        found = _passed_over(delivery)
        if delivery.quarantine:
            delivery.aside.keep(connection, found, staged)
        else:
            # Without a quarantine they are gone; that the caller allowed it by maxerror= does not hide how many.
            delivery.aside.count += len(found)
        rejected = delivery.aside.count
    _prove(
        f"{table}: the source holds {staged.rows} rows, {loaded} were loaded and {rejected} rejected",
        staged.rows is None or loaded + rejected == staged.rows,
    )
    return loaded + rejected


def _passed_over(delivery: Delivery) -> list[system.RejectedRow]:
    """The rows that the last COPY has rejected without failing."""
    session = system.session_id(delivery.connection)
    query = system.last_copy(delivery.connection).query_id
    most = delivery.quarantine + delivery.staged.options.maxerror + 1
    with delivery.session.connection() as reading:
        found = system.load_errors(reading, session=session, after=query - 1, limit=most)
    return [row for row in found if row.query_id == query]


def _reshape(delivery: Delivery, fill: Reshape) -> int:
    """Read the delivery as it is, and take its rows over, cast and completed; how many were read."""
    connection = delivery.connection
    execute(connection, fill.create)
    read = _fill(delivery, fill.read, fill.raw)
    loaded = number(connection, f"SELECT COUNT(*) FROM {sql.name(fill.raw)}")
    taken = execute(connection, fill.take.sql()).rowcount
    _prove(f"{fill.take.table}: {loaded} rows were read, {taken} taken over", taken == loaded)
    execute(connection, fill.drop)
    return read


def _check(delivery: Delivery, stage: str) -> None:
    """Ask the checks of the staged rows."""
    for must in delivery.musts:
        broken = must.broken()
        count = number(delivery.connection, f"SELECT COUNT(*) FROM {sql.name(stage)} WHERE {broken}")
        if count > delivery.aside.room:
            listed = sql.names(delivery.staged.columns)
            shown = f"SELECT {listed} FROM {sql.name(stage)} WHERE {broken} LIMIT {EXAMPLES}"
            examples = [tuple(row) for row in execute(delivery.connection, shown)]
            raise ChecksFailed(
                f"{delivery.session.run.table}: {count} delivered rows break the check {must}, such as "
                f"{_shown(delivery.staged.columns, examples[:1])}.",
                table=delivery.session.run.table,
                check=str(must),
                count=count,
                examples=examples,
                next_step="Nothing was changed. Correct the delivery, or allow a quarantine.",
            )
        if count:
            _set_aside(delivery, stage, broken, f"breaks the check {must}", count)


def _set_aside(delivery: Delivery, stage: str, broken: str, reason: str, count: int) -> None:
    columns = delivery.staged.columns
    kept, gone = (
        execute(delivery.connection, statement).rowcount
        for statement in delivery.aside.statements(stage, delivery.design, columns, broken, reason)
    )
    _prove(f"{stage}: {count} rows to set aside, {kept} kept, {gone} removed", count == kept == gone)
    delivery.aside.count += count


def _change(connection: sa.Connection, plan: UpsertPlan, targeted: int) -> int:
    """Replace or update the rows that are there, and insert the others; how many rows were inserted."""
    within = ""
    if plan.range and targeted:
        least, greatest = execute(connection, plan.range.bounds).one()
        within = f" AND {plan.range.within(least, greatest)}"
    changed = execute(connection, plan.change + within).rowcount if plan.change else targeted
    if plan.change_moved and changed < targeted:
        changed += execute(connection, plan.change_moved).rowcount
    if plan.method == "merge":
        return changed
    _prove(f"{plan.table}: {targeted} rows to change, {changed} changed", changed == targeted)
    return execute(connection, plan.insert).rowcount


def _guard(session: Session, table: str, rows: int, of: int) -> None:
    most = session.guards.most_rewritten
    if most is None or not rows or rows <= most * of:
        return
    raise TooMuchRewritten(
        f"{table}: the run would rewrite {rows:,} of {of:,} rows, more than {most:.0%} of the table.",
        table=table,
        rows=rows,
        of=of,
        next_step="Nothing was changed. If that is meant, say a larger most_rewritten= (--most-rewritten).",
    )


def _refuse_repeated(table: str, keys: Sequence[str], rows: int, delivered: int, *, exact: bool = True) -> None:
    """Refuse a table that holds more rows for the delivered keys than there are keys."""
    if rows == delivered or (rows < delivered and not exact):
        return
    raise DuplicateKeys(
        f"{table} already holds several rows for one of the delivered keys ({', '.join(keys)}): "
        f"{delivered} delivered rows match {rows} rows.",
        table=table,
        keys=keys,
        count=rows - delivered,
        next_step='Nothing was changed. Find them with "warehouse check" and remove all but one.',
    )


def _collapse(connection: sa.Connection, plan: UpsertPlan, rows: int) -> int:
    """Leave one row for each key in the stage; how many rows there are then."""
    if not number(connection, plan.repeats):
        return rows
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
        next_step="Nothing was changed. A row without a key is never found again: complete or remove these rows, or "
        "allow a quarantine.",
    )


def _prove_keys(connection: sa.Connection, design: TableDesign, repeated: str, mend: str = "") -> None:
    keys = design.primary_key
    if not repeated:
        return
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
        next_step=f"Nothing was changed. {mend or 'If rows are to replace those that are there, upsert them.'}",
    )


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
