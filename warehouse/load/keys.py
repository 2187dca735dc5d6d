"""The columns by which rows are matched, and the temporary table in which a delivery waits to be matched."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.db import sql
from warehouse.errors import LoadError
from warehouse.schema import TableDesign

# How many keys an error shows.
EXAMPLES = 5
# Redshift cuts names at 127 bytes; the rest leaves room for our suffixes.
_NAME_BYTES = 110


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


def delivered(design: TableDesign, columns: Sequence[str], named: Sequence[str], option: str) -> tuple[str, ...]:
    """`named`, which `option` asks for; LoadError when the delivery does not hold one of them."""
    unknown = [column for column in named if column not in columns]
    if unknown:
        raise LoadError(
            f"{design.qualified_name}: {option} names {', '.join(unknown)}, which the delivery does not hold.",
            next_step="Name delivered columns.",
        )
    return tuple(named)


def temporary_name(design: TableDesign, suffix: str) -> str:
    """A name for a temporary table beside the table: cut where Redshift would cut, never inside a character."""
    return f"{design.name.encode()[:_NAME_BYTES].decode(errors='ignore')}__{suffix}"


def create_stage(design: TableDesign, table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    """The temporary table of the delivered columns, spread as the target is, so that the join stays on each slice.

    It is made from the model's columns, not LIKE the target: LIKE copies NOT NULL, so that an IDENTITY column that is
    not delivered would reject every row, and a row without a key could not even be counted.
    """
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


def repeated_keys(design: TableDesign, stage: str = "") -> str:
    """A query for the primary keys that the table holds more than once; "" where it has none, or Redshift makes it.
    With `stage`: of the keys that it holds."""
    made = {column.name for column in design.columns if column.identity and not column.identity_by_default}
    if not design.primary_key or made & set(design.primary_key):
        return ""
    listed, table = sql.names(design.primary_key), sql.qualified(design.name, design.schema)
    only = (
        f" WHERE EXISTS (SELECT 1 FROM {sql.name(stage)} WHERE {sql.equal(design.name, stage, design.primary_key)})"
        if stage
        else ""
    )
    return f"SELECT {listed}, COUNT(*) AS row_count FROM {table}{only} GROUP BY {listed} HAVING COUNT(*) > 1"


def without_key(keys: Sequence[str]) -> str:
    """The condition under which a row has no key."""
    return " OR ".join(f"{sql.name(key)} IS NULL" for key in keys)


def same(left: str, right: str, design: TableDesign, columns: Sequence[str]) -> str:
    """The condition under which two rows hold the same values, NULL and NULL included, to the byte.

    `=` ignores trailing blanks of strings, and knows no SUPER; https://docs.aws.amazon.com/redshift/latest/dg/
    r_Character_types.html.
    """
    return " AND ".join(_same(left, right, design, column) for column in columns) or "TRUE"


def _same(left: str, right: str, design: TableDesign, name: str) -> str:
    column = design.column(name)
    assert column is not None
    kind = column.redshift_type.name
    mine, yours = f"{sql.name(left)}.{sql.name(name)}", f"{sql.name(right)}.{sql.name(name)}"
    if kind in ("geometry", "geography", "hllsketch"):
        raise LoadError(
            f"{design.qualified_name}.{name}: two values of {column.type} cannot be compared.",
            next_step="Leave out only_changed= (--only-changed).",
        )
    if kind == "super":
        equal = f"JSON_SERIALIZE({mine}) = JSON_SERIALIZE({yours})"
    elif kind == "character varying":
        equal = f"{mine} = {yours} AND OCTET_LENGTH({mine}) = OCTET_LENGTH({yours})"
    else:
        equal = f"{mine} = {yours}"
    return f"({equal})" if not column.nullable else f"({equal} OR ({mine} IS NULL AND {yours} IS NULL))"
