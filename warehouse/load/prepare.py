"""What a load, an upsert and a history do before their transaction, and what they then do inside it.

Each is described, held against its table and staged here, and becomes a plan and the work that runs it: `run` executes
it, or shows it as a preview.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypedDict, cast

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.db.catalog import read_catalog
from warehouse.errors import LoadError
from warehouse.load import apply
from warehouse.load.append import LoadPlan, Mode, Window, plan_load
from warehouse.load.attempts import Retry
from warehouse.load.audit import OnRepeat
from warehouse.load.copy import CopyOptions, role_clause
from warehouse.load.guards import Guards
from warehouse.load.history import HistoryPlan, Missing, Versions, delivered_design, plan_history
from warehouse.load.keys import delivered, key_columns, without_key
from warehouse.load.musts import Must
from warehouse.load.quarantine import Quarantine
from warehouse.load.report import LoadReport, Progress
from warehouse.load.session import (
    P,
    Session,
    Trial,
    Work,
    describe_and_fit,
    open_session,
    stage_source,
)
from warehouse.load.shape import as_delivered, plan_shape
from warehouse.load.source import Source
from warehouse.load.stage import Staged
from warehouse.load.steps import Step
from warehouse.load.swap import SwapPlan, plan_swap, swappable
from warehouse.load.upsert import Method, UpsertPlan, marked_design, plan_upsert
from warehouse.schema import TableDesign
from warehouse.settings import Settings

# COPY fails at the row after those that it may pass over, and MAXERROR ends at 100,000.
MOST_SET_ASIDE = 99_999


class Common(TypedDict, total=False):
    """What load, upsert and history all take.

    engine, settings  where to; default: those of the environment
    options           how text is read
    columns           the table's columns in the order of the source's fields; default: its header, or all but IDENTITY
    rename            field of the source -> column of the table
    defaults          column -> value for the columns that the source has no field for
    casts             column -> SQL expression over the delivered fields, which are text where they have one:
                      {"price": "CAST(REPLACE(price, ',', '') AS DECIMAL(8, 2))"}. The caller's own SQL, as it is
    musts             conditions that every delivered row has to meet, as Must("price > 0") or as text
    quarantine        how many bad rows are set aside in load_quarantine instead of refusing the delivery
    load_key          the caller's name for the delivery, such as "dag/task/2026-01-31": a key that has succeeded on
                      this table is not loaded again (`outcome` "skipped"), unless on_repeat="replay"
    retry             how often a transaction that met a conflict, or lost its connection, is tried
    guards            limits on statements and on how much of the table may be rewritten
    upkeep            run what the report would advise: VACUUM, ANALYZE
    actor             who runs it, for the log; default: the user of this process
    progress          hears how far the run is
    compress          gzip staged text; default: yes, except to an S3 endpoint near by
    """

    engine: sa.Engine | None
    settings: Settings | None
    options: CopyOptions | None
    columns: Sequence[str] | None
    rename: Mapping[str, str] | None
    defaults: Mapping[str, Any] | None
    casts: Mapping[str, str] | None
    musts: Sequence[Must | str]
    quarantine: int
    load_key: str
    on_repeat: OnRepeat
    retry: Retry | None
    guards: Guards | None
    upkeep: bool
    actor: str
    progress: Progress | None
    compress: bool | None


@dataclass(frozen=True)
class Prepared:
    source: Source
    plan: LoadPlan | SwapPlan | UpsertPlan | HistoryPlan
    work: Work
    # What is asked of the staged rows.
    checks: tuple[Step, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """Every statement in its order, for people."""
        steps = list(self.plan.steps())
        at = max(number for number, step in enumerate(steps) if step.name in ("create", "fill", "null_examples"))
        return (*steps[: at + 1], *self.checks, *steps[at + 1 :])


def _prepare_load(
    session: Session,
    source: Any,
    design: TableDesign,
    common: Common,
    *,
    mode: Mode = "append",
    window: Window | None = None,
    prove_keys: bool = True,
) -> Prepared:
    if window is not None:
        if not isinstance(window, Window):
            raise LoadError(f"window={window!r} is no Window.", next_step="Say Window(column, start, end).")
        window.condition(design)
    described, fitting = _describe(session, source, design, common)
    # Rows that are to be checked wait in a stage, where they are alone; and a query may read the very rows that go.
    clears = mode == "replace" or window is not None
    through_stage = bool(common.get("musts")) or (bool(described.query) and clears)
    how: dict[str, Any] = {
        "through_stage": through_stage,
        "prove_keys": prove_keys,
        "most_rejected": common.get("quarantine", 0),
    }
    if mode == "swap":
        return _prepare_swap(session, described, fitting, design, common, window, how)
    planned = partial(plan_load, design, iam_role=session.settings.iam_role, mode=mode, window=window, **how)
    trials = [] if window is None else [Trial(window.trial(design), "the window cannot be asked", "window= (--window)")]
    plan = _stage(session, described, design, fitting, (), common, planned, trials)

    def work(connection: sa.Connection) -> LoadReport:
        delivery = _delivery(session, connection, design, described, common)
        return apply.load(delivery, plan, design=design, window=window)

    return Prepared(described, plan, work, _checks(session, plan.stage, design, common))


def _prepare_swap(
    session: Session,
    described: Source,
    fitting: tuple[str, ...],
    design: TableDesign,
    common: Common,
    window: Window | None,
    how: dict[str, Any],
) -> Prepared:
    if window is not None:
        raise LoadError("A window cannot be swapped.", next_step="Leave out mode=, or the window.")
    with session.connection() as connection:
        table = swappable(read_catalog(connection, [design.schema], with_readers=True), design)
    planned = partial(plan_swap, table, design, run_id=session.run.run_id, iam_role=session.settings.iam_role, **how)
    plan = _stage(session, described, design, fitting, (), common, planned)
    session.queues_late = True

    def work(connection: sa.Connection) -> LoadReport:
        delivery = _delivery(session, connection, design, described, common)
        return apply.swap(delivery, plan)

    return Prepared(described, plan, work, _checks(session, plan.filling.stage, design, common))


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
) -> Prepared:
    incoming = marked_design(design, (), delete_when)
    described, fitting = _describe(session, source, incoming, common)
    matched_by = key_columns(design, fitting, keys)
    planned = partial(
        plan_upsert,
        design,
        iam_role=session.settings.iam_role,
        keys=matched_by,
        latest_by=latest_by,
        newer_by=newer_by,
        only_changed=only_changed,
        delete_when=delete_when,
        method=method,
        unknown=session.unknown,
        most_rejected=common.get("quarantine", 0),
    )
    plan = _stage(session, described, incoming, fitting, matched_by, common, planned)

    def work(connection: sa.Connection) -> LoadReport:
        return apply.upsert(_delivery(session, connection, incoming, described, common), plan)

    return Prepared(described, plan, work, _checks(session, plan.stage, incoming, common, plan.keys))


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
) -> Prepared:
    moment = datetime.now(UTC).replace(tzinfo=None) if as_of is None else as_of
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    incoming = delivered_design(design, versions, moment)
    matched_by = tuple(keys or (name for name in design.primary_key if name not in versions.names))
    described, fitting = _describe(session, source, incoming, common)
    if isinstance(moment, str):
        delivered(design, fitting, (moment,), "as_of")
    planned = partial(
        plan_history,
        design,
        iam_role=session.settings.iam_role,
        keys=matched_by,
        versions=versions,
        as_of=moment,
        latest_by=latest_by,
        missing=missing,
        most_rejected=common.get("quarantine", 0),
    )
    plan = _stage(session, described, incoming, fitting, matched_by, common, planned)

    def work(connection: sa.Connection) -> LoadReport:
        return apply.history(_delivery(session, connection, incoming, described, common), plan)

    return Prepared(described, plan, work, _checks(session, plan.staging.stage, incoming, common, plan.keys))


PREPARE: dict[str, Callable[..., Prepared]] = {
    "load": _prepare_load,
    "upsert": _prepare_upsert,
    "history": _prepare_history,
}


# What the three share


def open_run(kind: Any, design: TableDesign, source: Any, common: Common) -> Session:
    if not 0 <= common.get("quarantine", 0) <= MOST_SET_ASIDE:
        raise LoadError(
            f"quarantine={common['quarantine']} is not within 0..{MOST_SET_ASIDE:,}, what COPY can pass over.",
            next_step="Say how many rows may be set aside (--quarantine), 0 for none.",
        )
    options = common.get("options")
    if options is not None and not isinstance(options, CopyOptions):
        raise LoadError(f"options={options!r} are no CopyOptions.", next_step="Say CopyOptions(…).")
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
    session.upkeep = common.get("upkeep", False)
    return session


def _describe(session: Session, source: Any, design: TableDesign, common: Common) -> tuple[Source, tuple[str, ...]]:
    role_clause(session.settings.iam_role)
    options, defaults = common.get("options") or CopyOptions(), common.get("defaults") or {}
    return describe_and_fit(session, source, design, options, common.get("columns"), common.get("rename"), defaults)


def _stage(
    session: Session,
    source: Source,
    design: TableDesign,
    columns: tuple[str, ...],
    keys: Sequence[str],
    common: Common,
    plan: Callable[[Staged], P],
    trials: Sequence[Trial] = (),
) -> P:
    """Stage the delivery once all that can be refused beforehand was tried; the plan of what is done with it."""
    options = common.get("options") or CopyOptions()
    defaults, casts = common.get("defaults") or {}, common.get("casts") or {}
    fields = tuple(name for name in columns if name not in defaults)
    shape = plan_shape(design, fields, defaults, casts)
    trials = list(trials)
    if shape is not None:
        option = "defaults= (--default) or casts= (--cast)"
        trials.append(Trial(shape.trial, "a default or a cast cannot be computed", option))
    for must in _musts(common):
        asked = must.trial(design, shape.columns if shape else fields)
        trials.append(Trial(asked, f"the check {must} cannot be asked of the delivery", "musts= (--must)"))
    # A key that is cast may be anything before it.
    return stage_source(
        session, source, as_delivered(design, casts), fields, options, keys=keys, compress=common.get("compress"),
        shape=shape, trials=trials, plan=plan,
    )  # fmt: skip


def _delivery(
    session: Session, connection: sa.Connection, design: TableDesign, source: Source, common: Common
) -> apply.Delivery:
    return apply.Delivery(session, connection, design, _musts(common), common.get("quarantine", 0), source.files)


def _musts(common: Common) -> tuple[Must, ...]:
    given = common.get("musts") or ()
    each = (given,) if isinstance(given, str | Must) else given
    return tuple(Must(one) if isinstance(one, str) else one for one in each)


def _checks(
    session: Session, stage: str, design: TableDesign, common: Common, keys: Sequence[str] = ()
) -> tuple[Step, ...]:
    """What is asked of the rows in the stage, and how those that fail are set aside."""
    most, columns = common.get("quarantine", 0), cast(Staged, session.staged).columns
    aside = Quarantine(session.run.run_id, session.run.table, most)
    found = []
    for broken, reason, name in (
        *([(without_key(keys), "the row has no key", "")] if keys else []),
        *((must.broken(), f"breaks the check {must}", str(must)) for must in _musts(common)),
    ):
        if name:
            found.append(Step("check", f"SELECT COUNT(*) FROM {sql.name(stage)} WHERE {broken}"))
        if most:
            when = f"1 to {most:,} rows: {reason}"
            found += [
                Step("set_aside", text, when) for text in aside.statements(stage, design, columns, broken, reason)
            ]
    return tuple(found)


def design_of(table: Any) -> TableDesign:
    found = getattr(table, "__table__", table)
    if not isinstance(found, sa.Table):
        raise LoadError(f"{table!r} is no table.", next_step="Give a model class or a sqlalchemy.Table.")
    return TableDesign.from_table(found)


def names(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
