"""The statements of a load: append, replace the whole table, or replace a window of it.

    clear the table, or the window       only when replacing
    COPY into the table                  or, when the rows are to be checked first, into a stage and from there
    count again                          and that no delivered row lies outside of the window
    prove the primary key                no key twice in the whole table

Clearing is a DELETE in the same transaction: readers see the old rows until the commit and the new ones after it, never
an empty table, and grants, views and identity numbers stay. TRUNCATE commits, and cannot be taken back; a new table
that takes the name of the old one is `swap`.

https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNCATE.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from warehouse.db import sql
from warehouse.errors import LoadError
from warehouse.load.fill import Fill, fill
from warehouse.load.keys import create_stage, repeated_keys, temporary_name
from warehouse.load.shape import moment_text, nothing
from warehouse.load.stage import Staged
from warehouse.load.steps import Step
from warehouse.redshift.types import INTEGERS, NUMBERS
from warehouse.schema import ColumnDesign, TableDesign

Mode = Literal["append", "replace", "swap"]
Bound = date | datetime | int | Decimal | str


@dataclass(frozen=True)
class Window:
    """The rows of a table whose `column` is at least `start` and less than `end`."""

    column: str
    start: Bound
    end: Bound

    def condition(self, design: TableDesign) -> str:
        """The window as SQL. Raises LoadError when the table has no such column, or the window is empty."""
        column = design.column(self.column)
        if column is None:
            raise LoadError(
                f"{design.qualified_name} has no column {self.column}, by which a window is to be replaced.",
                next_step="Name a column of the table.",
            )
        start, end = (_bound(design, column, one) for one in (self.start, self.end))
        if type(start) is type(end) and not isinstance(start, _Spelled) and not start < end:
            raise LoadError(
                f"{design.qualified_name}: the window from {self.start} to {self.end} is empty.",
                next_step="Say a start and, later than it, the first value that is outside.",
            )
        name, type_ = sql.name(self.column), column.type
        low, high = (f"CAST({sql.literal(_text(one, column))} AS {type_})" for one in (start, end))
        return f"{name} >= {low} AND {name} < {high}"

    def trial(self, design: TableDesign) -> str:
        """A query over no rows, which fails when the bounds are no values of the column."""
        return f"SELECT 1 FROM (SELECT {nothing(design, (self.column,))}) AS bounds WHERE {self.condition(design)}"

    def __str__(self) -> str:
        return f"{self.start} <= {self.column} < {self.end}"


@dataclass(frozen=True)
class LoadPlan:
    """Every statement of one load. With `create` the rows wait in a stage, and `take` brings them into the table."""

    table: str
    rows: str
    cleared: str
    clear: str
    fill: Fill
    inside: str
    stage: str
    create: str
    take: str
    drop: str
    # The primary keys that the table then holds more than once; "" where that is not asked.
    prove_keys: str

    def steps(self) -> tuple[Step, ...]:
        found = (
            ("create", self.create),
            ("fill", self.fill.redacted() if self.create else ""),
            ("rows", self.rows),
            ("cleared", self.cleared),
            ("clear", self.clear),
            ("fill", "" if self.create else self.fill.redacted()),
            ("take", self.take),
            ("rows", self.rows),
            ("drop", self.drop),
            ("inside", self.inside),
            ("prove_keys", self.prove_keys),
        )
        return tuple(Step(name, text) for name, text in found if text)


def plan_load(
    design: TableDesign,
    staged: Staged,
    *,
    iam_role: str,
    mode: Mode = "append",
    window: Window | None = None,
    through_stage: bool = False,
    prove_keys: bool = True,
    most_rejected: int = 0,
) -> LoadPlan:
    """Plan the load of a staged delivery; a `window` replaces just its rows."""
    if mode not in ("append", "replace"):
        raise LoadError(f"mode={mode!r} is not understood.", next_step='Say "append", "replace" or "swap".')
    target = sql.qualified(design.name, design.schema)
    stage = temporary_name(design, "stage")
    where = f" WHERE {window.condition(design)}" if window else ""
    clears = mode == "replace" or window is not None
    table, schema = (stage, None) if through_stage else (design.name, design.schema)
    columns = sql.names(staged.columns)
    return LoadPlan(
        table=design.qualified_name,
        rows=f"SELECT COUNT(*) FROM {target}",
        cleared=f"SELECT COUNT(*) FROM {target}{where}" if clears else "",
        clear=f"DELETE FROM {target}{where}" if clears else "",
        fill=fill(
            staged,
            table,
            schema=schema,
            iam_role=iam_role,
            most_rejected=most_rejected,
            temporary=through_stage,
        ),
        inside=f"SELECT COUNT(*) FROM {target}{where}" if window else "",
        stage=stage if through_stage else "",
        create=create_stage(design, stage, staged.columns, ()) if through_stage else "",
        take=f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {sql.name(stage)}" if through_stage else "",
        drop=f"DROP TABLE {sql.name(stage)}" if through_stage else "",
        prove_keys=repeated_keys(design) if prove_keys else "",
    )


def _bound(design: TableDesign, column: ColumnDesign, value: Bound) -> Any:
    """A bound as a value of its column's kind, so that two can be compared; a command line gives text.

    Moments without a zone are UTC. Raises LoadError for what is no value of the column.
    """
    kind = column.redshift_type.name
    try:
        if kind in NUMBERS:
            number = Decimal(str(value))
            if number.is_finite() and (kind not in INTEGERS or number % 1 == 0):
                return number
        elif kind in ("date", "timestamp without time zone", "timestamp with time zone"):
            moment = value if isinstance(value, date) else _moment(value)
            if isinstance(moment, str):
                return moment
            if not isinstance(moment, datetime):
                moment = datetime.combine(moment, time())
            if kind != "date":
                return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            if moment.time() == time():
                return moment.date()
        else:
            return str(value) if kind.startswith("character") else _Spelled(value)
    except (ValueError, ArithmeticError):
        pass
    raise LoadError(
        f"{design.qualified_name}.{column.name} is {column.type}, and {value!r} is no bound of a window of it.",
        next_step="Say a value of that type.",
    )


class _Spelled(str):
    """A bound as it was said, which only the warehouse can read and compare."""

    __slots__ = ()


def _moment(value: Any) -> datetime | _Spelled:
    try:
        return datetime.fromisoformat(str(value).strip())
    except ValueError:
        return _Spelled(value)


def _text(value: Any, column: ColumnDesign) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return moment_text(value, column.redshift_type.name) if isinstance(value, datetime) else str(value)
