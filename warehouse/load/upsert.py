"""The statements of an upsert, as a plan that can be read before it runs.

    create a temporary stage, COPY into it          nothing of the target is touched or locked yet
    count rows, rows without a key, repeated keys   refuse what could not be matched, or would be ambiguous
    collapse repeated keys                          only when there are any
    replace:  DELETE … USING stage, INSERT          when the delivery holds every column of the table
    update:   UPDATE … FROM stage, INSERT the rest  when it does not: other columns, and IDENTITY numbers, stay as
    they are drop the stage, count the target

DELETE and INSERT is the talk's way, and the cheap one in a column store, where an UPDATE is both in disguise.
Everything runs in one transaction; `warehouse.load.run` executes it and proves the counts before it commits.

The stage is made from the model's columns, not LIKE the target: LIKE copies NOT NULL, so that an IDENTITY column
that is not delivered would reject every row, and a row without a key could not even be counted.

https://docs.aws.amazon.com/redshift/latest/dg/t_updating-inserting-using-staging-tables-.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from warehouse.db import sql
from warehouse.errors import LoadError
from warehouse.load.copy import CopyStatement
from warehouse.load.stage import Staged
from warehouse.schema import TableDesign

# How many keys an error shows.
EXAMPLES = 5
# Redshift cuts names at 127 bytes; the rest leaves room for our suffixes.
_NAME_BYTES = 110
_PLACE = "warehouse_place"


@dataclass(frozen=True)
class Step:
    """One statement, with one word for what it does and the condition under which it runs ("" is always)."""

    name: str
    sql: str
    when: str = ""


@dataclass(frozen=True)
class UpsertPlan:
    """Every statement of one upsert, by name; `steps()` gives them in order."""

    table: str
    keys: tuple[str, ...]
    method: Literal["replace", "update"]
    copy: CopyStatement
    create: str
    count: str
    null_examples: str
    repeats: str
    collapse: tuple[str, ...]
    conflicts: str
    conflict_examples: str
    take_collapsed: tuple[str, ...]
    stage_rows: str
    target_rows: str
    matched: str
    targeted: str
    change: str
    change_moved: str
    insert: str
    drop: str

    def steps(self) -> tuple[Step, ...]:
        repeated, moved = "a key is repeated", "a row has moved to another DISTKEY value"
        found = [
            Step("create", self.create),
            Step("copy", self.copy.sql()),
            Step("count", self.count),
            Step("null_examples", self.null_examples, "a key is null; then the upsert is refused"),
            Step("repeats", self.repeats),
            *(Step("collapse", text, repeated) for text in self.collapse),
            Step("conflicts", self.conflicts, repeated),
            Step("conflict_examples", self.conflict_examples, "rows of one key differ; then the upsert is refused"),
            *(Step("take_collapsed", text, repeated) for text in self.take_collapsed),
            Step("stage_rows", self.stage_rows, repeated),
            Step("target_rows", self.target_rows),
            Step("matched", self.matched),
            Step("targeted", self.targeted),
            Step("change", self.change),
            Step("change_moved", self.change_moved, moved),
            Step("insert", self.insert),
            Step("drop", self.drop),
            Step("target_rows", self.target_rows),
        ]
        return tuple(step for step in found if step.sql)


def key_columns(design: TableDesign, columns: Sequence[str], keys: Sequence[str] | None) -> tuple[str, ...]:
    """The columns that say which row a delivered row replaces: those given, else the primary key."""
    chosen = tuple(keys) if keys else design.primary_key
    if not chosen:
        raise LoadError(
            f"{design.qualified_name} declares no primary key.", next_step="Declare one, or say keys= (--key)."
        )
    absent = [key for key in chosen if key not in columns]
    if absent:
        raise LoadError(
            f"{design.qualified_name}: the delivery holds no column {', '.join(absent)}, by which rows are matched.",
            next_step="Say keys= (--key) with delivered columns that identify a row.",
        )
    return chosen


def plan_upsert(
    design: TableDesign,
    staged: Staged,
    *,
    iam_role: str,
    keys: Sequence[str] | None = None,
    latest_by: Sequence[str] = (),
) -> UpsertPlan:
    """Plan the upsert of a staged delivery.

    `keys` default to the primary key. `latest_by` names the columns that decide which of several rows of one key
    wins: the greatest, NULL last; without it only identical rows may repeat. Raises LoadError when the keys or
    `latest_by` are not delivered.
    """
    columns = staged.columns
    chosen = key_columns(design, columns, keys)
    unknown = [column for column in latest_by if column not in columns]
    if unknown:
        raise LoadError(
            f"{design.qualified_name}: latest_by names {', '.join(unknown)}, which the delivery does not hold.",
            next_step="Name delivered columns.",
        )
    stem = design.name.encode()[:_NAME_BYTES].decode(errors="ignore")
    stage, again = f"{stem}__stage", f"{stem}__again"
    target, in_stage, in_again = sql.qualified(design.name, design.schema), sql.name(stage), sql.name(again)
    listed, by_key = sql.names(columns), sql.names(chosen)
    delivered_all = {column.name for column in design.columns} == set(columns)
    no_key = " OR ".join(f"{sql.name(key)} IS NULL" for key in chosen)
    repeats = f"SELECT {by_key} FROM {in_stage} GROUP BY {by_key} HAVING COUNT(*) > 1"
    differing = f"SELECT {by_key}, COUNT(*) AS row_count FROM {in_again} GROUP BY {by_key} HAVING COUNT(*) > 1"
    same_row = sql.equal(design.name, stage, chosen)
    dist = design.dist.key if design.dist and design.dist.style == "key" else None
    # Redundant when the key decides the DISTKEY, and then it keeps the join on each slice. A row that moved to another
    # value would survive its own replacement: so `targeted` counts beforehand, and `change_moved` completes.
    near = sql.equal(design.name, stage, [dist]) if dist in columns and dist not in chosen else ""
    change, moved = _change(design, target, stage, columns, chosen, same_row, near, replace=delivered_all)
    targeted = f"SELECT COUNT(*) FROM {target} WHERE EXISTS (SELECT 1 FROM {in_stage} WHERE {same_row})"
    rest = "" if delivered_all else f" WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same_row})"
    return UpsertPlan(
        table=design.qualified_name,
        keys=chosen,
        method="replace" if delivered_all else "update",
        copy=CopyStatement(
            table=stage, columns=columns, uri=staged.manifest, iam_role=iam_role, options=staged.options,
            format=staged.format, gzip=staged.gzip, compupdate=False, statupdate=False,
        ),
        create=_create(design, stage, columns, chosen),
        count=f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN {no_key} THEN 1 ELSE 0 END), 0) FROM {in_stage}",
        null_examples=f"SELECT {by_key} FROM {in_stage} WHERE {no_key} LIMIT {EXAMPLES}",
        repeats=f"SELECT COUNT(*) FROM ({repeats}) AS repeats",
        collapse=(
            _create(design, again, columns, chosen),
            f"INSERT INTO {in_again} ({listed}) {_winners(stage, columns, chosen, latest_by, repeats)}",
        ),
        conflicts=f"SELECT COUNT(*) FROM ({differing}) AS conflicts",
        conflict_examples=f"{differing} ORDER BY {by_key} LIMIT {EXAMPLES}",
        take_collapsed=(
            f"DELETE FROM {in_stage} USING {in_again} WHERE {sql.equal(stage, again, chosen)}",
            f"INSERT INTO {in_stage} ({listed}) SELECT {listed} FROM {in_again}",
            f"DROP TABLE {in_again}",
        ),
        stage_rows=f"SELECT COUNT(*) FROM {in_stage}",
        target_rows=f"SELECT COUNT(*) FROM {target}",
        matched=f"SELECT COUNT(*) FROM {in_stage} WHERE EXISTS (SELECT 1 FROM {target} WHERE {same_row})",
        targeted=targeted if moved else "",
        change=change,
        change_moved=moved,
        insert=f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {in_stage}{rest}",
        drop=f"DROP TABLE {in_stage}",
    )  # fmt: skip


def _create(design: TableDesign, table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    """The temporary table: the delivered columns, spread as the target is, so that the join stays on each slice."""
    lines = []
    for name in columns:
        column = design.column(name)
        assert column is not None
        required = " NOT NULL" if not column.nullable and name not in keys else ""
        lines.append(f"{sql.name(name)} {column.type}{required}")
    spread = "DISTSTYLE EVEN"
    if design.dist and design.dist.key in columns:
        spread = f"DISTSTYLE KEY DISTKEY ({sql.name(str(design.dist.key))})"
    elif design.dist and design.dist.style == "all":
        spread = "DISTSTYLE ALL"
    return f"CREATE TEMP TABLE {sql.name(table)} ({', '.join(lines)}) {spread}"


def _winners(stage: str, columns: Sequence[str], keys: Sequence[str], latest_by: Sequence[str], repeats: str) -> str:
    """One row for each repeated key: the distinct rows, of those the latest. RANK keeps ties, so that a tie between
    rows that differ is found as a conflict and not decided by chance."""
    of_stage = sql.names(columns, of=stage)
    again = f"{sql.name(stage)} JOIN ({repeats}) AS repeats ON {sql.equal('repeats', stage, keys)}"
    if not latest_by:
        return f"SELECT DISTINCT {of_stage} FROM {again}"
    order = ", ".join(f"{sql.name(stage)}.{sql.name(column)} DESC NULLS LAST" for column in latest_by)
    place = f"RANK() OVER (PARTITION BY {sql.names(keys, of=stage)} ORDER BY {order}) AS {_PLACE}"
    placed = f"(SELECT {of_stage}, {place} FROM {again}) AS placed"
    return f"SELECT DISTINCT {sql.names(columns)} FROM {placed} WHERE {_PLACE} = 1"


def _change(
    design: TableDesign,
    target: str,
    stage: str,
    columns: Sequence[str],
    keys: Sequence[str],
    same_row: str,
    near: str,
    *,
    replace: bool,
) -> tuple[str, str]:
    """What is done to the rows that are there already, and to those of them that lie on another slice."""
    if replace:
        delete = f"DELETE FROM {target} USING {sql.name(stage)} WHERE {same_row}"
        return (f"{delete} AND {near}", delete) if near else (delete, "")
    values = [column for column in columns if column not in keys]
    if not values:
        return "", ""
    setting = ", ".join(f"{sql.name(column)} = {sql.name(stage)}.{sql.name(column)}" for column in values)
    return f"UPDATE {target} SET {setting} FROM {sql.name(stage)} WHERE {same_row}", ""
