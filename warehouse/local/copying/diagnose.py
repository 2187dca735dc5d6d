"""Finds what is wrong with a text file, row by row, in the words of Redshift's load errors.

Only read when a file did not load: speed does not matter here, being right about file, line, column and reason does.
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from collections.abc import Iterator
from typing import IO

from warehouse.local.copying import failure as f
from warehouse.local.copying.failure import Rejected
from warehouse.local.copying.options import Text
from warehouse.local.copying.target import INTEGER_BITS, Column, Target
from warehouse.local.copying.text import pattern

# White space of ASCII only: what else looks blank is a character like any other.
_BLANKS = " \t\n\r\v\f"
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
    for line, raw, fields, positions in _records(stream, text):
        if text.skip_blank_lines and not raw.strip("\r\n"):
            continue
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
            settled.append(_plain(one, column) if one is not None and column.kind != "text" else one)
        yield settled


def _rejected(code: int, reason: str, line: int, raw: str, column: Column, value: str, position: int) -> Rejected:
    size = str(column.size) if column.size else "0"
    if column.precision:
        size = f"{column.precision}, {column.scale}"
    return Rejected(
        code, reason, line, column.name, _SHOWN[column.type], size, position, value[:_KEPT], raw.rstrip("\r\n")[:_KEPT]
    )


def _records(stream: IO[bytes], text: Text) -> Iterator[tuple[int, str, list[str], list[int]]]:
    """(number of its first line, its text, fields, their places) of each record after the skipped lines.

    A newline inside quotes does not end a CSV record.
    """
    record = _CsvRecord(text)
    pending, start = "", 0
    for number, raw in enumerate(_lines(stream), 1):
        if number <= text.skip_lines:
            continue
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            bad = " ".join(f"{byte:x}" for byte in raw[error.start : error.start + 4])
            shown = codecs.decode(raw, "utf-8", "replace").rstrip("\r\n")[:_KEPT]
            reason = f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {bad} (error 3)"
            raise Rejected(f.BAD_UTF8, reason, number, position=error.start, raw_line=shown) from error
        if not text.csv:
            body = line.rstrip("\r\n")
            if text.remove_quotes:
                fields, places = _unquoted(body, number, text.delimiter)
            else:
                fields = body.split(text.delimiter)
                places = _places(fields, body)
            yield number, line, fields, places
            continue
        if not pending:
            start = number
        pending += line
        try:
            whole = record.feed(line)
        except ValueError as error:
            reason = f"Invalid quote formatting for CSV: {error}"
            raise Rejected(f.INVALID_LINE, reason, start, raw_line=pending.rstrip("\r\n")[:_KEPT]) from error
        if whole:
            yield start, pending, record.fields, [len(pending[:at].encode("utf-8")) for at in record.places]
            record, pending = _CsvRecord(text), ""
    if pending:
        reason = "Missing newline: Unexpected end of file inside quotes"
        raise Rejected(f.INVALID_LINE, reason, start, raw_line=pending[:_KEPT])


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends, which are \\n, \\r\\n or \\r alone, as the fast path reads them."""
    for line in stream:
        if b"\r" in line:
            yield from re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", line)
        else:
            yield line


def _places(fields: list[str], body: str) -> list[int]:
    """Where each field of a delimited line begins, in bytes."""
    places, at = [], 0
    for value in fields:
        places.append(at)
        at += len(value.encode("utf-8")) + 1
    return places


class _CsvRecord:
    """The fields of one CSV record, read line by line.

    Blanks between a quote and the delimiter are ignored (copy-parameters-data-format); those of an unquoted field
    belong to it.
    """

    def __init__(self, text: Text) -> None:
        self._text = text
        self._blanks = " " if text.delimiter == "\t" else " \t"
        self.fields: list[str] = []
        # Where each field begins in the record's text, in characters.
        self.places: list[int] = []
        self._quoted: list[str] | None = None
        self._seen = 0

    def feed(self, line: str) -> bool:
        """Take one more line; True when the record ends with it. Raises ValueError for text behind a closing quote."""
        delimiter, quote = self._text.delimiter, self._text.quote
        body = line.rstrip("\r\n")
        at = 0
        while True:
            if self._quoted is None:
                begin = at
                while body[at : at + 1] and body[at] in self._blanks:
                    at += 1
                self.places.append(self._seen + begin)
                if body[at : at + 1] != quote:
                    end = body.find(delimiter, begin)
                    self.fields.append(body[begin:end] if end >= 0 else body[begin:])
                    if end < 0:
                        return True
                    at = end + 1
                    continue
                self._quoted = []
                at += 1
            end = line.find(quote, at)
            if end < 0:  # the value goes on in the next line
                self._quoted.append(line[at:])
                self._seen += len(line)
                return False
            self._quoted.append(line[at:end])
            at = end + 1
            if line[at : at + 1] == quote:
                self._quoted.append(quote)
                at += 1
                continue
            self.fields.append("".join(self._quoted))
            self._quoted = None
            while body[at : at + 1] and body[at] in self._blanks:
                at += 1
            if at >= len(body):
                return True
            if body[at] != delimiter:
                raise ValueError("text behind a closing quote")
            at += 1


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


def _plain(value: str, column: Column) -> str:
    value = value.strip(_BLANKS)
    if column.kind != "decimal" or "." not in value:
        return value
    # COPY cuts the digits that a DECIMAL has no place for (ROUNDEC is there to round them); PostgreSQL would round.
    whole, _, digits = value.partition(".")
    return f"{whole}.{digits[: column.scale]}" if column.scale else whole if whole.strip("+-") else f"{whole}0"


def _null(value: str, column: Column, text: Text) -> str | None:
    if value == text.null_as:
        return None
    if column.kind != "text":
        return value if value.strip(_BLANKS) else None
    if not value:
        return None if text.empty_as_null else value
    return None if text.blanks_as_null and not value.strip(_BLANKS) else value


_INTEGER = re.compile(r"(?a)[+-]?\d+")
_DECIMAL = re.compile(r"(?a)[+-]?(\d+\.?\d*|\.\d+)")
_FLOAT = re.compile(r"(?a)[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

_Problem = tuple[int, str]


def _problem(value: str | None, column: Column, text: Text) -> _Problem | None:
    if value is None:
        return (f.MISSING_NOT_NULL, "Missing data for not-null field") if column.not_null else None
    check = {
        "text": _text,
        "integer": _integer,
        "decimal": _decimal,
        "float": _float,
    }.get(column.kind)
    return check(value, column) if check else _by_pattern(value.strip(_BLANKS), column, text)


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
    stripped = value.strip(_BLANKS)
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
    stripped = value.strip(_BLANKS)
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
    stripped = value.strip(_BLANKS)
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


def _by_pattern(value: str, column: Column, text: Text) -> _Problem | None:
    if column.kind == "date":
        bad = (
            f.BAD_DATE,
            "Invalid Date Format - length must be 10 or more"
            if len(value) < 10
            else "Invalid Date Format or value [YYYY-MM-DD]",
        )
    elif column.kind == "boolean":
        bad = (f.BAD_BOOLEAN, "Unknown boolean format")
    elif column.kind == "time":
        bad = (f.BAD_TIMESTAMP, "Invalid time format or value")
    else:
        bad = (f.BAD_TIMESTAMP, "Error in Timestamp value or format [%Y-%m-%d %H:%M:%S]")
    if not re.fullmatch(pattern(column, text), value, re.ASCII):
        return bad
    if column.kind not in ("date", "timestamp"):
        return None
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
