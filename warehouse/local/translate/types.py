"""Column types: which Redshift has, what they become behind us, what they are when no length is given.

Source: AWS "Data types" (c_Supported_data_types), "Character types" (r_Character_types), "Unsupported PostgreSQL data
types".
"""

from __future__ import annotations

from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.tokens import Stream

MAX_VARCHAR = 65535
MAX_CHAR = 4096
MAX_VARBYTE = 1_024_000

_PLAIN = {
    "SMALLINT": "smallint", "INT2": "smallint", "INTEGER": "integer", "INT": "integer", "INT4": "integer",
    "BIGINT": "bigint", "INT8": "bigint", "REAL": "real", "FLOAT4": "real", "FLOAT8": "double precision",
    "BOOLEAN": "boolean", "BOOL": "boolean", "DATE": "date", "TIMESTAMPTZ": "timestamptz", "TIMETZ": "timetz",
    "SUPER": "super", "INTERVALY2M": "interval year to month", "INTERVALD2S": "interval day to second",
}  # fmt: skip
_UNSUPPORTED = {
    "SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL4", "SERIAL8", "BYTEA", "JSON", "JSONB", "UUID", "MONEY", "INET",
    "CIDR", "XML", "BIT", "ARRAY", "HSTORE", "POINT", "LINE", "BOX", "CIRCLE", "TSVECTOR", "TSQUERY", "OID", "REGCLASS",
    "NAME", "MACADDR", "ENUM",
}  # fmt: skip
_LATER = {"HLLSKETCH", "GEOMETRY", "GEOGRAPHY"}


def column_type(stream: Stream) -> str:
    """Read a column's type and return PostgreSQL's spelling. Raises Refused."""
    word = stream.name().upper()
    if word in _PLAIN:
        found = _PLAIN[word]
    elif word in ("VARCHAR", "NVARCHAR") or word == "TEXT":
        found = f"varchar({_length(stream, 256, MAX_VARCHAR, 'varchar')})"
    elif word in ("CHARACTER", "CHAR", "NCHAR"):
        if word == "CHARACTER" and stream.accept("VARYING"):
            found = f"varchar({_length(stream, 256, MAX_VARCHAR, 'varchar')})"
        else:
            found = f"char({_length(stream, 1, MAX_CHAR, 'char')})"
    elif word in ("VARBYTE", "VARBINARY") or (word == "BINARY" and stream.accept("VARYING")):
        found = f"varbyte({_length(stream, 64_000, MAX_VARBYTE, 'varbyte')})"
    elif word == "BPCHAR":
        found = "char(256)"
    elif word in ("DECIMAL", "NUMERIC"):
        found = _decimal(stream)
    elif word == "DOUBLE":
        stream.expect("PRECISION")
        found = "double precision"
    elif word == "FLOAT":
        found = _float(stream)
    elif word in ("TIMESTAMP", "TIME"):
        found = word.lower()
        if stream.accept("WITH"):
            stream.expect("TIME", "ZONE")
            found += "tz"
        elif stream.accept("WITHOUT"):
            stream.expect("TIME", "ZONE")
    elif word == "INTERVAL":
        found = _interval(stream)
    elif word in _UNSUPPORTED:
        raise Refused(f'Column "{_column(stream)}" has unsupported type "{word.lower()}".', "0A000")
    elif word in _LATER:
        raise not_emulated(f"columns of type {word}")
    else:
        raise Refused(f'type "{word.lower()}" does not exist', "42704")
    if stream.sees("[") or stream.sees("ARRAY"):
        raise Refused(f'Column "{_column(stream)}" has unsupported type "{found}[]".', "0A000")
    return found


def _interval(stream: Stream) -> str:
    """INTERVAL YEAR TO MONTH, INTERVAL DAY TO SECOND [(digits)] and what is narrower (AWS r_interval_data_types)."""
    units = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
    if stream.peek().word not in units:
        raise Refused(f'Column "{_column(stream)}" has unsupported type "interval".', "0A000")
    found = last = stream.next().word
    if stream.accept("TO"):
        last = stream.next().word
        if last not in units[units.index(found) + 1 : 2 if found == "YEAR" else 6]:
            raise stream.syntax_error()
        found += f" to {last}"
    if last == "SECOND" and stream.accept("("):
        found += f"({stream.integer()})"
        stream.expect(")")
    return f"interval {found.lower()}"


def _column(stream: Stream) -> str:
    """The column in front of the type, as Redshift names it: with its table, where one is made or altered."""
    before = [stream.peek(place - stream.at) for place in range(stream.at - 1)]
    column = before[-1].text.lower()
    at = next((place for place, token in enumerate(before) if token.word == "TABLE"), len(before))
    name = [token.text for token in before[at + 1 :] if token.word not in ("IF", "NOT", "EXISTS")]
    while len(name) > 2 and name[1] == ".":
        del name[:2]
    return f"{name[0].lower()}.{column}" if len(name) > 1 else column


def _length(stream: Stream, default: int, limit: int, kind: str) -> int:
    if not stream.accept("("):
        return default
    size = limit if stream.accept("MAX") else stream.integer()
    stream.expect(")")
    if size < 1:
        raise Refused(f"length for type {kind} must be at least 1", "22023")
    if size > limit:
        raise Refused(f"length for type {kind} cannot exceed {limit}", "22023")
    return size


def _decimal(stream: Stream) -> str:
    precision, scale = 18, 0
    if stream.accept("("):
        precision = stream.integer()
        if stream.accept(","):
            scale = stream.integer()
        stream.expect(")")
    if not 1 <= precision <= 38:
        raise Refused(f"DECIMAL precision {precision} must be between 1 and 38", "22023")
    if not 0 <= scale <= min(precision, 37):
        raise Refused(f"DECIMAL scale {scale} must be between 0 and precision {precision}", "22023")
    return f"numeric({precision},{scale})"


def _float(stream: Stream) -> str:
    if not stream.accept("("):
        return "double precision"
    bits = stream.integer()
    stream.expect(")")
    if not 1 <= bits <= 53:
        raise Refused("precision for type float must be between 1 and 53 bits", "22023")
    return "real" if bits <= 24 else "double precision"
