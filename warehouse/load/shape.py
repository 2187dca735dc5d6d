"""Values that a delivery does not hold, and fields that are not yet what the column wants: defaults and casts.

The delivery goes as it is into a temporary table, where a field with a cast is text, and one INSERT … SELECT brings it
from there into the table, with the cast's expression or the default's value in each row. COPY has no expressions.

Both are tried before a byte is sent: the warehouse computes them once, over no rows.

https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from warehouse.db import sql
from warehouse.errors import LoadError
from warehouse.load.keys import create_stage, temporary_name
from warehouse.load.queries import no_expression
from warehouse.schema import ColumnDesign, TableDesign

# The longest text there is.
_TEXT = "character varying(65535)"


@dataclass(frozen=True)
class Shape:
    """How the fields of a delivery become the columns of its table: `values` are expressions over `fields`."""

    raw: str
    create: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[str, ...]
    # One query over no rows, which fails when an expression cannot be computed.
    trial: str

    @property
    def query(self) -> str:
        return f"SELECT {', '.join(self.values)} FROM {sql.name(self.raw)}"


def plan_shape(
    design: TableDesign, fields: Sequence[str], defaults: Mapping[str, Any], casts: Mapping[str, str]
) -> Shape | None:
    """The shape of a delivery of these fields; None when it is to stay as it is.

    `casts` are SQL expressions over the fields, the caller's own, as those of `Must`. Raises LoadError for one that is
    no single expression or names no delivered field, and for a default that the column cannot hold.
    """
    if not defaults and not casts:
        return None
    stray = [name for name in casts if name not in fields]
    if stray:
        raise LoadError(
            f"{design.qualified_name}: casts= names {', '.join(stray)}, which the delivery does not hold.",
            next_step="Name delivered columns.",
        )
    for name, expression in casts.items():
        if why := no_expression(expression):
            raise LoadError(
                f"{design.qualified_name}: the cast of {name}, {expression!r}, is no single expression: {why}.",
                next_step=f'Say one SQL expression over the delivered fields, such as "CAST({name} AS INTEGER)".',
            )
    delivered = as_delivered(design, casts)
    raw = temporary_name(design, "raw")
    taken = tuple(casts.get(name, sql.name(name)) for name in fields)
    values = (*taken, *(_constant(design, name, value) for name, value in defaults.items()))
    return Shape(
        raw=raw,
        # Nothing is NOT NULL here: a cast may fill it.
        create=create_stage(delivered, raw, fields, fields),
        fields=tuple(fields),
        columns=(*fields, *defaults),
        values=values,
        trial=f"SELECT {', '.join(values)} FROM (SELECT {nothing(delivered, fields)}) AS {sql.name(raw)} WHERE 1 = 0",
    )


def as_delivered(design: TableDesign, casts: Mapping[str, str]) -> TableDesign:
    """The table as its fields arrive: those with a cast are text."""
    if not casts:
        return design
    columns = (
        replace(column, type=_TEXT, nullable=True) if column.name in casts else column for column in design.columns
    )
    return replace(design, columns=tuple(columns))


def nothing(design: TableDesign, columns: Sequence[str]) -> str:
    """A select list of NULLs with the names and types of these columns, over which expressions are tried."""
    return ", ".join(f"CAST(NULL AS {_type(design, name)}) AS {sql.name(name)}" for name in columns)


def _type(design: TableDesign, name: str) -> str:
    column = design.column(name)
    assert column is not None
    return column.type


def _constant(design: TableDesign, name: str, value: Any) -> str:
    column = design.column(name)
    assert column is not None
    kind = column.redshift_type.name
    if value is None:
        if not column.nullable:
            raise _unfit(design, column, value, "the column is NOT NULL")
        return f"CAST(NULL AS {column.type})"
    if kind == "super":
        return f"JSON_PARSE({sql.literal(json.dumps(value, ensure_ascii=False))})"
    if isinstance(value, bytes | bytearray):
        return f"TO_VARBYTE({sql.literal(bytes(value).hex())}, 'hex')"
    text = moment_text(value, kind) if isinstance(value, datetime) else str(value)
    if kind in ("character", "character varying") and len(text.encode()) > column.redshift_type.arguments[0]:
        # A cast would cut it off without a word.
        raise _unfit(design, column, value, f"{len(text.encode())} bytes do not fit into {column.type}")
    return f"CAST({sql.literal(text)} AS {column.type})"


def moment_text(value: datetime, kind: str) -> str:
    """A moment as a literal for a column of this kind: in UTC where it keeps no time zone, as frames have it."""
    if value.tzinfo is not None and kind != "timestamp with time zone":
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(" ")


def _unfit(design: TableDesign, column: ColumnDesign, value: Any, why: str) -> LoadError:
    shown = repr(value) if len(repr(value)) <= 80 else f"{repr(value)[:77]}..."
    return LoadError(
        f"{design.qualified_name}.{column.name}: {shown} cannot be its default: {why}.",
        next_step="Say another value as defaults= (--default).",
    )
