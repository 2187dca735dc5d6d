"""The table that a COPY loads: its columns as the catalog has them, and which of them the files hold."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.local.copying.failure import CopyError
from warehouse.local.translate.plan import Copy
from warehouse.local.translate.tokens import literal, path, quote
from warehouse.local.wire.upstream import Upstream

# Kinds by which values are checked and converted; the names are PostgreSQL's internal ones.
_KINDS = {
    "int2": "integer", "int4": "integer", "int8": "integer", "float4": "float", "float8": "float", "numeric": "decimal",
    "bool": "boolean", "varchar": "text", "bpchar": "text", "date": "date", "timestamp": "timestamp",
    "timestamptz": "timestamp", "time": "time", "timetz": "time", "super": "super", "varbyte": "varbyte",
}  # fmt: skip
INTEGER_BITS = {"int2": 16, "int4": 32, "int8": 64}

# The options of PostgreSQL's COPY for rows as Work.convert writes them: a value is always quoted, NULL never is.
QUOTED = "FORMAT csv, NULL ''"


@dataclass(frozen=True)
class Column:
    """A column of the target. `size` is the limit of a VARCHAR or CHAR in bytes, 0 otherwise."""

    name: str
    type: str
    size: int
    precision: int
    scale: int
    not_null: bool
    identity: str

    @property
    def kind(self) -> str:
        return _KINDS[self.type]

    @property
    def is_text(self) -> bool:
        return self.type in ("varchar", "bpchar")


@dataclass(frozen=True)
class Target:
    """The table and the columns that the files hold, in their order."""

    oid: int
    name: str
    path: str
    columns: tuple[Column, ...]

    def copy_sql(self, form: str = QUOTED) -> str:
        """PostgreSQL's COPY for what we feed; `form` is its options."""
        listed = ", ".join(quote(column.name) for column in self.columns)
        return f"COPY {self.path} ({listed}) FROM STDIN ({form})"


# A question that takes no snapshot of data and no lock on the table.
_COLUMNS = """
SELECT a.attrelid::bigint, a.attname, t.typname, a.atttypmod, a.attnotnull, a.attidentity, c.relkind,
       d.adbin IS NOT NULL
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = to_regclass({name}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


def find_target(plan: Copy, database: Upstream) -> Target:
    """Look the table up and settle the column list. Raises CopyError."""
    name = path(plan.table)
    rows = database.rows(_COLUMNS.format(name=literal(name)))
    if not rows:
        raise CopyError(f'relation "{".".join(plan.table)}" does not exist', "42P01")
    if rows[0][6] != "r":
        raise CopyError(f'"{plan.table[-1]}" is not a table', "42809")
    every = {str(row[1]): _column(row) for row in rows}
    explicit_ids = "EXPLICIT_IDS" in plan.parameters
    if plan.columns:
        for one in plan.columns:
            if one not in every:
                raise CopyError(f'column "{one}" of relation "{plan.table[-1]}" does not exist', "42703")
        listed = [every[one] for one in plan.columns]
        for column in every.values():
            if explicit_ids and column.identity == "a" and column.name not in plan.columns:
                raise CopyError(
                    f'with EXPLICIT_IDS the column list must name the identity column "{column.name}"', "0A000"
                )
        if len(set(plan.columns)) < len(listed):
            raise CopyError("a column is specified more than once in the column list", "42701")
    else:
        listed = [column for column in every.values() if explicit_ids or column.identity != "a"]
    for column in listed:
        if column.identity == "a" and not explicit_ids:
            raise CopyError(f'cannot copy into identity column "{column.name}" without EXPLICIT_IDS', "0A000")
        if column.type not in _KINDS:
            raise CopyError(f"not emulated: COPY into a column of type {column.type}", "0A000")
    for column, row in zip(every.values(), rows, strict=True):
        if column not in listed and column.not_null and not column.identity and row[7] != "t":
            raise CopyError(f"Cannot insert a NULL value into column {column.name}", "23502")
    return Target(int(str(rows[0][0])), plan.table[-1], name, tuple(listed))


def _column(row: list[str | None]) -> Column:
    modifier = int(str(row[3])) - 4
    numeric = row[2] == "numeric" and modifier >= 0
    return Column(
        name=str(row[1]),
        type=str(row[2]),
        size=modifier if row[2] in ("varchar", "bpchar", "varbyte") and modifier > 0 else 0,
        precision=(modifier >> 16) & 0xFFFF if numeric else 0,
        scale=modifier & 0xFFFF if numeric else 0,
        not_null=row[4] == "t",
        identity=str(row[5] or ""),
    )
