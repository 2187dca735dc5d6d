"""The statements of an upsert, as a plan that can be read before it runs.

    create a temporary stage, COPY into it          the target is locked, and not touched yet
    analyze the keys of a large delivery            so that the joins hash it, and scan the table once
    count rows, rows without a key, repeated keys   refuse what could not be matched, or would be ambiguous
    collapse repeated keys                          only when there are any
    leave out what is older than the table's        only with newer_by=
    delete what is marked as deleted                only with delete_when=
    leave out what is there already                 only with only_changed=
    replace:  DELETE … USING stage, INSERT          when the delivery holds every column of the table
    update:   UPDATE … FROM stage, INSERT the rest  when it does not: other columns, and IDENTITY numbers, stay
    merge:    MERGE INTO … USING stage              when asked for
    drop the stage, count the target

DELETE and INSERT is the default and the talk's way, the cheap one in a column store, where an UPDATE is both in
disguise; so is MERGE, and it takes no condition that would keep its scan to the delivery's sort-key range. Everything
runs in one transaction; `warehouse.load.apply` executes it and proves the counts before it commits.

https://docs.aws.amazon.com/redshift/latest/dg/t_updating-inserting-using-staging-tables-.html
https://docs.aws.amazon.com/redshift/latest/dg/r_MERGE.html
https://docs.aws.amazon.com/redshift/latest/dg/r_ANALYZE.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from warehouse.db import sql
from warehouse.errors import LoadError
from warehouse.load.fill import Fill, fill
from warehouse.load.keys import (
    EXAMPLES,
    create_stage,
    delivered,
    key_columns,
    repeated_keys,
    same,
    temporary_name,
    without_key,
)
from warehouse.load.stage import Staged
from warehouse.load.steps import Step
from warehouse.schema import ColumnDesign, TableDesign

Method = Literal["replace", "update", "merge"]
_PLACE = "warehouse_place"
# Fewer rows are hashed rightly without statistics too: measured on the embedded server, 200,000 rows into a million
# gain nothing by them, two million into nine half of the DELETE. COPY's own (STATUPDATE) would be of every column,
# where the joins need the keys, and a stage that is filled by INSERT would have none.
ANALYZED_ROWS = 500_000
# Types whose extremes, written as text, are the same values when they are read again.
_RANGED = frozenset(
    {
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "date",
        "timestamp without time zone",
        "character varying",
        "character",
    }
)


@dataclass(frozen=True)
class Range:
    """A sort column by which a scan of the target can be kept to what the delivery spans."""

    column: str
    type: str
    target: str
    # One row: the least and the greatest value of the stage, as text.
    bounds: str

    def within(self, least: str, greatest: str) -> str:
        """The condition on the target for bounds that the query `bounds` has answered."""
        low, high = (f"CAST({sql.literal(one)} AS {self.type})" for one in (least, greatest))
        return f"{self.target} BETWEEN {low} AND {high}"


@dataclass(frozen=True)
class UpsertPlan:
    """Every statement of one upsert, by name; `steps()` gives them in order."""

    table: str
    stage: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    method: Method
    fill: Fill
    create: str
    analyze: str
    count: str
    null_examples: str
    repeats: str
    collapse: tuple[str, ...]
    conflicts: str
    conflict_examples: str
    take_collapsed: tuple[str, ...]
    stage_rows: str
    target_rows: str
    marked: str
    delete_marked: str
    forget_marked: str
    leave_older: str
    leave_same: str
    # One row: the delivered keys that the table holds, and the table's rows of these keys.
    matched: str
    range: Range | None
    change: str
    change_moved: str
    insert: str
    # The primary keys of the delivery that the table then holds more than once; "" where they are what rows match by.
    prove_keys: str
    drop: str

    def steps(self) -> tuple[Step, ...]:
        repeated, moved = "a key is repeated", "a row has moved to another DISTKEY value"
        found = [
            Step("create", self.create),
            Step("fill", self.fill.redacted()),
            Step("analyze", self.analyze, f"{ANALYZED_ROWS:,} rows or more are delivered"),
            Step("count", self.count),
            Step("null_examples", self.null_examples, "a key is null; then the upsert is refused"),
            Step("repeats", self.repeats),
            *(Step("collapse", text, repeated) for text in self.collapse),
            Step("conflicts", self.conflicts, repeated),
            Step("conflict_examples", self.conflict_examples, "rows of one key differ; then the upsert is refused"),
            *(Step("take_collapsed", text, repeated) for text in self.take_collapsed),
            Step("stage_rows", self.stage_rows, repeated),
            Step("target_rows", self.target_rows),
            Step("leave_older", self.leave_older),
            Step("marked", self.marked),
            Step("delete_marked", self.delete_marked),
            Step("forget_marked", self.forget_marked),
            Step("leave_same", self.leave_same),
            Step("matched", self.matched),
            Step("bounds", self.range.bounds if self.range else ""),
            Step("change", self.change + (f" AND {self.range.within('<least>', '<greatest>')}" if self.range else "")),
            Step("change_moved", self.change_moved, moved),
            Step("insert", self.insert),
            Step("prove_keys", self.prove_keys),
            Step("drop", self.drop),
            Step("target_rows", self.target_rows),
        ]
        return tuple(step for step in found if step.sql)


def plan_upsert(
    design: TableDesign,
    staged: Staged,
    *,
    iam_role: str,
    keys: Sequence[str] | None = None,
    latest_by: Sequence[str] = (),
    newer_by: Sequence[str] = (),
    only_changed: bool = False,
    delete_when: str = "",
    method: Method | None = None,
    unknown: Sequence[str] = (),
    most_rejected: int = 0,
) -> UpsertPlan:
    """Plan the upsert of a staged delivery. Raises LoadError when the keys or another named column are not delivered.

    keys           default: the primary key
    latest_by      columns that decide which of several rows of one key wins: the greatest, NULL last; without it only
                   identical rows may repeat
    newer_by       a delivered row replaces one of the table only when it is greater in these columns
    only_changed   a delivered row that equals the table's leaves it alone
    delete_when    a BOOLEAN column of the delivery: where it is true, the row of that key is deleted. The table need
                   not have it
    method         default: replace when the delivery holds every column of the table, else update
    unknown        columns that the table has in the warehouse and not in the model
    """
    if method not in (None, "replace", "update", "merge"):
        raise LoadError(f"method={method!r} is not understood.", next_step='Say "replace", "update" or "merge".')
    columns = staged.columns
    chosen = key_columns(design, columns, keys)
    delivered(design, columns, latest_by, "latest_by")
    delivered(design, columns, newer_by, "newer_by")
    written = tuple(column for column in columns if design.column(column) is not None)
    full = marked_design(design, columns, delete_when)
    stage, again = temporary_name(design, "stage"), temporary_name(design, "again")
    target, in_stage, in_again = sql.qualified(design.name, design.schema), sql.name(stage), sql.name(again)
    listed, by_key = sql.names(columns), sql.names(chosen)
    absent = [name for name in (*(column.name for column in design.columns), *unknown) if name not in written]
    whole = not absent
    if method == "replace" and not whole:
        raise LoadError(
            f"{design.qualified_name}: the delivery does not hold {', '.join(absent)}, so replacing rows would lose "
            "values.",
            next_step='Say method="update" or "merge", or leave it out.',
        )
    chosen_method: Method = method or ("replace" if whole else "update")
    repeats = f"SELECT {by_key} FROM {in_stage} GROUP BY {by_key} HAVING COUNT(*) > 1"
    differing = f"SELECT {by_key}, COUNT(*) AS row_count FROM {in_again} GROUP BY {by_key} HAVING COUNT(*) > 1"
    same_row = sql.equal(design.name, stage, chosen)
    dist = design.dist.key if design.dist and design.dist.style == "key" else None
    # Redundant when the key decides the DISTKEY, and then it keeps the join on each slice. A row that moved to another
    # value would survive its own replacement: so `matched` counts beforehand, and `change_moved` completes.
    near = sql.equal(design.name, stage, [dist]) if dist in written and dist not in chosen else ""
    change, moved = _change(target, design.name, stage, written, chosen, same_row, near, chosen_method)
    # One pass over the table tells both counts, and it is the delivery that is hashed, not the table.
    known = (
        f"SELECT COUNT(*) AS row_count FROM {target} JOIN {in_stage} ON {same_row} "
        f"GROUP BY {sql.names(chosen, of=stage)}"
    )
    taken = f"DELETE FROM {in_stage} USING {target} WHERE {same_row}"
    compared = [column for column in written if column not in chosen]
    rest = "" if chosen_method == "replace" else f" WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same_row})"
    values = sql.names(written)
    marker = sql.name(delete_when) if delete_when else ""
    return UpsertPlan(
        table=design.qualified_name,
        stage=stage,
        keys=chosen,
        columns=written,
        method=chosen_method,
        fill=fill(staged, stage, iam_role=iam_role, most_rejected=most_rejected, temporary=True),
        create=create_stage(full, stage, columns, chosen),
        analyze=f"ANALYZE {in_stage} ({by_key})",
        count=f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN {without_key(chosen)} THEN 1 ELSE 0 END), 0) FROM {in_stage}",
        null_examples=f"SELECT {by_key} FROM {in_stage} WHERE {without_key(chosen)} LIMIT {EXAMPLES}",
        repeats=f"SELECT COUNT(*) FROM ({repeats}) AS repeats",
        collapse=(
            create_stage(full, again, columns, chosen),
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
        marked=f"SELECT COUNT(*) FROM {in_stage} WHERE {marker}" if marker else "",
        delete_marked=(
            f"DELETE FROM {target} USING {in_stage} WHERE {same_row} AND {in_stage}.{marker}" if marker else ""
        ),
        forget_marked=f"DELETE FROM {in_stage} WHERE {marker}" if marker else "",
        leave_older=f"{taken} AND {_older(stage, design.name, newer_by, delete_when)}" if newer_by else "",
        leave_same=f"{taken} AND {same(stage, design.name, design, compared)}" if only_changed else "",
        matched=f"SELECT COUNT(*), COALESCE(SUM(row_count), 0) FROM ({known}) AS known",
        range=_range(design, stage, chosen) if chosen_method != "merge" and change else None,
        change=change,
        change_moved=moved,
        insert=(
            "" if chosen_method == "merge" else f"INSERT INTO {target} ({values}) SELECT {values} FROM {in_stage}{rest}"
        ),
        prove_keys=(repeated_keys(design, stage) if set(chosen) != set(design.primary_key) <= set(written) else ""),
        drop=f"DROP TABLE {in_stage}",
    )


def marked_design(design: TableDesign, columns: Sequence[str], delete_when: str) -> TableDesign:
    """The table as it is delivered: with the marker that says which rows are deleted, where it is none of the table's
    own columns. Raises LoadError when the marker cannot be one."""
    if not delete_when:
        return design
    own = design.column(delete_when)
    if own is not None and own.redshift_type.name != "boolean":
        raise LoadError(
            f"{design.qualified_name}.{delete_when} is {own.type}, so it cannot say whether a row is deleted.",
            next_step="Name a BOOLEAN column as delete_when= (--delete-when).",
        )
    if columns and delete_when not in columns:
        raise LoadError(
            f"{design.qualified_name}: the delivery holds no column {delete_when}, which delete_when= names.",
            next_step="Name a delivered column.",
        )
    if own is not None:
        return design
    return replace(design, columns=(*design.columns, ColumnDesign(delete_when, "boolean")))


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


def _older(stage: str, target: str, columns: Sequence[str], marker: str) -> str:
    """The condition under which a delivered row is not newer than the table's.

    A row that is marked as deleted is often the last one as it was, or has nothing but its key: it deletes unless it is
    older for certain.
    """
    older = f"NOT ({_newer(stage, target, columns)})"
    if not marker:
        return older
    unsaid = " OR ".join(f"{sql.name(stage)}.{sql.name(column)} IS NULL" for column in columns)
    marked = f"COALESCE({sql.name(stage)}.{sql.name(marker)}, FALSE)"
    return f"{older} AND NOT ({marked} AND ({unsaid} OR NOT ({_newer(target, stage, columns)})))"


def _newer(stage: str, target: str, columns: Sequence[str]) -> str:
    """Whether a row of the stage is greater than the target's, column by column; NULL is the least."""
    first, rest = columns[0], columns[1:]
    mine, yours = f"{sql.name(stage)}.{sql.name(first)}", f"{sql.name(target)}.{sql.name(first)}"
    # COALESCE: a comparison with NULL must be an answer, since it is negated.
    greater = f"COALESCE({mine} > {yours}, {mine} IS NOT NULL AND {yours} IS NULL)"
    if not rest:
        return greater
    equal = f"COALESCE({mine} = {yours}, {mine} IS NULL AND {yours} IS NULL)"
    return f"{greater} OR ({equal} AND ({_newer(stage, target, rest)}))"


def _range(design: TableDesign, stage: str, keys: Sequence[str]) -> Range | None:
    """The leading sort column, when it is part of the key: a row that is replaced lies where its replacement does."""
    column = design.column(design.sort.columns[0]) if design.sort and design.sort.columns else None
    if column is None or column.name not in keys or column.redshift_type.name not in _RANGED:
        return None
    name = sql.name(column.name)
    least, greatest = (f"CAST({word}({name}) AS VARCHAR(65535))" for word in ("MIN", "MAX"))
    return Range(
        column.name,
        column.type,
        f"{sql.name(design.name)}.{name}",
        f"SELECT {least}, {greatest} FROM {sql.name(stage)}",
    )


def _change(
    target: str,
    table: str,
    stage: str,
    columns: Sequence[str],
    keys: Sequence[str],
    same_row: str,
    near: str,
    method: Method,
) -> tuple[str, str]:
    """What is done to the rows that are there already, and to those of them that lie on another slice."""
    in_stage = sql.name(stage)
    if method == "replace":
        delete = f"DELETE FROM {target} USING {in_stage} WHERE {same_row}"
        return (f"{delete} AND {near}", delete) if near else (delete, "")
    values = [column for column in columns if column not in keys]
    setting = ", ".join(f"{sql.name(column)} = {in_stage}.{sql.name(column)}" for column in values)
    if method == "merge":
        if not values:
            raise LoadError(
                f"{table}: the delivery holds keys only, and MERGE has nothing to update.",
                next_step='Leave method="merge" out.',
            )
        inserted = f"INSERT ({sql.names(columns)}) VALUES ({sql.names(columns, of=stage)})"
        matched = f"WHEN MATCHED THEN UPDATE SET {setting} WHEN NOT MATCHED THEN {inserted}"
        return f"MERGE INTO {target} USING {in_stage} ON {same_row} {matched}", ""
    if not values:
        return "", ""
    return f"UPDATE {target} SET {setting} FROM {in_stage} WHERE {same_row}", ""
