"""CREATE TABLE: columns and keys go to PostgreSQL without what it would enforce; the design goes to our catalog.

Source: AWS "CREATE TABLE" (r_CREATE_TABLE_NEW). CREATE TABLE … AS has a file of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from warehouse.local.translate import create_as, types
from warehouse.local.translate.expressions import default_expression
from warehouse.local.translate.plan import Plan, Refused, Steps, not_emulated
from warehouse.local.translate.table_attributes import MAX_COLUMNS, Attributes, attributes, check
from warehouse.local.translate.tokens import Stream, literal, path, quote

ENCODINGS = {
    "RAW", "AZ64", "BYTEDICT", "DELTA", "DELTA32K", "LZO", "MOSTLY8", "MOSTLY16", "MOSTLY32", "RUNLENGTH", "TEXT255",
    "TEXT32K", "ZSTD",
}  # fmt: skip
# AWS r_CREATE_TABLE_NEW: types that can be no distribution or sort key; where only the catalog knows the type,
# pg_redshift.key_columns refuses them
_NO_KEY_TYPES = ("super", "varbyte", "interval")


@dataclass
class Column:
    """A column as it was declared. `identity` is (seed, step, by_default)."""

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    identity: tuple[int, int, bool] | None = None
    encode: str = ""
    distkey: bool = False
    sortkey: bool = False
    constraints: list[dict[str, Any]] = field(default_factory=list)

    def sql(self) -> str:
        parts = [quote(self.name), self.type]
        if self.identity:
            seed, step, by_default = self.identity
            when = "BY DEFAULT" if by_default else "ALWAYS"
            parts.append(f"GENERATED {when} AS IDENTITY (START {seed} INCREMENT {step}{_bounds(seed, step)})")
        if self.default:
            parts.append(f"DEFAULT {self.default}")
        if self.not_null or self.identity:
            parts.append("NOT NULL")
        return " ".join(parts)


def _bounds(seed: int, step: int) -> str:
    # PostgreSQL's sequences start at 1 unless told otherwise; Redshift takes any seed.
    return f" MINVALUE {min(seed, 1)}" if step > 0 else f" MAXVALUE {max(seed, -1)}"


def create_table(stream: Stream) -> Plan:
    """Translate CREATE TABLE; the stream stands behind CREATE."""
    local = stream.accept("LOCAL")
    temporary = stream.accept("TEMPORARY") or stream.accept("TEMP")
    if local and not temporary:
        raise stream.syntax_error()
    stream.expect("TABLE")
    if_not_exists = stream.accept("IF", "NOT", "EXISTS")
    name = stream.qualified()
    temporary = temporary or name[-1].startswith("#")
    if temporary and len(name) > 1:
        raise Refused("cannot create temporary relation in non-temporary schema", "42P16")
    if create_as.follows(stream):
        if if_not_exists:
            raise stream.syntax_error()
        return create_as.create_table_as(stream, name, temporary=temporary)
    columns, constraints, parent = _items(stream)
    given = attributes(stream)
    stream.finish()
    if not columns and not parent:
        raise Refused("A table must have at least one column", "42601")
    if len(columns) > MAX_COLUMNS:
        raise Refused(f"tables can have at most {MAX_COLUMNS} columns", "54011")
    if parent and (given.explicit or any(c.distkey or c.sortkey for c in columns)):
        raise Refused("cannot specify BACKUP, DISTSTYLE, DISTKEY or SORTKEY with LIKE", "0A000")
    design = _design(columns, constraints, given)
    keyed = {one for c in design["constraints"] if c["kind"] == "p" for one in c["columns"]}
    for column in columns:
        column.not_null = column.not_null or column.name in keyed
    items = [column.sql() for column in columns]
    before = []
    if parent:
        items.insert(parent.position, parent.sql())
        # A temporary table may hide the parent that it is made like.
        before.append(f"SELECT pg_redshift.remember_parent({literal(path(parent.table))})")
    design.update(temporary=temporary, like=parent is not None)
    words = f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {'IF NOT EXISTS ' if if_not_exists else ''}"
    declare = f"SELECT pg_redshift.declare_table({literal(path(name))}, {literal(json.dumps(design))}::jsonb)"
    body = ",\n  ".join(items)
    return Steps(f"{words}{path(name)} (\n  {body}\n)", before=tuple(before), after=(declare,))


@dataclass(frozen=True)
class Parent:
    """LIKE table [INCLUDING DEFAULTS], standing behind `position` columns."""

    table: tuple[str, ...]
    defaults: bool
    position: int

    def sql(self) -> str:
        return f"LIKE {path(self.table)}{' INCLUDING DEFAULTS' if self.defaults else ''}"


def _items(stream: Stream) -> tuple[list[Column], list[dict[str, Any]], Parent | None]:
    columns: list[Column] = []
    constraints: list[dict[str, Any]] = []
    parent = None
    stream.expect("(")
    while True:
        if stream.accept("LIKE"):
            if parent:
                raise not_emulated("LIKE twice in a CREATE TABLE")
            parent = _like(stream, len(columns))
        elif (constraint := table_constraint(stream)) is not None:
            constraints.append(constraint)
        else:
            columns.append(column(stream))
        if not stream.accept(","):
            break
    stream.expect(")")
    seen: set[str] = set()
    for one in columns:
        if one.name in seen:
            raise Refused(f'column "{one.name}" specified more than once', "42701")
        seen.add(one.name)
    return columns, constraints, parent


def _like(stream: Stream, position: int) -> Parent:
    table = stream.qualified()
    defaults = stream.accept("INCLUDING", "DEFAULTS")
    if not defaults:
        stream.accept("EXCLUDING", "DEFAULTS")
    return Parent(table, defaults, position)


def table_constraint(stream: Stream) -> dict[str, Any] | None:
    """[CONSTRAINT name] PRIMARY KEY (…) | UNIQUE (…) | FOREIGN KEY (…) REFERENCES t [(…)]; None when none is next."""
    given = None
    if stream.accept("CONSTRAINT"):
        given = stream.name()
    if stream.accept("PRIMARY", "KEY"):
        return {"kind": "p", "name": given, "columns": stream.names()}
    if stream.accept("FOREIGN", "KEY"):
        columns = stream.names()
        return {"kind": "f", "name": given, "columns": columns, **_references(stream)}
    if stream.sees("UNIQUE", "(") or (given and stream.sees("UNIQUE")):
        stream.expect("UNIQUE")
        return {"kind": "u", "name": given, "columns": stream.names()}
    if stream.sees("CHECK"):
        raise Refused("CHECK constraints are not supported", "0A000")
    if stream.sees("EXCLUDE"):
        raise Refused("EXCLUDE constraints are not supported", "0A000")
    if given is not None:
        raise stream.syntax_error()
    return None


def _references(stream: Stream) -> dict[str, Any]:
    stream.expect("REFERENCES")
    target = stream.qualified()
    columns = stream.names() if stream.sees("(") else ()
    if stream.sees("ON") or stream.sees("MATCH") or stream.sees("DEFERRABLE"):
        raise stream.syntax_error()
    return {"ref_table": path(target), "ref_columns": columns}


def column(stream: Stream) -> Column:
    """name type [attributes and constraints, in any order]"""
    name = stream.name()
    found = Column(name, types.column_type(stream))
    while not (stream.done or stream.sees(",") or stream.sees(")")):
        if stream.accept("NOT", "NULL"):
            found.not_null = True
        elif stream.accept("NULL"):
            pass
        elif stream.accept("DEFAULT"):
            found.default = default_expression(
                # NULL and NOT end an expression only where they do not begin it.
                stream.until(
                    "NOT",
                    "NULL",
                    "ENCODE",
                    "DISTKEY",
                    "SORTKEY",
                    "UNIQUE",
                    "PRIMARY",
                    "REFERENCES",
                    "COLLATE",
                    "CHECK",
                    ",",
                    ")",
                    own=("NULL", "NOT"),
                )
            )
        elif stream.accept("IDENTITY"):
            found.identity = (*_seed_and_step(stream), False)
        elif stream.accept("GENERATED"):
            if not stream.accept("BY", "DEFAULT", "AS", "IDENTITY"):
                raise stream.syntax_error()
            found.identity = (*_seed_and_step(stream), True)
        elif stream.accept("ENCODE"):
            found.encode = encoding(stream, found)
        elif stream.accept("DISTKEY"):
            found.distkey = True
        elif stream.accept("SORTKEY"):
            found.sortkey = True
        elif stream.accept("UNIQUE"):
            found.constraints.append({"kind": "u", "name": None, "columns": (name,)})
        elif stream.accept("PRIMARY", "KEY"):
            found.constraints.append({"kind": "p", "name": None, "columns": (name,)})
        elif stream.sees("REFERENCES"):
            found.constraints.append({"kind": "f", "name": None, "columns": (name,), **_references(stream)})
        elif stream.accept("COLLATE"):
            _collate(stream, found)
        elif stream.sees("CHECK"):
            raise Refused("CHECK constraints are not supported", "0A000")
        else:
            raise stream.syntax_error()
    if found.identity and found.type not in ("integer", "bigint"):
        raise Refused(f'Column "{name}" of type IDENTITY must be INTEGER or BIGINT', "42P16")
    if found.identity and found.default:
        raise Refused(f'both default and identity specified for column "{name}"', "42601")
    return found


def _collate(stream: Stream, of: Column) -> None:
    """COLLATE CASE_SENSITIVE is what every column here is; another comparison of strings is not emulated."""
    word = stream.name().upper()
    if word not in ("CASE_SENSITIVE", "CASE_INSENSITIVE", "CS", "CI"):
        raise Refused(f'collation "{word.lower()}" does not exist', "42704")
    if not of.type.startswith(("varchar", "char")):
        raise Refused(f"collations are not supported by type {of.type}", "42804")
    if word in ("CASE_INSENSITIVE", "CI"):
        raise not_emulated("COLLATE CASE_INSENSITIVE")


def _seed_and_step(stream: Stream) -> tuple[int, int]:
    if not stream.accept("("):
        return 1, 1
    seed = stream.integer()
    stream.expect(",")
    step = stream.integer()
    stream.expect(")")
    if step == 0:
        raise Refused("IDENTITY step must not be zero", "22023")
    return seed, step


# AWS c_Compression_encodings; only what AWS documents as impossible is refused, the table is known to be out of date
# otherwise
TYPES_OF = {
    "MOSTLY8": ("smallint", "integer", "bigint", "numeric"),
    "MOSTLY16": ("integer", "bigint", "numeric"),
    "MOSTLY32": ("bigint", "numeric"),
    "TEXT255": ("varchar",),
    "TEXT32K": ("varchar",),
    "AZ64": ("smallint", "integer", "bigint", "numeric", "date", "timestamp", "timestamptz", "time", "timetz"),
    "DELTA": ("smallint", "integer", "bigint", "numeric", "date", "timestamp"),
    "DELTA32K": ("integer", "bigint", "numeric", "date", "timestamp"),
}


def encoding_name(stream: Stream, of: str) -> str:
    """The word behind ENCODE, in lower case."""
    word = stream.name().upper()
    if word not in ENCODINGS:
        raise Refused(f'invalid encoding type specified for column "{of}"', "42601")
    return word.lower()


def encoding(stream: Stream, of: Column) -> str:
    """The encoding behind ENCODE, held against the column's type."""
    word = encoding_name(stream, of.name)
    base = of.type.partition("(")[0]
    if base not in TYPES_OF.get(word.upper(), (base,)):
        raise Refused(
            f'invalid encoding type specified for column "{of.name}"',
            "0A000",
            detail=f"ENCODE {word.upper()} does not go with {of.type}.",
        )
    return word


def _design(columns: list[Column], constraints: list[dict[str, Any]], given: Attributes) -> dict[str, Any]:
    """Everything about the table that PostgreSQL does not keep.

    Raises Refused for combinations that Redshift refuses.
    """
    distkeys = [c.name for c in columns if c.distkey] + ([given.distkey] if given.distkey else [])
    for by_default in (False, True):
        if sum(1 for c in columns if c.identity and c.identity[2] == by_default) > 1:
            raise Refused("a table can have only one IDENTITY column of each kind", "42P16")
    sort_columns = [c.name for c in columns if c.sortkey]
    if len(sort_columns) > 1:
        raise Refused("cannot specify SORTKEY on more than one column; use the table attribute", "42P16")
    if sort_columns and given.sortstyle == "auto":
        raise Refused("Invalid syntax: Create table sortkey auto with initial sortkeys", "42601")
    if sort_columns and given.sortstyle:
        raise Refused("cannot specify SORTKEY both on a column and on the table", "42P16")
    sortkey = tuple(sort_columns) or given.sortkey
    diststyle, sortstyle = check(distkeys, sortkey, given)
    for one in columns:
        if one.type.startswith(_NO_KEY_TYPES) and one.name in (*distkeys, *sortkey):
            raise Refused(f'column "{one.name}" of this type cannot be a distribution or sort key', "0A000")
    encode = {c.name: c.encode for c in columns if c.encode}
    return {
        "diststyle": diststyle,
        "distkey": distkeys[0] if distkeys else None,
        "sortstyle": sortstyle,
        "sortkey": list(sortkey),
        # One explicit ENCODE turns ENCODE AUTO off for the table, unless the table says ENCODE AUTO too.
        "encode_auto": given.encode_auto or not encode,
        "encode": encode,
        "backup": given.backup is not False,
        # Keys before foreign keys, so that a table may refer to itself.
        "constraints": sorted(
            [*(k for c in columns for k in c.constraints), *constraints], key=lambda c: c["kind"] == "f"
        ),
    }
