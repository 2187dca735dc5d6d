"""The statements that keep a table's history: a slowly changing dimension of type 2.

Each change of a row becomes a new version of it; the former version stays, with the moment at which it ended.

    create a stage, COPY into it, collapse repeated keys      as an upsert does
    leave out what equals the current version
    close the current versions of what changed                UPDATE … SET valid_to, is_current
    insert the new versions, valid from then on
    close what a full delivery no longer holds                only with missing="close"

The moment is one for the whole delivery (`as_of`), or a column of it. A version begins where the one before it ends, so
that at each moment there is exactly one: a delivery that is older than the newest version of a key, current or ended,
is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from warehouse.db import sql
from warehouse.errors import LoadError
from warehouse.load.keys import same
from warehouse.load.stage import Staged
from warehouse.load.steps import Step
from warehouse.load.upsert import UpsertPlan, plan_upsert
from warehouse.schema import ColumnDesign, TableDesign

Missing = Literal["keep", "close"]
# The steps of an upsert that a history takes too.
_SHARED = frozenset(
    {"create", "fill", "analyze", "count", "null_examples", "repeats", "collapse", "conflicts", "conflict_examples"}
    | {"take_collapsed", "stage_rows", "target_rows"}
)


@dataclass(frozen=True)
class Versions:
    """The columns of a table that say when a version holds: [valid_from, valid_to), and whether it is the current one.

    `is_current` may be "" where the table has no such column: the current version is the one without an end.
    """

    valid_from: str = "valid_from"
    valid_to: str = "valid_to"
    is_current: str = "is_current"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.valid_from, self.valid_to, self.is_current) if name)


@dataclass(frozen=True)
class HistoryPlan:
    """Every statement of one delivery into a history; `staging` holds those that an upsert has too."""

    table: str
    keys: tuple[str, ...]
    staging: UpsertPlan
    two_current: str
    unchanged: str
    too_old: str
    matched: str
    close: str
    missing: str
    missing_newer: str
    insert: str

    def steps(self) -> tuple[Step, ...]:
        found = [step for step in self.staging.steps() if step.name in _SHARED]
        last = found.pop()
        names = ("two_current", "missing_newer", "missing", "unchanged", "too_old", "matched", "close", "insert")
        found += [Step(name, text) for name in names if (text := str(getattr(self, name)))]
        return (*found, Step("drop", self.staging.drop), last)


def plan_history(
    design: TableDesign,
    staged: Staged,
    *,
    iam_role: str,
    keys: Sequence[str],
    versions: Versions,
    as_of: datetime | str,
    latest_by: Sequence[str] = (),
    missing: Missing = "keep",
    most_rejected: int = 0,
) -> HistoryPlan:
    """Plan the delivery. `as_of` is a moment, or the name of a delivered column that holds it for each row."""
    if not keys:
        raise LoadError(
            f"{design.qualified_name}: a history is kept by the keys that the source knows.",
            next_step="Say keys= (--key) with the columns that identify a row at its source.",
        )
    if missing not in ("keep", "close"):
        raise LoadError(f"missing={missing!r} is not understood.", next_step='Say "keep" or "close".')
    by_column = isinstance(as_of, str)
    if by_column and missing == "close":
        raise LoadError(
            f"{design.qualified_name}: what a delivery no longer holds has no moment of its own.",
            next_step="Say as_of= as one moment for the whole delivery.",
        )
    columns = staged.columns
    known = delivered_design(design, versions, as_of)
    staging = plan_upsert(
        known, staged, iam_role=iam_role, keys=keys, latest_by=latest_by, method="update",
        most_rejected=most_rejected,
    )  # fmt: skip
    stage, target = sql.name(staging.stage), sql.qualified(design.name, design.schema)
    moment = f"{stage}.{sql.name(str(as_of))}" if by_column else _moment(as_of)  # type: ignore[arg-type]
    began, ended = (sql.name(name) for name in (versions.valid_from, versions.valid_to))
    values = [column for column in columns if column not in versions.names and design.column(column) is not None]
    compared = [column for column in values if column not in keys and column != as_of]
    same_row = sql.equal(design.name, staging.stage, keys)
    own = sql.name(design.name)
    current = f"{same_row} AND {own}.{ended} IS NULL"
    closing = ", ".join(
        [f"{ended} = {moment}", *([f"{sql.name(versions.is_current)} = FALSE"] if versions.is_current else [])]
    )
    gone = f"{ended} IS NULL AND NOT EXISTS (SELECT 1 FROM {stage} WHERE {same_row})"
    of_key = sql.names(keys)
    written = [*values, *versions.names]
    new = [sql.names(values, of=staging.stage), moment, "NULL", *(["TRUE"] if versions.is_current else [])]
    return HistoryPlan(
        table=design.qualified_name,
        keys=tuple(keys),
        staging=staging,
        two_current=(
            f"SELECT COUNT(*) FROM (SELECT {of_key} FROM {target} WHERE {ended} IS NULL "
            f"GROUP BY {of_key} HAVING COUNT(*) > 1) AS twice"
        ),
        unchanged=(
            f"DELETE FROM {stage} USING {target} WHERE {current} AND "
            f"{same(staging.stage, design.name, design, compared)}"
        ),
        too_old=(
            f"SELECT COUNT(*) FROM (SELECT {sql.names(keys, of=staging.stage)} FROM {stage} "
            f"LEFT JOIN {target} ON {same_row} WHERE {moment} IS NULL OR {own}.{ended} > {moment} "
            f"OR ({own}.{ended} IS NULL AND {own}.{began} >= {moment}) "
            f"GROUP BY {sql.names(keys, of=staging.stage)}) AS too_old"
        ),
        matched=f"SELECT COUNT(*) FROM {stage} WHERE EXISTS (SELECT 1 FROM {target} WHERE {current})",
        close=f"UPDATE {target} SET {closing} FROM {stage} WHERE {current}",
        missing=f"UPDATE {target} SET {closing} WHERE {gone}" if missing == "close" else "",
        missing_newer=(
            f"SELECT COUNT(*) FROM {target} WHERE {gone} AND {began} >= {moment}" if missing == "close" else ""
        ),
        insert=f"INSERT INTO {target} ({sql.names(written)}) SELECT {', '.join(new)} FROM {stage}",
    )


def delivered_design(design: TableDesign, versions: Versions, as_of: datetime | str) -> TableDesign:
    """The table as a source knows it: without the columns that say when a version holds, which are filled here, and
    with the column that holds the moment of a change.

    Raises LoadError when the table has not got the former.
    """
    absent = [name for name in versions.names if design.column(name) is None]
    if absent:
        raise LoadError(
            f"{design.qualified_name} has no column {', '.join(absent)}, so it keeps no history.",
            next_step="Derive the model from the base for slowly changing dimensions, or say versions=Versions(…).",
        )
    columns = [column for column in design.columns if column.name not in versions.names]
    if isinstance(as_of, str) and as_of not in [column.name for column in columns]:
        columns.append(ColumnDesign(as_of, "timestamp without time zone"))
    sort = None if design.sort and set(design.sort.columns) & set(versions.names) else design.sort
    return replace(design, columns=tuple(columns), sort=sort)


def _moment(as_of: datetime) -> str:
    return f"CAST({sql.literal(as_of.isoformat(' '))} AS TIMESTAMP)"
