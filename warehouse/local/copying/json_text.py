"""COPY from JSON: objects or arrays, one behind the other, with nothing but white space between them.

Read record by record, every value is the text that stands in the file: a number keeps its digits, an object or an array
is loaded as it is written, without the line breaks and the indentation behind them. A file of plain objects is read by
Arrow, in blocks, as long as each value is of the kind of its column.
Source: AWS copy-parameters-data-format (JSON), copy-usage_notes-copy-from-json.
"""

from __future__ import annotations

import codecs
import decimal
import json
import re
from collections.abc import Iterator, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import IO, Any

from warehouse.local.copying import failure as f
from warehouse.local.copying import json_blocks
from warehouse.local.copying.failure import CopyError, Rejected
from warehouse.local.copying.jsonpaths import NOT_AN_ARRAY, NOT_AN_OBJECT, Mapping, Path, mapping
from warehouse.local.copying.records import Record
from warehouse.local.copying.target import Column
from warehouse.local.copying.work import Feed, Work

# The most that one object or array may take (AWS).
LIMIT = 4 << 20
_WINDOW = 1 << 20

_blanks = re.compile(r"[ \t\n\r]*").match
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|"|[{}\[\]]', re.DOTALL)
_BRACKET = re.compile(r"[{\[]")
# A line break outside strings, with what indents the next line: there is none inside a string of JSON.
_BREAK = re.compile(r"[ \t]*[\r\n]\s*")

# Where a value begins and ends in the text, and what it is: numbers as they are written.
_Value = tuple[int, int, Any]


def read(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The file's rows, for PostgreSQL. Raises NotPlain, CopyError."""
    found = mapping(work.options.argument, work.target, work.store)
    if not work.careful and json_blocks.takes(found, work):
        yield from json_blocks.feeds(stream, work)
        return
    yield from work.convert(records(stream, found, work.target.columns, work.options.layout.skip_lines))


def records(
    stream: IO[bytes], found: Mapping, columns: Sequence[Column], skip_lines: int
) -> Iterator[Record | Rejected]:
    """Each object or array as a record; what is none is rejected. Raises CopyError for one that is too large."""
    source = _Source(stream, skip_lines)
    while True:
        source.skip_blanks()
        if source.done:
            return
        if source.text[source.at] not in "{[":
            yield _rejected(source, source.garbage())
            continue
        at = source.at
        try:
            document = _Document(source.text, at)
        except (ValueError, IndexError, StopIteration, RecursionError):
            end = _closing(source.text, at)
            if end < 0 and source.more():
                continue
            yield _rejected(source, end if end >= 0 else len(source.text))
            continue
        source.check(document.end)
        raw = source.text[at : document.end]
        source.step(document.end)
        try:
            values = [document.find(path, fold=found.fold) for path in found.paths]
        except _NoSuchPart as error:
            yield Rejected(f.INVALID_LINE, str(error), source.line, raw_line=raw[: f.KEPT])
            continue
        texts = [document.text_of(value, column) for value, column in zip(values, columns, strict=True)]
        yield Record(source.line, raw, texts, _Places(raw, at, values))


def _no_constant(name: str) -> None:
    raise ValueError(name)


_decoder: Any = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)
# (text, place) to (value, where it ends); what a value is need not be looked at.
_scan = _decoder.scan_once


def _closing(text: str, at: int) -> int:
    """Where the bracket at `at` is closed, however broken what stands between is; -1 when it is not."""
    depth = 0
    for token in _TOKEN.finditer(text, at):
        sign = token[0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
            if not depth:
                return token.end()
    return -1


def _rejected(source: _Source, end: int) -> Rejected:
    raw = source.text[source.at : end]
    source.step(end)
    return Rejected(f.INVALID_LINE, "Invalid value.", source.line, raw_line=raw[: f.KEPT])


class _Source:
    """The file's text, as much of it as is looked at, and the number of the line where that begins."""

    def __init__(self, stream: IO[bytes], skip_lines: int) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._ended = False
        self.text, self.at, self.line = "", 0, 1
        for _ in range(skip_lines):
            stream.readline()
            self.line += 1

    @property
    def done(self) -> bool:
        return self._ended and self.at == len(self.text)

    def more(self) -> bool:
        """Read on; False at the end of the file."""
        if self._ended:
            return False
        self.check(len(self.text))
        data = self._stream.read(_WINDOW)
        self._ended = not data
        self.text = self.text[self.at :] + self._decoder.decode(data, final=self._ended)
        self.at = 0
        return True

    def check(self, end: int) -> None:
        """Raises CopyError when what stands before `end` is too large for one object."""
        if end - self.at > LIMIT // 4 and len(self.text[self.at : end].encode("utf-8", "surrogateescape")) > LIMIT:
            raise CopyError(
                f"A JSON object that ends behind line {self.line} exceeds the maximum size of {LIMIT} bytes"
            )

    def step(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def skip_blanks(self) -> None:
        while True:
            match = _blanks(self.text, self.at)
            assert match
            self.step(match.end())
            if self.at < len(self.text) or not self.more():
                return

    def garbage(self) -> int:
        """Where that ends which is neither white space nor an object nor an array."""
        while True:
            found = _BRACKET.search(self.text, self.at)
            if found or not self.more():
                end = found.start() if found else len(self.text)
                return self.at + len(self.text[self.at : end].rstrip())


class _NoSuchPart(Exception):
    """A path leads through what is no object or array."""


class _Document:
    """An object or array that begins at `at` of a text; its parts are looked into as far as the paths lead.

    Raises ValueError, IndexError, StopIteration or RecursionError when it is not well-formed, or not all there.
    """

    def __init__(self, text: str, at: int) -> None:
        self._text, self._at = text, at
        self._objects: dict[int, dict[str, _Value]] = {}
        self._arrays: dict[int, list[_Value]] = {}
        if text[at] == "{":
            self._objects[at], self.end = _members(text, at)
        else:
            self._arrays[at], self.end = _elements(text, at)

    def find(self, path: Path, *, fold: bool) -> _Value | None:
        """The part that `path` leads to; None when an object on the way has no such member. Raises _NoSuchPart."""
        at, value = self._at, (self._at, self.end, None)
        for step in path:
            at = value[0]
            if isinstance(step, int):
                if self._text[at] != "[":
                    raise _NoSuchPart(NOT_AN_ARRAY)
                if at not in self._arrays:
                    self._arrays[at] = _elements(self._text, at)[0]
                if step >= len(self._arrays[at]):
                    raise _NoSuchPart(NOT_AN_ARRAY)
                value = self._arrays[at][step]
                continue
            if self._text[at] != "{":
                raise _NoSuchPart(NOT_AN_OBJECT)
            if at not in self._objects:
                self._objects[at] = _members(self._text, at)[0]
            members = self._objects[at]
            if fold:
                members = self._objects[at] = {name.lower(): member for name, member in members.items()}
                fold = False
            if step not in members:
                return None
            value = members[step]
        return value

    def text_of(self, value: _Value | None, column: Column) -> str | None:
        """A value as the converter takes it."""
        if value is None:
            return None
        start, end, parsed = value
        sign = self._text[start]
        if sign == "n":
            return None
        written = self._text[start:end]
        if column.kind == "super":
            return written
        if sign == '"':
            return str(parsed)
        if sign in "{[":
            return _BREAK.sub("", written)
        if column.kind in ("integer", "decimal") and sign not in "tf" and ("e" in written or "E" in written):
            return _plain(written)
        return written


def _members(text: str, at: int) -> tuple[dict[str, _Value], int]:
    """The members of the object that begins at `at`, and where it ends."""
    found: dict[str, _Value] = {}
    at = _next(text, at + 1)
    if text[at] == "}":
        return found, at + 1
    while True:
        if text[at] != '"':
            raise ValueError("a name is missing")
        name, at = scanstring(text, at + 1, True)
        at = _next(text, at)
        if text[at] != ":":
            raise ValueError("a colon is missing")
        at = _next(text, at + 1)
        value, end = _scan(text, at)
        found[name] = (at, end, value)
        at = _next(text, end)
        if text[at] == "}":
            return found, at + 1
        if text[at] != ",":
            raise ValueError("a comma is missing")
        at = _next(text, at + 1)


def _elements(text: str, at: int) -> tuple[list[_Value], int]:
    """The elements of the array that begins at `at`, and where it ends."""
    found: list[_Value] = []
    at = _next(text, at + 1)
    if text[at] == "]":
        return found, at + 1
    while True:
        value, end = _scan(text, at)
        found.append((at, end, value))
        at = _next(text, end)
        if text[at] == "]":
            return found, at + 1
        if text[at] != ",":
            raise ValueError("a comma is missing")
        at = _next(text, at + 1)


def _next(text: str, at: int) -> int:
    if text[at] > " ":
        return at
    match = _blanks(text, at)
    assert match
    return match.end()


def _plain(number: str) -> str:
    """A number without its exponent, digit for digit."""
    value = decimal.Decimal(number)
    # What is far beyond every type would only fill the memory.
    return format(value, "f") if abs(value.adjusted()) < 100 else number


class _Places(Sequence[int]):
    """Where each value begins in a record, in bytes; worked out when it is asked for."""

    def __init__(self, raw: str, at: int, values: Sequence[_Value | None]) -> None:
        self._raw, self._at, self._values = raw, at, values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: Any) -> Any:
        value = self._values[index]
        return len(self._raw[: value[0] - self._at].encode("utf-8", "surrogateescape")) if value else 0
