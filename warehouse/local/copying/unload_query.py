"""What an UNLOAD asks of PostgreSQL: the query's rows, written out by COPY … TO STDOUT as far as the formats agree.

A column whose text differs from PostgreSQL's (CHAR without its padding, SUPER, VARBYTE, a JSON value, a field of fixed
width, a number of microseconds for Parquet) is put into that form by an expression around the query, so that C code
does it. With PARTITION BY, rows come sorted by partition, each behind a first field that says which.
Source: AWS r_UNLOAD, unload-super.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from warehouse.local import long_names
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.unload_options import UnloadOptions
from warehouse.local.translate.tokens import literal, quote
from warehouse.local.wire.upstream import Upstream

# PostgreSQL's type OIDs to Redshift's names.
_NAMES = {
    16: "boolean", 18: "character", 19: "character varying", 20: "bigint", 21: "smallint",
    23: "integer", 25: "character varying", 26: "bigint", 700: "real", 701: "double precision", 1042: "character",
    1043: "character varying", 1082: "date", 1083: "time without time zone", 1114: "timestamp without time zone",
    1184: "timestamp with time zone", 1266: "time with time zone", 1700: "numeric", 4000: "super", 6551: "varbyte",
}  # fmt: skip
_NUMERIC = 1700
_PARTITION_KEYS = {
    "smallint", "integer", "bigint", "numeric", "real", "boolean", "character", "character varying", "date",
    "timestamp without time zone",
}  # fmt: skip
# Types that only delimited text and CSV hold (r_UNLOAD, usage notes).
_TEXT_ONLY = {"varbyte": "VARBYTE"}
# The marker of NULL in PostgreSQL's text format: a value can never look like it.
NULL_MARKER = "\\N"
# PostgreSQL's text format takes none of these for a delimiter; an N would read like the marker of NULL.
_NO_DELIMITERS = "\\.abcdefghijklmnopqrstuvwxyz0123456789N"


@dataclass(frozen=True)
class Column:
    """A column of the result: its name, Redshift's name of its type, and the type's measures (0 when it has none)."""

    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    # A NUMERIC whose measures PostgreSQL does not know.
    computed: bool = False

    @property
    def is_text(self) -> bool:
        return self.type in ("character", "character varying")


def columns(database: Upstream, query: str) -> tuple[Column, ...]:
    """The columns of a query, which is not run. Raises CopyError for a type that is not done, UpstreamError."""
    return tuple(_column(*one) for one in database.columns(query))


def _column(name: str, oid: int, modifier: int) -> Column:
    if oid not in _NAMES:
        raise CopyError(f'not emulated: UNLOAD of column "{name}" with type OID {oid}', "0A000")
    kind = _NAMES[oid]
    if modifier < 4:
        return Column(name, kind)
    if oid == _NUMERIC:
        return Column(name, kind, precision=(modifier - 4) >> 16 & 0xFFFF, scale=modifier - 4 & 0xFFFF)
    return Column(name, kind, length=modifier - 4 if kind.startswith("character") else 0)


def with_scales(database: Upstream, query: str, found: Sequence[Column]) -> tuple[Column, ...]:
    """`found` with a precision and a scale for each NUMERIC, which Parquet cannot do without.

    PostgreSQL does not say the scale of a computed NUMERIC: it is that of the widest value, within Redshift's 38
    digits. A query that computes none is not run for this.
    """
    places = [i for i, column in enumerate(found) if column.type == "numeric" and not column.precision]
    if not places:
        return tuple(found)
    scales = ", ".join(f"max(scale(c{i})), max(length(trunc(abs(c{i}))::text))" for i in places)
    (row,) = database.rows(f"SELECT {scales} FROM {_inner(query, len(found))}")
    settled = list(found)
    for place, scale, whole in zip(places, row[::2], row[1::2], strict=True):
        room = max(0, 38 - int(whole or 0))
        settled[place] = replace(found[place], precision=38, scale=min(int(scale or 0), 37, room), computed=True)
    return tuple(settled)


def check(found: Sequence[Column], options: UnloadOptions) -> None:
    """Hold the columns against the options. Raises CopyError."""
    names = [column.name for column in found]
    for column in found:
        if column.type in _TEXT_ONLY and options.format not in ("text", "csv"):
            raise CopyError(
                f'Unloading the {_TEXT_ONLY[column.type]} column "{column.name}" is only supported to text or CSV',
                "0A000",
            )
    if options.format == "json" and len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise CopyError(f'UNLOAD to JSON needs unique column names: "{double}" is there twice', "42701")
    if options.format == "text" and options.delimiter in _NO_DELIMITERS:
        raise CopyError(f"not emulated: UNLOAD with the delimiter {options.delimiter!r}", "0A000")
    if options.format == "fixedwidth" and len(options.widths) != len(found):
        raise CopyError(
            f"The fixedwidth specification has {len(options.widths)} columns, the query {len(found)}", "42601"
        )
    for name in options.partition_by:
        if name not in names:
            raise CopyError(f'column "{name}" of PARTITION BY is not in the result of the query', "42703")
        column = found[names.index(name)]
        if long_names.shown(name) != name:
            raise CopyError(f'not emulated: PARTITION BY a column of more than 63 bytes ("{name}")', "0A000")
        if column.type not in _PARTITION_KEYS:
            raise CopyError(f'PARTITION BY does not support column "{name}" of type {column.type}', "0A000")
    if options.partition_by and set(names) <= set(options.partition_by):
        raise CopyError("UNLOAD with PARTITION BY needs at least one column that is not a partition column", "0A000")


def kept(found: Sequence[Column], options: UnloadOptions) -> list[int]:
    """Places of the columns that the files hold: those of PARTITION BY are in the folders' names."""
    return [i for i, one in enumerate(found) if options.include or one.name not in options.partition_by]


def copy_statement(query: str, found: Sequence[Column], options: UnloadOptions) -> str:
    """The COPY … TO STDOUT whose lines are the rows. Its first field is the partition, when there are any."""
    places = kept(found, options)
    fields = [_expression(i, found[i], options) for i in places]
    source = _inner(query, len(found))
    if options.format == "fixedwidth":
        fields = [" || ".join(fields)]
    elif options.format == "json":
        members = ", ".join(f"{field} AS {quote(found[i].name)}" for field, i in zip(fields, places, strict=True))
        source += f", LATERAL (SELECT {members}) AS object"
        member = "row_to_json(object)::text"
        for name in (found[i].name for i in places):
            if (shown := long_names.shown(name)) != name:
                member = f"replace({member}, {literal(f'{quote(name)}:')}, {literal(f'{quote(shown)}:')})"
        fields = [member]
    if options.partition_by:
        names = [column.name for column in found]
        keys = ", ".join(f"nullif(c{names.index(name)}::text, '')" for name in options.partition_by)
        # Hexadecimal: no delimiter, quote or escape of any format can be in it.
        key = f"encode(convert_to(jsonb_build_array({keys})::text, 'UTF8'), 'hex')"
        listed = ", ".join(f"{field} AS f{i}" for i, field in enumerate(fields))
        outer = ", ".join(["k", *(f"f{i}" for i in range(len(fields)))])
        inner = f'SELECT {key} COLLATE "C" AS k, row_number() OVER () AS n, {listed} FROM {source}'
        query = f"SELECT {outer} FROM ({inner}) AS sorted ORDER BY k, n"
    elif fields != [f"c{i}" for i in range(len(found))]:
        query = f"SELECT {', '.join(fields)} FROM {source}"
    return f"COPY ({query}) TO STDOUT ({_form(options)})"


def separator(options: UnloadOptions) -> str:
    """What stands between the fields of a line that PostgreSQL writes."""
    if options.format in ("csv", "text"):
        return options.delimiter
    return "," if options.format == "parquet" else "\t"


def null_marker(options: UnloadOptions) -> str:
    """NULL in a line that PostgreSQL writes: the marker asked for, where nothing in it needs a look of ours."""
    marker = options.null_as
    if options.format == "text" and any(sign in marker for sign in ("\\", "\n", "\r", separator(options))):
        return NULL_MARKER
    return marker if options.format in ("text", "csv") else ""


def _form(options: UnloadOptions) -> str:
    marker = null_marker(options)
    if options.format in ("csv", "parquet"):
        if any(sign in marker for sign in (separator(options), '"', "\n", "\r")):
            raise CopyError(f"not emulated: UNLOAD to CSV with NULL AS {marker!r}", "0A000")
        return f"FORMAT csv, DELIMITER {literal(separator(options))}, NULL {literal(marker)}"
    return f"FORMAT text, DELIMITER {literal(separator(options))}, NULL {literal(marker)}"


def _inner(query: str, count: int) -> str:
    return f"({query}) AS unloaded ({', '.join(f'c{i}' for i in range(count))})"


def _expression(place: int, column: Column, options: UnloadOptions) -> str:
    """A column in the form that the files have it in."""
    name = f"c{place}"
    if options.format == "parquet":
        return _parquet(name, column)
    if options.format == "json":
        return _json(name, column)
    text = _text(name, column)
    if options.format == "fixedwidth":
        return _fixed(text, column, options.widths[place], options.null_as)
    if options.add_quotes:
        text = f"{text}::text" if text == name else text
        if options.escape and column.type in ("character", "character varying", "super"):
            for sign in ("\\", '"', "'", options.delimiter, "\n", "\r"):
                text = f"replace({text}, {literal(sign)}, {literal(chr(92) + sign)})"
        return f"'\"' || {text} || '\"'"
    return text


def _text(name: str, column: Column) -> str:
    if column.type == "character":
        return f"{name}::text"  # without the blanks that pad it
    if column.type == "super":  # NULL AS is not for SUPER (unload-super-csv)
        return f"coalesce({name}::json::text, 'null')"
    if column.type == "varbyte":
        return f"textin(varbyte_out({name}))"
    return name


def _json(name: str, column: Column) -> str:
    """A column as a value of which PostgreSQL makes the JSON that UNLOAD writes."""
    if column.type == "boolean":
        return f"CASE {name} WHEN true THEN 't' WHEN false THEN 'f' END"
    if column.type == "super":
        return f"{name}::json"
    if column.type in ("smallint", "integer", "bigint", "numeric", "real", "double precision", "character varying"):
        return name
    return f"{name}::text"  # dates and times as they print; CHAR without its blanks


def _fixed(text: str, column: Column, width: int, null_as: str) -> str:
    """A field of so many characters. It is never cut: what does not fit fails, as does a NULL string for a string."""
    text = f"({text})::text"
    absent = "''"
    if len(null_as) <= width:
        absent = literal(null_as)
    elif column.is_text:
        reason = f"The NULL AS string is longer than the {width} characters of column {column.name}"
        absent = f"pg_redshift.unload_failed({literal(reason)})"
    reason = f"Column {column.name} holds a value that is longer than its fixed width of {width} characters"
    return (
        f"CASE WHEN length({text}) > {width} THEN pg_redshift.unload_failed({literal(reason)}) "
        f"WHEN {text} IS NULL THEN rpad({absent}, {width}) ELSE rpad({text}, {width}) END"
    )


def _parquet(name: str, column: Column) -> str:
    """A form that Arrow reads exactly and fast: dates and times as numbers."""
    if column.type == "date":
        return f"{name} - date '1970-01-01'"
    if column.type in ("timestamp without time zone", "timestamp with time zone", "time without time zone"):
        return f"(extract(epoch FROM {name}) * 1000000)::bigint"
    if column.computed:
        return f"{name}::numeric({column.precision}, {column.scale})"
    if column.type == "super":
        return f"{name}::json::text"
    # A CHAR keeps its blanks, which it loses in every other format.
    return f"{name}::text" if column.type == "time with time zone" else name


def header(found: Sequence[Column], options: UnloadOptions) -> bytes:
    """The line of column names, written as the values are."""
    names = [long_names.shown(found[i].name) for i in kept(found, options)]
    if options.format == "csv":
        special = (options.delimiter, '"', "\n", "\r")
        names = [quote(name) if any(sign in name for sign in special) else name for name in names]
    elif options.escape:
        signs = ("\\", options.delimiter, *("\"'" if options.add_quotes else ""), "\n", "\r")
        for sign in signs:
            names = [name.replace(sign, "\\" + sign) for name in names]
    if options.add_quotes:
        names = [f'"{name}"' for name in names]
    return (options.delimiter.join(names) + "\n").encode("utf-8")
