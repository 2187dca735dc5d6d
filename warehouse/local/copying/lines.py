"""Text files to records: delimited, CSV, with escapes or surrounding quotes, fixed width.

Speed does not matter here, being right about line, field and place does: files of plain text go another way (text.py).
Source: AWS copy-parameters-data-format, copy-parameters-data-conversion (ESCAPE, REMOVEQUOTES), tutorial-loading-run-
copy (what a NUL does, how fixed-width fields are counted).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO

from warehouse.local.copying import failure as f
from warehouse.local.copying.failure import KEPT, Rejected
from warehouse.local.copying.options import Layout
from warehouse.local.copying.records import Record


def records(
    stream: IO[bytes] | Iterable[bytes], how: Layout, *, columns: int, nul: bool = False, first: int = 1
) -> Iterator[Record | Rejected]:
    """Each record, or why it is none.

    `columns` is how many fields a record should have: a delimiter may end the last one too (t_preparing-input-data).
    `nul` says that NUL is a character like others (NULL AS '\\0'); elsewhere it ends a record. `first` is the number of
    the stream's first line.
    """
    numbered = enumerate(_lines(stream), first)
    for number, line in numbered:
        if how.skip_blank_lines and not line.strip("\r\n"):
            continue
        try:
            if how.csv:
                yield _csv(number, line, numbered, how, nul=nul)
            else:
                yield _plain(number, line, numbered, how, columns, nul=nul)
        except Rejected as rejected:
            yield rejected


def _lines(stream: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends, which are \\n, \\r\\n or \\r alone. Bytes that are no UTF-8 become lone surrogates."""
    for line in stream:
        if b"\r" in line:
            for part in re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", line):
                yield part.decode("utf-8", "surrogateescape")
        else:
            yield line.decode("utf-8", "surrogateescape")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _plain(number: int, line: str, more: Iterator[tuple[int, str]], how: Layout, columns: int, *, nul: bool) -> Record:
    body = line.rstrip("\r\n")
    if "\0" in body and not nul:
        body = body[: body.index("\0")]  # an end of record; what follows is lost
    if how.widths:
        return _fixed(number, body, how.widths)
    if how.escape:
        # An escaped end of line goes on in the next.
        while _ends_escaped(body) and line != body:
            _, after = next(more, (0, ""))
            body, line = body + line[len(body) :] + after.rstrip("\r\n"), body + line[len(body) :] + after
            if not after:
                break
    if how.remove_quotes or how.escape:
        values, places = _marked(body, number, how)
    else:
        values = list(body.split(how.delimiter))
        places, at = [], 0
        for value in values:
            places.append(at)
            at += _size(value or "") + 1
    if len(values) == columns + 1 and values[-1] == "":
        del values[-1]
    return Record(number, line, values, places)


def _ends_escaped(body: str) -> bool:
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1


def _fixed(number: int, body: str, widths: tuple[int, ...]) -> Record:
    """A line cut by widths, which count characters. A place is told as clusters do: one before the field."""
    values: list[str | None] = []
    places: list[int] = []
    at = 0
    for width in widths:
        if values and at >= len(body):
            break
        values.append(body[at : at + width])
        places.append(_size(body[:at]) - 1)
        at += width
    if body[at:].strip():
        values.append(body[at:])
        places.append(_size(body[:at]) - 1)
    return Record(number, body, values, places)


def _marked(body: str, number: int, how: Layout) -> tuple[list[str | None], list[int]]:
    """The fields of a line under ESCAPE, REMOVEQUOTES or both.

    A backslash takes the next character as it is. Quotes around a field do not belong to it; a delimiter inside them
    does.
    """
    values: list[str | None] = []
    places: list[int] = []
    at, end = 0, len(body)
    while True:
        places.append(_size(body[:at]))
        kept: list[str] = []
        start = at
        quote = body[at] if how.remove_quotes and at < end and body[at] in "'\"" else ""
        at += len(quote)
        closed = False
        while at < end:
            character = body[at]
            if how.escape and character == "\\" and at + 1 < end:
                kept.append(body[at + 1])
                at += 2
                continue
            if quote and character == quote and (at + 1 == end or body[at + 1] == how.delimiter):
                closed = True
                at += 1
                break
            if character == how.delimiter and not quote:
                break
            kept.append(character)
            at += 1
        if quote and not closed:
            raise Rejected(
                f.DELIMITER_NOT_FOUND, "Delimiter not found", number, position=places[-1], raw_line=body[:KEPT]
            )
        # \N stands for NULL as it is, and escaped as \\N (copy-parameters-data-conversion, ESCAPE).
        values.append("\\N" if how.escape and body[start:at] == "\\N" else "".join(kept))
        if at >= end:
            return values, places
        at += 1


def _csv(number: int, line: str, more: Iterator[tuple[int, str]], how: Layout, *, nul: bool) -> Record:
    """The record that begins with `line`, and takes lines of `more` while a quote is open."""
    record = _CsvRecord(how)
    raw = [line]
    while True:
        if not nul and "\0" in line:
            at = line.index("\0")
            behind = line[at + 1 : at + 2]
            if behind not in ("", "\n", "\r"):
                told = "".join(raw)[:KEPT]
                code = ord(behind.encode("utf-8", "surrogateescape")[:1])
                reason = f"Missing newline: Unexpected character 0x{code:x} found at location {_size(line[: at + 1])}"
                raise Rejected(f.UNKNOWN, reason, number, raw_line=told.partition("\0")[0])
            line = line[:at] + line[at + 1 :]
        try:
            whole = record.feed(line)
        except ValueError as error:
            reason = "Invalid quote formatting for CSV"
            place = _size("".join(raw)[: error.args[0]])
            raise Rejected(
                f.DELIMITER_NOT_FOUND, reason, number, position=place, raw_line="".join(raw).rstrip("\r\n")[:KEPT]
            ) from error
        if whole:
            text = "".join(raw)
            places = [_size(text[:at]) for at in record.places]
            return Record(number, text, record.fields, places)
        _, line = next(more, (0, ""))
        if not line:
            reason = "Missing newline: Unexpected end of file inside quotes"
            raise Rejected(f.INVALID_LINE, reason, number, raw_line="".join(raw)[:KEPT])
        raw.append(line)


class _CsvRecord:
    """The fields of one CSV record, read line by line.

    Blanks between a quote and the delimiter are ignored (copy-parameters-data-format); those of an unquoted field
    belong to it. A quote inside an unquoted field, or text behind a closing quote, is an error.
    """

    def __init__(self, how: Layout) -> None:
        self._delimiter, self._quote = how.delimiter, how.quote
        self._blanks = "".join(blank for blank in " \t" if blank not in (how.delimiter, how.quote))
        self.fields: list[str] = []
        # Where each field begins in the record's text, in characters.
        self.places: list[int] = []
        self._quoted: list[str] | None = None
        self._seen = 0

    def feed(self, line: str) -> bool:
        """Take one more line; True when the record ends with it. Raises ValueError(place) for a quote out of place."""
        delimiter, quote = self._delimiter, self._quote
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
                    value = body[begin:end] if end >= 0 else body[begin:]
                    if quote in value:
                        raise ValueError(self._seen + begin + value.index(quote))
                    self.fields.append(value)
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
                raise ValueError(self._seen + at)
            at += 1
