"""Is this design possible in Redshift at all? Asked when a class is defined, and again by the linter and the
migrations.

Impossible is an error here; possible but unwise is a matter for `warehouse.discipline`. The dialect compiles most of
these without a word, and some it drops in silence (`sa.Identity`, `sa.Computed`), so that the mistake would surface
on the cluster, or never.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.errors import DesignError
from warehouse.redshift.encodings import ENCODINGS, allowed_encodings, verdict
from warehouse.redshift.keys import IDENTITY_TYPES, MOST_COLUMNS, MOST_NAME_BYTES, MOST_SORT_COLUMNS, NOT_KEYS
from warehouse.redshift.refusals import FOREIGN_KEY_EXTRAS, REFUSALS
from warehouse.redshift.words import SYSTEM_COLUMNS
from warehouse.schema.design import ColumnDesign, TableDesign, ViewDesign

COLLATED = frozenset({"character", "character varying"})
_QUERY = re.compile(r"\s*\(*\s*(SELECT|WITH)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """What is impossible, and how to mend it. `column` is empty when the whole table is meant."""

    column: str
    fault: str
    mend: str

    def __str__(self) -> str:
        return f"column {self.column}: {self.fault}." if self.column else f"{self.fault}."


def check_table(table: sa.Table, *, owner: str = "") -> TableDesign:
    """The table's design, when Redshift can have it.

    Raises DesignError naming the class (`owner`), the columns and the mend. Several faults are told at once.
    """
    where = f"{owner} (table {table.fullname})" if owner else f"table {table.fullname}"
    try:
        design = TableDesign.from_table(table)
    except DesignError as error:
        raise DesignError(
            f"{where}: {error.message.removeprefix(f'{table.fullname}: ')}", next_step=error.next_step
        ) from error
    refuse_problems([*table_problems(table), *design_problems(design)], where=where)
    return design


def refuse_problems(problems: Sequence[Problem], *, where: str) -> None:
    """Raise DesignError naming `where`, every problem and its mend; nothing when there is none."""
    if len(problems) == 1:
        raise DesignError(f"{where}: {problems[0]}", next_step=problems[0].mend)
    if problems:
        told = " ".join(f"({number}) {problem} {problem.mend}" for number, problem in enumerate(problems, 1))
        raise DesignError(f"{where}: {len(problems)} faults. {told}")


def check_column(column: sa.Column[Any], *, where: str = "") -> ColumnDesign:
    """The column's design, when Redshift can have it: the same question for a column that is added to a table.

    Raises DesignError naming `where` (a table, say), the column and the mend.
    """
    design = ColumnDesign.from_column(column)
    problems = [*_column_only_problems(column), *_name_problem(design.name, design.name), *column_problems(design)]
    if problems:
        told = " ".join(f"{problem} {problem.mend}" for problem in problems)
        raise DesignError(f"{where}: {told}" if where else told)
    return design


def table_problems(table: sa.Table) -> Iterator[Problem]:
    """Faults that only SQLAlchemy's objects show: things Redshift has not and a TableDesign therefore cannot hold."""
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield _refused("index", detail=f" (index on {', '.join(column.name for column in index.columns)})")
    for constraint in table.constraints:
        if isinstance(constraint, sa.CheckConstraint):
            yield _refused("check")
        elif constraint.__visit_name__ == "exclude_constraint":
            yield _refused("exclude")
    for foreign_key in table.foreign_key_constraints:
        if said := [name for name in FOREIGN_KEY_EXTRAS if getattr(foreign_key, name) is not None]:
            columns = ", ".join(element.parent.name for element in foreign_key.elements)
            fault = f"a foreign key of Redshift takes no {', '.join(said)}"
            yield Problem(columns, fault, "Drop it; nothing enforces the key.")
    for column in table.columns:
        yield from _column_only_problems(column)


def _column_only_problems(column: sa.Column[Any]) -> Iterator[Problem]:
    # A CHECK written inside a column is kept there, and the dialect drops it in silence.
    if any(isinstance(constraint, sa.CheckConstraint) for constraint in column.constraints):
        yield _refused("check", column.name)
    if column.identity is not None:
        yield Problem(column.name, "the dialect drops sa.Identity in silence", "Say identity=(seed, step).")
    if column.computed is not None:
        yield _refused("computed", column.name)
    if isinstance(column.default, sa.Sequence):
        yield _refused("sequence", column.name)


def _refused(word: str, column: str = "", *, detail: str = "") -> Problem:
    refusal = REFUSALS[word]
    return Problem(column, f"Redshift has no {refusal.feature}{detail}", refusal.instead)


def design_problems(design: TableDesign) -> Iterator[Problem]:
    """Faults of the design itself."""
    yield from _name_problem("", design.name)
    for column in design.columns:
        yield from _name_problem(column.name, column.name)
    if len(design.columns) > MOST_COLUMNS:
        yield Problem("", f"{len(design.columns)} columns; a table has at most {MOST_COLUMNS}", "Split the table.")
    yield from _key_problems(design)
    numbered = [column.name for column in design.columns if column.identity]
    if len(numbered) > 1:
        yield Problem("", f"two identity columns ({', '.join(numbered)})", "Keep one.")
    for column in design.columns:
        yield from column_problems(column)


# Words of a class line that a view's own kind has not.
_STORED = ("dist", "sort", "backup", "auto_refresh")


def view_problems(view: ViewDesign, words: Mapping[str, Any]) -> Iterator[Problem]:
    """Faults of a view. `words` are those of its class line."""
    yield from _name_problem("", view.name)
    if not _QUERY.match(view.query):
        yield Problem("", "the query is no SELECT", 'Say query="SELECT …" (or WITH …), or hand over a select().')
    if "encode" in words:
        yield Problem("", "a view takes no encode=", "Drop it; a materialized view is encoded by Redshift.")
    if view.kind != "materialized":
        for word in _STORED:
            if word in words:
                yield Problem("", f"a view stores nothing, so {word}= says nothing", "Drop it, or materialize it.")
        return
    if view.dist is not None and view.dist.style == "auto":
        yield Problem("", "a materialized view takes no DISTSTYLE AUTO", 'Say even(), all_() or key("…").')
    if view.sort is not None and view.sort.style != "compound":
        yield Problem("", f"a materialized view takes no sort key of style {view.sort.style}", 'Say compound("…").')
    if view.columns:
        yield from _key_problems(view)


def columns_problem(declared: Sequence[str], selected: Sequence[str]) -> Iterator[Problem]:
    """Do a view's declared columns meet those of its query? Nothing when one of the two is not known."""
    if not declared or not selected or list(declared) == list(selected):
        return
    missing, more = sorted(set(selected) - set(declared)), sorted(set(declared) - set(selected))
    if more:
        yield Problem(more[0], "the query does not select it", f"It selects: {', '.join(selected)}.")
    elif missing:
        yield Problem(missing[0], "the query selects it, the class does not declare it", "Declare it.")
    else:
        yield Problem(declared[0], "the columns stand in another order than the query's", f"Say {', '.join(selected)}.")


# https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html, DEFAULT: no subquery, no column.
_SELECTS = re.compile(r"[\s(]*select\b", re.IGNORECASE)


def column_problems(column: ColumnDesign) -> Iterator[Problem]:
    """Faults of one column, as ADD COLUMN would also meet them."""
    kind = column.redshift_type
    if column.identity:
        if kind.name not in IDENTITY_TYPES:
            yield Problem(column.name, f"identity on {kind}", "Make it INTEGER or BIGINT.")
        if column.identity[1] == 0:
            yield Problem(column.name, "identity with a step of 0", "Say identity=(seed, step) with another step.")
        if column.default is not None:
            yield Problem(column.name, "identity and a default", "Keep one.")
    if column.default is not None and _SELECTS.match(column.default):
        yield Problem(column.name, "its default is a query", "Say a constant, or a function of no column.")
    if column.collate is not None and kind.name not in COLLATED:
        yield Problem(column.name, f"collate= on {kind}", "Only CHAR and VARCHAR have a collation.")
    if column.encode is None:
        return
    if column.encode not in ENCODINGS:
        told = f"there is no encoding {column.encode!r}"
        yield Problem(column.name, told, f"For {kind.name} say one of: {', '.join(allowed_encodings(kind.name))}.")
    elif verdict(column.encode, kind.name) == "refused":
        told = f"encoding {column.encode} does not take {kind.name}"
        yield Problem(column.name, told, f"Say one of: {', '.join(allowed_encodings(kind.name))}.")


def _name_problem(where: str, name: str) -> Iterator[Problem]:
    if not name:
        yield Problem(where, "an empty name", "Name it.")
    elif len(name.encode()) > MOST_NAME_BYTES:
        fault = f"the name {name} is longer than {MOST_NAME_BYTES} bytes; Redshift would cut it"
        yield Problem(where, fault, "Shorten it.")
    elif name != name.lower():
        yield Problem(where, f"Redshift folds the name {name} to {name.lower()}", "Write it in lower case.")
    elif where in SYSTEM_COLUMNS:
        yield Problem(where, "the name is one of Redshift's system columns", "Rename it.")


def _key_problems(design: TableDesign | ViewDesign) -> Iterator[Problem]:
    by_name = {column.name: column for column in design.columns}
    named = ", ".join(by_name)
    if design.dist and design.dist.key:
        yield from _key_column(design.dist.key, "DISTKEY", by_name, named)
    if design.sort is None:
        return
    for name in design.sort.columns:
        yield from _key_column(name, "SORTKEY", by_name, named)
    for name, times in Counter(design.sort.columns).items():
        if times > 1:
            yield Problem(name, "it is named twice in the sort key", "Name it once.")
    most = MOST_SORT_COLUMNS.get(design.sort.style)
    if most is not None and len(design.sort.columns) > most:
        yield Problem(
            "",
            f"{len(design.sort.columns)} columns in the sort key; {design.sort.style} takes at most {most}",
            "Keep the columns that queries filter by.",
        )


def _key_column(name: str, key: str, by_name: dict[str, ColumnDesign], named: str) -> Iterator[Problem]:
    column = by_name.get(name)
    if column is None:
        word = "sort=auto_sort()" if name.lower() == "auto" and key == "SORTKEY" else f"one of: {named}"
        yield Problem(name, f"the {key} names a column that the table has not", f"Say {word}.")
    elif column.redshift_type.name in NOT_KEYS:
        yield Problem(name, f"{column.redshift_type.name} cannot be a {key}", "Take another column.")
