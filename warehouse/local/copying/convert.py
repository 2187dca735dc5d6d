"""Records to rows: NULLs are settled, values checked and converted as COPY's parameters say, in any format.

Which values a type takes, and the words of its errors, stand here; the dates are in dates.py.
Source: AWS copy-parameters-data-conversion; codes and reasons as failure.py says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from warehouse.local.copying import dates
from warehouse.local.copying import failure as f
from warehouse.local.copying.failure import KEPT, Rejected
from warehouse.local.copying.options import Conversion
from warehouse.local.copying.records import Record
from warehouse.local.copying.target import INTEGER_BITS, Column, Target

# White space of ASCII only: what else looks blank is a character like any other.
BLANKS = " \t\n\r\v\f"
# Type names as the load-error views print them.
_SHOWN = {"bool": "boolean", "bpchar": "char"}

# Row: a text for each column, None for NULL, as PostgreSQL reads them.
Row = list[str | None]


class Bad(Exception):
    """A value that its column does not take."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Converter:
    """Converts the records of one load."""

    def __init__(self, target: Target, how: Conversion, recognise: dates.Recognise) -> None:
        """`recognise` asks PostgreSQL for its reading of a date. Raises CopyError for a format string."""
        self._columns, self._how = target.columns, how
        # A format string is looked at even when there is no column to use it.
        date = dates.date_reader(how.date_format, recognise)
        moments = {one: dates.timestamp_reader(one, how.time_format, recognise) for one in ("timestamp", "timestamptz")}
        self._read = [_reader(column, how, {"date": date, **moments}) for column in target.columns]
        # The column in which the record that was converted last had bytes replaced, "" when in none.
        self.replaced_in = ""

    def row(self, record: Record) -> Row:
        """The row that a record makes. Raises Rejected."""
        self.replaced_in = ""
        values = record.values
        columns = self._columns
        if len(values) < len(columns) and self._how.fill:
            # A missing VARCHAR of a text file is an empty string (FILLRECORD).
            rest = columns[len(values) :]
            values = [*values, *("" if column.type == "varchar" else None for column in rest)]
        row: Row = []
        for index, (value, column) in enumerate(zip(values, columns, strict=False)):
            try:
                row.append(self._value(value, column, self._read[index]))
            except Bad as bad:
                raise self._rejected(record, bad, index, value or "") from bad
        if len(values) < len(columns):
            few = Bad(f.DELIMITER_NOT_FOUND, "Delimiter not found")
            raise self._rejected(record, few, len(values), "")
        if len(values) > len(columns):
            many = Bad(f.TOO_MANY_COLUMNS, "Extra column(s) found")
            raise self._rejected(record, many, len(columns) - 1, values[len(columns)] or "", len(columns))
        return row

    def _value(self, value: str | None, column: Column, read: Callable[[str], str | None]) -> str | None:
        if value is not None and column.type == "varchar" and self._how.replacement:
            kept = replaced(value, self._how.replacement)
            if kept != value and not self.replaced_in:
                self.replaced_in = column.name
            value = kept
        settled = self._null(value, column)
        found = None if settled is None else read(settled)
        if found is None and column.not_null:
            raise Bad(f.MISSING_NOT_NULL, "Missing data for not-null field")
        return found

    def _null(self, value: str | None, column: Column) -> str | None:
        if value is None or value == self._how.null_as:
            return None
        if self._how.null_as == "\0" and "\0" in value:
            raise Bad(f.NUL_BESIDE, "A field containing a null terminator contains more than one byte")
        if not column.is_text:  # blank fields of other types are always NULL
            return value.strip(BLANKS) or None
        if not value:
            return None if self._how.empty_as_null else value
        return None if self._how.blanks_as_null and not value.strip(BLANKS) else value

    def _rejected(self, record: Record, bad: Bad, index: int, value: str, place: int = -1) -> Rejected:
        column = self._columns[index]
        fields = tuple((c.name, shown(c), length(c), v) for c, v in zip(self._columns, record.values, strict=False))
        return Rejected(
            bad.code, bad.reason, record.line, column.name, shown(column), length(column),
            record.place(index if place < 0 else place), value[:KEPT], record.raw.rstrip("\r\n")[:KEPT],
            fields[: index + 1],
        )  # fmt: skip


def shown(column: Column) -> str:
    """A column's type as the load-error views print it."""
    return _SHOWN.get(column.type, column.type)


def length(column: Column) -> str:
    """A column's length as the load-error views print it."""
    return f"{column.precision}, {column.scale}" if column.precision else str(column.size)


def replaced(value: str, by: str) -> str:
    """ACCEPTINVCHARS: each byte of what is no character becomes `by`.

    Besides bytes that are no UTF-8, these are the code points that Unicode keeps free (multi-byte-character-load-
    errors).
    """
    if value.isascii():
        return value
    return NO_CHARACTER.sub(lambda found: by * len(found[0].encode("utf-8", "surrogateescape")), value)


NO_CHARACTER = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(0x10000 * plane + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)


def _reader(column: Column, how: Conversion, dated: dict[str, dates.Reader]) -> Callable[[str], str | None]:
    """What checks and converts a value of `column` that is not NULL. It may raise Bad, or return None for NULL."""
    if column.type == "varchar":
        return lambda value: _varchar(value, column, how)
    if column.type == "bpchar":
        return lambda value: _char(value, column, how)
    if column.type in INTEGER_BITS:
        return lambda value: _integer(value, column)
    if column.type == "date":
        return _dated(dated["date"], how, lambda value: _bad_date(value, how))
    if column.type in ("timestamp", "timestamptz"):
        return _dated(dated[column.type], how, lambda value: _bad_timestamp(how))
    if column.type in ("time", "timetz"):
        return lambda value: _time(value)
    if column.type == "numeric":
        return lambda value: _decimal(value, column, how)
    return {
        "float4": lambda value: _float(value, column), "float8": lambda value: _float(value, column),
        "bool": _boolean, "super": _super, "varbyte": lambda value: _varbyte(value, column),
    }[column.type]  # fmt: skip


def _dated(read: dates.Reader, how: Conversion, bad: Callable[[str], Bad]) -> Callable[[str], str | None]:
    def checked(value: str) -> str | None:
        found = read(value)
        if found is None and not how.any_date:  # ACCEPTANYDATE makes NULL of what is no date
            raise bad(value)
        return found

    return checked


def _bad_date(value: str, how: Conversion) -> Bad:
    if not how.date_format and len(value) < 10:
        return Bad(f.BAD_DATE, "Invalid Date Format - length must be 10 or more")
    return Bad(f.BAD_DATE, f"Invalid Date Format or value [{how.date_format or 'YYYY-MM-DD'}]")


def _bad_timestamp(how: Conversion) -> Bad:
    return Bad(f.BAD_TIMESTAMP, f"Error in Timestamp value or format [{how.time_format or '%Y-%m-%d %H:%M:%S'}]")


def _varchar(value: str, column: Column, how: Conversion) -> str:
    if "\0" in value:
        raise Bad(f.UNKNOWN, "not emulated: NUL in a VARCHAR")
    if how.trim_blanks:
        value = value.rstrip(BLANKS)
    if value.isascii():
        raw = None
        size = len(value)
    else:
        try:
            raw = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise _bad_utf8(value, error.start) from None
        size = len(raw)
    if column.size and size > column.size:
        if how.truncate:
            return value[: column.size] if raw is None else raw[: column.size].decode("utf-8", "ignore")
        kept = value.rstrip(" ").encode("utf-8")
        if len(kept) > column.size:
            raise Bad(f.OUT_OF_RANGE, "String length exceeds DDL length")
        return kept.ljust(column.size).decode("utf-8")  # surplus blanks are cut
    return value


def _bad_utf8(value: str, at: int) -> Bad:
    # The bytes from the bad one to the end of what cannot be read, four at most.
    raw = re.match("[\ud800-\udfff]{1,4}", value[at:])
    assert raw
    bad = raw[0].encode("utf-8", "surrogateescape") if "\udc80" <= raw[0][0] <= "\udcff" else b""
    first = bad[0] if bad else 0
    # multi-byte-character-load-errors: 1 too long, 2 incomplete, 3 no first byte, 4 no continuation byte, 5 a surrogate
    if not bad:
        number = 5
    elif 0xF8 <= first < 0xFE:
        number = 1
    elif first >= 0xFE or first < 0xC0:
        number = 3
    elif first == 0xED and len(bad) > 2:
        number = 5
    else:
        number = 2 if at + len(raw[0]) == len(value) else 4
    hexed = " ".join(f"{byte:x}" for byte in bad) or " ".join(f"{ord(c):x}" for c in raw[0])
    reason = f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {hexed} (error {number})"
    return Bad(f.BAD_UTF8, reason)


def _char(value: str, column: Column, how: Conversion) -> str:
    if "\0" in value:
        raise Bad(f.UNKNOWN, "not emulated: NUL in a CHAR")
    if not value.isascii():
        at = next(index for index, character in enumerate(value) if ord(character) > 127)
        bad = value[at].encode("utf-8", "surrogateescape")
        shown_bytes = " ".join(f"{byte:x}" for byte in bad)
        raise Bad(
            f.BAD_UTF8,
            f"Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: {shown_bytes}",
        )
    if len(value) > column.size:
        if how.truncate:
            return value[: column.size]
        if len(value.rstrip(" ")) > column.size:
            raise Bad(f.OUT_OF_RANGE, "Char length exceeds DDL length")
    return value


_INTEGER = re.compile(r"(?a)[+-]?\d+")
_DECIMAL = re.compile(r"(?a)([+-]?)(\d+\.?\d*|\.\d+)")
_FLOAT = re.compile(r"(?a)[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SHOWN_INTEGER = {"int2": "Short", "int4": "Integer", "int8": "Long"}


def _integer(value: str, column: Column) -> str:
    if not _INTEGER.fullmatch(value):
        raise Bad(f.BAD_DIGIT, _bad_digit(value, "", _SHOWN_INTEGER[column.type]))
    limit = 1 << (INTEGER_BITS[column.type] - 1)
    if len(value) > 40 or not -limit <= int(value) < limit:
        raise Bad(f.INTEGER_OVERFLOW, "Overflow for a number value")
    return value


def _bad_digit(value: str, beside: str, type_: str) -> str:
    """The reason, with the first character that is no digit, nor a sign in front, nor one of `beside`."""
    at = next(
        (
            i
            for i, c in enumerate(value)
            if not (c.isascii() and (c.isdigit() or c in beside)) and not (i == 0 and c in "+-")
        ),
        0,
    )
    return f"Invalid digit, Value '{value[at : at + 1]}', Pos {at}, Type: {type_}"


def _decimal(value: str, column: Column, how: Conversion) -> str:
    found = _DECIMAL.fullmatch(value)
    if not found:
        raise Bad(f.BAD_DECIMAL, _bad_digit(value, ".", "Decimal"))
    whole, _, digits = found[2].partition(".")
    whole = whole.lstrip("0")
    if how.round and len(digits) > column.scale:
        # PostgreSQL rounds; only whether the rounded number fits is asked here.
        number = int(f"{whole}{digits[: column.scale]}" or "0") + (digits[column.scale] >= "5")
    else:
        # COPY cuts the digits that a DECIMAL has no place for; PostgreSQL would round.
        cut = digits[: column.scale]
        number = int(f"{whole}{cut:0<{column.scale}}" or "0")
        value = f"{found[1]}{whole or '0'}.{cut}" if cut else f"{found[1]}{whole or '0'}"
    # Up to 19 digits a DECIMAL is a 64-bit integer on a cluster (r_Numeric_types201).
    if column.precision and number > (10**column.precision - 1 if column.precision != 19 else (1 << 63) - 1):
        raise Bad(f.OUT_OF_RANGE, "Numeric data overflow (result precision)")
    return value


def _float(value: str, column: Column) -> str:
    shown_type = "Float" if column.type == "float4" else "Double"
    if not _FLOAT.fullmatch(value):
        raise Bad(f.BAD_FLOAT, f"Invalid digit, Value '{value[:1]}', Pos 0, Type: {shown_type}")
    number = abs(float(value))
    smallest = 1.4e-45 if column.type == "float4" else 5e-324
    # PostgreSQL's own limits of a REAL, in which it rounds to none of infinity and zero.
    if number == float("inf") or (column.type == "float4" and number > 3.4028235677973366e38):
        raise Bad(f.OUT_OF_RANGE, "Overflow for a number value")
    if number < smallest and value.lower().partition("e")[0].strip("+-0."):
        raise Bad(f.OUT_OF_RANGE, "Underflow for a number value")
    return value


_BOOLEANS = {word: word[0] for word in ("t", "true", "y", "yes", "1", "f", "false", "n", "no", "0")}


def _boolean(value: str) -> str:
    # The words of AWS's page on the type; PostgreSQL would take their beginnings, too, and on and off.
    if value.lower() not in _BOOLEANS:
        raise Bad(f.BAD_BOOLEAN, "Unknown boolean format")
    return value


def _time(value: str) -> str:
    if dates.time_reader(value) is None:
        raise Bad(f.BAD_TIMESTAMP, "Invalid time format or value")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name twice in an object")


_JSON_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|\s+')


def _super(value: str) -> str:
    """JSON text, compact, its numbers as they are: what a SUPER value is behind us."""
    try:
        json.loads(value, parse_constant=_no_constant, parse_int=str, parse_float=str, object_pairs_hook=_unique)
        value = _JSON_PIECES.sub(_compact, value)
        value.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Bad(f.BAD_SUPER, "Invalid JSON format for a SUPER value") from error
    return value


def _compact(piece: re.Match[str]) -> str:
    if piece[0][0] != '"':
        return ""
    return json.dumps(json.loads(piece[0], strict=False), ensure_ascii=False) if "\\" in piece[0] else piece[0]


def _varbyte(value: str, column: Column) -> str:
    if not re.fullmatch(r"(?a)([0-9a-fA-F]{2})*", value):
        raise Bad(f.UNKNOWN, "Invalid hexadecimal digit for a VARBYTE value")
    if column.size and len(value) // 2 > column.size:
        raise Bad(f.OUT_OF_RANGE, "VARBYTE length exceeds DDL length")
    return value.lower()
