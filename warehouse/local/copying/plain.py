"""Judges whether PostgreSQL's COPY reads a block of text as Redshift's does: then its bytes go as they are.

Most blocks match one regular expression (shape.py). All of another is looked at with a few passes of numpy: where its
fields lie, the highest class of character in each of them, and, for dates and times, whether each character stands
where it should. What is in doubt is not plain. What PostgreSQL checks as Redshift does (the range of a number, the days
of a month, UTF-8) is left to it: when it refuses, the file is read again with care.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from warehouse.local.copying.convert import NO_CHARACTER
from warehouse.local.copying.options import Conversion, Layout
from warehouse.local.copying.shape import Shape
from warehouse.local.copying.target import Column, Target
from warehouse.local.copying.work import Feed, NotPlain
from warehouse.local.translate.tokens import literal, quote

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

# Classes of characters. The highest in a field tells what it can be.
_DELIMITER, _NEWLINE, _QUOTE, _BLANK, _DIGIT, _SIGN, _DOT, _EXPONENT, _OTHER, _HIGH, _BAD = range(11)
# The highest class in a number. PostgreSQL reads more as numbers (0x1f, 1_000, infinity), but not of these characters.
_NUMBERS = {"integer": _SIGN, "decimal": _DOT, "float": _EXPONENT}


class Malformed(NotPlain):
    """A block of which not even the fields are certain. Of one that is just not plain they are."""


@dataclass(frozen=True)
class Fields:
    """Where the fields of a block lie: a row of each array for a record, a column for a column.

    `starts` and `ends` are places in `raw` without quotes around the field; `highest` is the highest class in it.
    """

    raw: Bytes
    starts: Places
    ends: Places
    highest: Bytes
    quoted: bool


class Plain:
    """Judges the blocks of one load."""

    def __init__(self, target: Target, layout: Layout, conversion: Conversion) -> None:
        self._target, self._layout, self._how = target, layout, conversion
        none = b"\x01" if layout.delimiter != "\x01" else b"\x02"
        self._quote = layout.quote.encode() if layout.csv else none
        self._marker = conversion.null_as or ""
        self._null = self._marker.encode()
        self._texts = [i for i, column in enumerate(target.columns) if column.is_text]
        self._empty_is_null = conversion.empty_as_null or not self._null
        codes = np.full(256, _OTHER, dtype=np.uint8)
        codes[128:] = _HIGH
        codes[[0, 13]] = _BAD
        codes[list(b" \t\v\f")] = _BLANK
        codes[list(b"0123456789")] = _DIGIT
        codes[list(b"+-")] = _SIGN
        codes[ord(".")] = _DOT
        codes[list(b"eE")] = _EXPONENT
        if layout.csv:
            codes[ord(layout.quote)] = _QUOTE
        codes[ord(layout.delimiter)] = _DELIMITER
        codes[10] = _NEWLINE
        self._codes = codes.tobytes()
        self.shape: Shape | None = Shape(target, layout, conversion)

    @property
    def possible(self) -> bool:
        """False when no block of such a load is plain."""
        how, null = self._how, self._marker
        return (
            not self._layout.widths
            and how.date_format in ("", "auto")
            and how.time_format in ("", "auto")
            and not any(bad in null for bad in ("\0", "\r", "\n", self._layout.delimiter, self._layout.quote or "\0"))
            and all(column.kind not in ("super", "varbyte") for column in self._target.columns)
        )

    def feed(self, data: bytes) -> Feed:
        """The block for PostgreSQL, as it is but for its ends of lines. Raises NotPlain, Malformed."""
        layout = self._layout
        marked = (layout.escape and b"\\" in data) or (layout.remove_quotes and (b'"' in data or b"'" in data))
        if marked or (not layout.csv and self._quote in data):
            raise Malformed("a character with a meaning of its own")
        if not data.endswith(b"\n"):
            data += b"\n"
        with_null = bool(self._null) and self._null in data
        settled = self.shape.settle(data, with_null=with_null) if self.shape else None
        if settled is None:
            settled, fields = self._fields(data)
            self._judge(fields, settled, with_null=with_null)
        return self._options(with_null=with_null), settled

    # --- where the fields are ----------------------------------------------------------------------------------

    def _fields(self, data: bytes) -> tuple[bytes, Fields]:
        raw = np.frombuffer(data, dtype=np.uint8)
        codes = np.frombuffer(data.translate(self._codes), dtype=np.uint8)
        marks = np.flatnonzero(codes <= _QUOTE)
        kinds = codes[marks]
        is_quote = kinds == _QUOTE
        quoted = bool(is_quote.any())
        if quoted:
            _check_quotes(codes, marks[is_quote])
            # Only whether the quotes before a mark are even in number matters, so that eight bits of the sum will do.
            outside = ~is_quote & (np.cumsum(is_quote, dtype=np.uint8) & 1 == 0)
            marks, kinds = marks[outside], kinds[outside]
        if b"\r\n" in data:
            data = _without_returns(raw, marks[kinds == _NEWLINE])
            return self._fields(data)
        width = len(self._target.columns)
        if not _in_order(kinds, width):
            # A delimiter may end the last field, too (AWS t_preparing-input-data).
            ending = self._layout.delimiter.encode() + b"\n"
            if not self._layout.csv and _in_order(kinds, width + 1) and data.count(ending) == len(kinds) // (width + 1):
                return self._fields(data.replace(ending, b"\n"))
            raise Malformed("the number of fields differs")
        starts = np.empty_like(marks)
        starts[0] = 0
        np.add(marks[:-1], 1, out=starts[1:])
        highest = np.maximum.reduceat(codes, starts)
        if quoted:
            opened = codes[starts] == _QUOTE
            starts, marks = starts + opened, marks - opened
        return data, Fields(
            raw, starts.reshape(-1, width), marks.reshape(-1, width), highest.reshape(-1, width), quoted
        )

    # --- what the fields hold ----------------------------------------------------------------------------------

    def _judge(self, fields: Fields, data: bytes, *, with_null: bool) -> None:
        """Look at each column. Raises NotPlain, Malformed."""
        highest = fields.highest
        if highest.max() == _BAD or (self._layout.skip_blank_lines and highest.shape[1] == 1 and highest.min() <= 1):
            raise Malformed("NUL, a carriage return or a blank line")
        if self._how.replacement and not _is_sound(data):
            raise NotPlain("bytes that are to be replaced")
        for index, column in enumerate(self._target.columns):
            one = _Column(fields, index)
            if column.is_text:
                self._text(one, column, with_null=with_null)
            else:
                self._other(one, column, with_null=with_null)

    def _text(self, one: _Column, column: Column, *, with_null: bool) -> None:
        how, top = self._how, one.highest
        if column.type != "varchar" and top.max() >= _HIGH:
            raise NotPlain("a multibyte character in a CHAR")
        if how.blanks_as_null and ((top == _BLANK) & (one.lengths > 0)).any():
            raise NotPlain("a blank string")
        if how.truncate and (one.lengths > column.size).any():
            raise NotPlain("a string that is too long")
        if how.trim_blanks and column.type == "varchar":
            ends = self._blank[one.fields.raw[one.ends - 1]]
            if (ends & (one.lengths > 0)).any():
                raise NotPlain("blanks at the end")
        if with_null and self._empty_is_null and not one.lengths.all():
            raise NotPlain("two kinds of NULL")

    _blank = np.isin(np.arange(256), list(b" \t\n\r\v\f"))

    def _other(self, one: _Column, column: Column, *, with_null: bool) -> None:
        if one.fields.quoted and (one.highest == _QUOTE).any():
            raise NotPlain("quotes around nothing")
        if with_null:
            if not one.lengths.all():
                raise NotPlain("two kinds of NULL")
            one = one.without(self._null)
        elif not one.lengths.all():
            one = one.at(np.flatnonzero(one.lengths))
        if not one.lengths.size:
            return
        if one.highest.min() <= _BLANK:
            raise NotPlain("a blank that is no string")
        if not _KINDS[column.kind](one, column, self._how):
            raise NotPlain(f"a {column.kind} that is not plain")

    def _options(self, *, with_null: bool) -> str:
        """The options of PostgreSQL's COPY for a block."""
        said = f"FORMAT csv, DELIMITER {literal(self._layout.delimiter)}, QUOTE {literal(self._quote.decode())}"
        if with_null:  # a quoted field is NULL, too, when it is the marker
            return f"{said}, NULL {literal(self._marker)}, FORCE_NULL *"
        if not self._texts:
            return f"{said}, NULL ''"
        texts = ", ".join(quote(self._target.columns[index].name) for index in self._texts)
        return f"{said}, NULL '', {'FORCE_NULL' if self._empty_is_null else 'FORCE_NOT_NULL'} ({texts})"


class _Column:
    """The fields of one column."""

    def __init__(self, fields: Fields, index: int, rows: Places | slice = slice(None)) -> None:
        self.fields, self._index, self._rows = fields, index, rows
        self.starts, self.ends = fields.starts[rows, index], fields.ends[rows, index]
        self.highest = fields.highest[rows, index]
        self.lengths = self.ends - self.starts

    def at(self, rows: Places) -> _Column:
        """Some of these fields, by their numbers among them."""
        return _Column(self.fields, self._index, rows if isinstance(self._rows, slice) else self._rows[rows])

    def without(self, text: bytes) -> _Column:
        """The fields that are not `text`."""
        alike = np.flatnonzero(self.lengths == len(text))
        if not alike.size:
            return self
        wanted = np.frombuffer(text, dtype=np.uint8)
        same = (self.heads(len(text), alike) == wanted).all(axis=1)
        keep = np.ones(self.lengths.size, dtype=np.bool_)
        keep[alike[same]] = False
        return self.at(np.flatnonzero(keep))

    def heads(self, size: int, rows: Places | slice = slice(None)) -> Bytes:
        """The first `size` bytes of fields, a row for each."""
        windows: Bytes = sliding_window_view(self.fields.raw, size)[self.starts[rows]]
        return windows

    def tails(self, size: int) -> Bytes:
        """The last `size` bytes of fields; of a field that is shorter, with what stands before it."""
        size = min(size, self.fields.raw.size)
        windows: Bytes = sliding_window_view(self.fields.raw, size)[np.maximum(self.ends - size, 0)]
        return windows


def _is_sound(data: bytes) -> bool:
    try:
        return data.isascii() or not NO_CHARACTER.search(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _in_order(kinds: Bytes, width: int) -> bool:
    if kinds.size == 0 or kinds.size % width:
        return False
    table = kinds.reshape(-1, width)
    return bool((table[:, -1] == _NEWLINE).all() and not table[:, :-1].any())


def _check_quotes(codes: Bytes, quotes: Places) -> None:
    """Each quote opens a field, closes it, or doubles one inside. Raises Malformed."""
    opening, closing = quotes[::2], quotes[1::2]
    before = codes[opening[opening > 0] - 1]
    # The block ends with a newline, so that something stands behind each quote; a carriage return may.
    after = codes[closing + 1]
    if len(opening) != len(closing) or before.max(initial=0) > _QUOTE or not np.isin(after, (0, 1, 2, _BAD)).all():
        raise Malformed("a quote that neither opens nor closes a field")


def _without_returns(raw: Bytes, newlines: Places) -> bytes:
    """A block whose lines end in \\r\\n with ends of \\n. Raises Malformed when not all do."""
    returns = newlines - 1
    if not len(newlines) or returns[0] < 0 or not (raw[returns] == 13).all():
        raise Malformed("lines that end differently")
    kept = np.delete(raw, returns).tobytes()
    if b"\r\n" in kept:  # \r\r\n ends two lines
        raise Malformed("lines that end differently")
    return kept


# --- the kinds of values: True when PostgreSQL takes them as Redshift does, or refuses them ---------------------------


def _is_number(one: _Column, column: Column, how: Conversion) -> bool:
    return bool(one.highest.max() <= _NUMBERS[column.kind])


def _is_decimal(one: _Column, column: Column, how: Conversion) -> bool:
    if one.highest.max() > _DOT or (column.precision == 19 and one.lengths.max() > 18):
        return False
    if how.round:
        return True
    # COPY cuts the digits that the column has no place for, PostgreSQL rounds: there must be none.
    pointed = one.at(np.flatnonzero(one.highest == _DOT)) if one.highest.min() < _DOT else one
    return not pointed.lengths.size or bool((pointed.tails(column.scale + 1) == ord(".")).any(axis=1).all())


_WORDS = {1: (b"t", b"f", b"y", b"n", b"1", b"0"), 2: (b"no",), 3: (b"yes",), 4: (b"true",), 5: (b"false",)}


def _is_boolean(one: _Column, column: Column, how: Conversion) -> bool:
    for size in np.unique(one.lengths):
        rows = np.flatnonzero(one.lengths == size)
        seen = {bytes(word).lower() for word in np.unique(one.heads(int(size), rows), axis=0)} if size <= 5 else {b""}
        if not seen <= set(_WORDS.get(int(size), ())):
            return False
    return True


# Of each place of a pattern, the lowest and the highest character. The hour 24 and the second 60 are no more in it than
# they are in Redshift's dates; PostgreSQL would take them.
_BOUNDS = {"d": "09", "s": "+-", "m": "05", "h": "02"}
_DATE = "dddd-dd-dd"
_CLOCK = "hd:md:md"
_FRACTIONS = [_CLOCK + "." + "d" * digits for digits in range(1, 7)]
_ZONES = ["", "sdd", "sdd:dd"]
_PATTERNS = {
    "date": [_DATE],
    "timestamp": [_DATE] + [f"{_DATE} {clock}{zone}" for clock in (_CLOCK, *_FRACTIONS) for zone in _ZONES],
    "time": ["hd:md", _CLOCK, *_FRACTIONS],
}


def _compiled(pattern: str) -> tuple[Bytes, Bytes]:
    bounds = [_BOUNDS.get(place, place * 2) for place in pattern]
    low, high = (np.frombuffer("".join(b[i] for b in bounds).encode(), dtype=np.uint8) for i in (0, 1))
    return low, high


_BY_SIZE: dict[str, dict[int, list[tuple[str, Bytes, Bytes]]]] = {}
for _kind, _patterns in _PATTERNS.items():
    for _pattern in _patterns:
        _BY_SIZE.setdefault(_kind, {}).setdefault(len(_pattern), []).append((_pattern, *_compiled(_pattern)))


def _is_moment(one: _Column, column: Column, how: Conversion) -> bool:
    known = _BY_SIZE[column.kind]
    shortest, longest = int(one.lengths.min()), int(one.lengths.max())
    for size in {shortest} if shortest == longest else {int(size) for size in np.unique(one.lengths)}:
        if size not in known:
            return False
        rows = slice(None) if shortest == longest else np.flatnonzero(one.lengths == size)
        heads = one.heads(size, rows)
        fits: Flags = np.zeros(len(heads), dtype=np.bool_)
        for pattern, low, high in known[size]:
            one_fits = ((heads >= low) & (heads <= high)).all(axis=1)
            if (at := pattern.find("hd")) >= 0:
                one_fits &= (heads[:, at] < ord("2")) | (heads[:, at + 1] < ord("4"))
            fits |= one_fits
        if not fits.all():
            return False
    return True


_KINDS = {
    "integer": _is_number, "float": _is_number, "decimal": _is_decimal, "boolean": _is_boolean, "date": _is_moment,
    "timestamp": _is_moment, "time": _is_moment,
}  # fmt: skip
