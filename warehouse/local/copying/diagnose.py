"""Finds what is wrong with a text file, row by row, in the words of Redshift's load errors.

Only read when a file did not load: speed does not matter here, being right about file, line, column and reason does.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import IO

from warehouse.local.copying import failure as f
from warehouse.local.copying.failure import Rejected
from warehouse.local.copying.options import Text
from warehouse.local.copying.target import INTEGER_BITS, Column, Target
from warehouse.local.copying.text import pattern

# stl_load_errors keeps this much of a line and of a value.
_KEPT = 1024
# Type names as the load-error views print them.
_SHOWN = {
    "int2": "int2", "int4": "int4", "int8": "int8", "float4": "float4", "float8": "float8", "numeric": "numeric",
    "bool": "boolean", "varchar": "varchar", "bpchar": "char", "date": "date", "timestamp": "timestamp",
    "timestamptz": "timestamptz", "time": "time", "timetz": "timetz",
}  # fmt: skip


def rows(stream: IO[bytes], target: Target, text: Text) -> Iterator[list[str | None]]:
    """Every row with its NULLs settled. Raises Rejected at the first row that does not load."""
    for line, raw in _records(stream, text):
        if text.skip_blank_lines and not raw.strip("\r\n"):
            continue
        fields, positions = _fields(raw, line, text)
        if len(fields) < len(target.columns):
            column = target.columns[len(fields)]
            raise _rejected(f.DELIMITER_NOT_FOUND, "Delimiter not found", line, raw, column, "", len(raw))
        if len(fields) > len(target.columns):
            last = target.columns[-1]
            raise _rejected(
                f.TOO_MANY_COLUMNS,
                "Extra column(s) found",
                line,
                raw,
                last,
                fields[len(target.columns)],
                positions[len(target.columns)],
            )
        settled: list[str | None] = []
        for value, position, column in zip(fields, positions, target.columns, strict=True):
            one = _null(value, column, text)
            problem = _problem(one, column, text)
            if problem is not None:
                raise _rejected(*problem, line, raw, column, value, position)
            settled.append(one.strip() if one is not None and column.kind != "text" else one)
        yield settled


def _rejected(code: int, reason: str, line: int, raw: str, column: Column, value: str, position: int) -> Rejected:
    size = str(column.size) if column.size else "0"
    if column.precision:
        size = f"{column.precision}, {column.scale}"
    return Rejected(
        code, reason, line, column.name, _SHOWN[column.type], size, position, value[:_KEPT], raw.rstrip("\r\n")[:_KEPT]
    )


def _records(stream: IO[bytes], text: Text) -> Iterator[tuple[int, str]]:
    """(line number of its first line, text) of each record after the skipped lines.

    A quoted newline does not end a CSV record.
    """
    number = 0
    pending, start = "", 0
    for raw in stream:
        number += 1
        if number <= text.skip_lines:
            continue
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            bad = " ".join(f"{byte:x}" for byte in raw[error.start : error.start + 4])
            shown = codecs.decode(raw, "utf-8", "replace").rstrip("\r\n")[:_KEPT]
            reason = f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {bad} (error 3)"
            raise Rejected(f.BAD_UTF8, reason, number, position=error.start, raw_line=shown) from error
        if not pending:
            start = number
        pending += line
        if text.csv and pending.count(text.quote) % 2:
            continue
        yield start, pending
        pending = ""
    if pending:
        raise Rejected(
            f.INVALID_LINE, "Missing newline: Unexpected end of file inside quotes", start, raw_line=pending[:_KEPT]
        )


def _fields(raw: str, line: int, text: Text) -> tuple[list[str], list[int]]:
    body = raw.rstrip("\n").removesuffix("\r")
    if text.csv:
        try:
            (fields,) = list(
                csv.reader(io.StringIO(body), delimiter=text.delimiter, quotechar=text.quote, strict=True)
            ) or [[""]]
        except (csv.Error, ValueError) as error:
            raise Rejected(
                f.INVALID_LINE, f"Invalid quote formatting for CSV: {error}", line, raw_line=body[:_KEPT]
            ) from error
        return (fields or [""]), _positions(fields or [""], body)
    if not text.remove_quotes:
        fields = body.split(text.delimiter)
        return fields, _positions(fields, body)
    return _unquoted(body, line, text.delimiter)


def _positions(fields: list[str], body: str) -> list[int]:
    positions, at = [], 0
    for value in fields:
        found = body.find(value, at) if value else at
        at = found if found >= 0 else at
        positions.append(len(body[:at].encode("utf-8")))
        at += len(value) + 1
    return positions


def _unquoted(body: str, line: int, delimiter: str) -> tuple[list[str], list[int]]:
    """Fields of a REMOVEQUOTES line: a delimiter inside ' or " belongs to the value, the quotes do not."""
    fields, positions, at = [], [], 0
    while True:
        positions.append(len(body[:at].encode("utf-8")))
        quote = body[at : at + 1]
        if quote and quote in "'\"":
            end = body.find(quote + delimiter, at + 1)
            if end < 0:
                if len(body) - 1 > at and body.endswith(quote):
                    end = len(body) - 1
                else:
                    raise Rejected(
                        f.DELIMITER_NOT_FOUND, "Unmatched quote", line, position=positions[-1], raw_line=body[:_KEPT]
                    )
            fields.append(body[at + 1 : end])
            at = end + 1
        else:
            end = body.find(delimiter, at)
            end = len(body) if end < 0 else end
            fields.append(body[at:end])
            at = end
        if at >= len(body):
            return fields, positions
        at += 1
        if at == len(body):
            return [*fields, ""], [*positions, len(body.encode("utf-8"))]


def _null(value: str, column: Column, text: Text) -> str | None:
    if value == text.null_as:
        return None
    if column.kind != "text":
        return value if value.strip() else None
    if not value:
        return None if text.empty_as_null else value
    return None if text.blanks_as_null and not value.strip() else value


_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BOOLEAN = re.compile(r"(?i)t|true|y|yes|1|f|false|n|no|0")
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?([+-]\d{2}(:?\d{2})?)?")

_Problem = tuple[int, str]


def _problem(value: str | None, column: Column, text: Text) -> _Problem | None:
    if value is None:
        return (f.MISSING_NOT_NULL, "Missing data for not-null field") if column.not_null else None
    check = {
        "text": _text,
        "integer": _integer,
        "decimal": _decimal,
        "float": _float,
        "boolean": _boolean,
        "time": _time_of_day,
    }.get(column.kind)
    return check(value, column) if check else _moment(value.strip(), column, text)


def _text(value: str, column: Column) -> _Problem | None:
    if "\0" in value:
        return f.BAD_UTF8, "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: 0 (error 1)"
    size = len(value.encode("utf-8"))
    if column.type == "bpchar":
        if size != len(value):
            bad = next(character for character in value if ord(character) > 127).encode("utf-8")
            shown = " ".join(f"{byte:x}" for byte in bad)
            return (
                f.BAD_CHAR,
                f"Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: {shown}",
            )
        if len(value.rstrip(" ")) > column.size:
            return f.OUT_OF_RANGE, "Char length exceeds DDL length"
    elif column.size and size > column.size and len(value.rstrip(" ").encode("utf-8")) > column.size:
        return f.OUT_OF_RANGE, "String length exceeds DDL length"
    return None


def _integer(value: str, column: Column) -> _Problem | None:
    stripped = value.strip()
    if not _INTEGER.fullmatch(stripped):
        at = next(
            (i for i, c in enumerate(stripped) if not (c.isascii() and c.isdigit()) and not (i == 0 and c in "+-")), 0
        )
        kind = {"int2": "Short", "int4": "Integer", "int8": "Long"}[column.type]
        return f.BAD_DIGIT, f"Invalid digit, Value '{stripped[at : at + 1]}', Pos {at}, Type: {kind}"
    if not -(1 << (INTEGER_BITS[column.type] - 1)) <= int(stripped) < 1 << (INTEGER_BITS[column.type] - 1):
        return f.INTEGER_OVERFLOW, "Overflow for a number value"
    return None


def _decimal(value: str, column: Column) -> _Problem | None:
    stripped = value.strip()
    if not _DECIMAL.fullmatch(stripped):
        at = next(
            (
                i
                for i, c in enumerate(stripped)
                if not (c.isascii() and (c.isdigit() or c == ".")) and not (i == 0 and c in "+-")
            ),
            0,
        )
        return f.BAD_DECIMAL, f"Invalid digit, Value '{stripped[at : at + 1]}', Pos {at}, Type: Decimal"
    whole = stripped.lstrip("+-").partition(".")[0].lstrip("0")
    if column.precision and len(whole) > column.precision - column.scale:
        return f.OUT_OF_RANGE, "Numeric data overflow (result precision)"
    return None


def _float(value: str, column: Column) -> _Problem | None:
    stripped = value.strip()
    if not _FLOAT.fullmatch(stripped):
        return (
            f.BAD_FLOAT,
            f"Invalid digit, Value '{stripped[:1]}', Pos 0, Type: {'Float' if column.type == 'float4' else 'Double'}",
        )
    if float(stripped) in (float("inf"), float("-inf")) or (
        column.type == "float4" and abs(float(stripped)) > 3.4028235677973366e38
    ):
        return f.OUT_OF_RANGE, "Overflow for a number value"
    return None


def _boolean(value: str, column: Column) -> _Problem | None:
    return None if _BOOLEAN.fullmatch(value.strip()) else (f.BAD_BOOLEAN, "Unknown boolean format")


def _time_of_day(value: str, column: Column) -> _Problem | None:
    return None if _TIME.fullmatch(value.strip()) else (f.BAD_TIMESTAMP, "Invalid time format or value")


def _moment(value: str, column: Column, text: Text) -> _Problem | None:
    if column.kind == "date":
        bad = (
            f.BAD_DATE,
            "Invalid Date Format - length must be 10 or more"
            if len(value) < 10
            else "Invalid Date Format or value [YYYY-MM-DD]",
        )
    else:
        bad = (f.BAD_TIMESTAMP, "Error in Timestamp value or format [%Y-%m-%d %H:%M:%S]")
    if not re.match(pattern(column, text), value):
        return bad
    numbers = [
        int(n) for n in re.findall(r"\d+", re.sub(r"(Z|[+-]\d{2}(:?\d{2})?)$", "", value) if len(value) > 10 else value)
    ]
    if len(numbers) == 1:  # 20130101
        numbers = [int(value[:4]), int(value[4:6]), int(value[6:8])]
    try:
        dt.datetime(*numbers[:6])  # type: ignore[arg-type]
    except ValueError:
        return bad
    return None
