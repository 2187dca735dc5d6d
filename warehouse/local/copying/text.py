"""CSV and delimited files to what PostgreSQL's COPY takes, whole blocks at a time.

Arrow reads a block as strings; NULLs are settled and the bytes of each column are checked with one table look-up; then
the block
goes out as CSV in which a value is quoted and NULL is empty, so that no value can be mistaken for NULL. What does not
pass is not
judged here: `NotPlain` sends the file to diagnose.py, which reads it row by row and says what is wrong.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from warehouse.local.copying import lines
from warehouse.local.copying.options import Conversion, Layout
from warehouse.local.copying.target import QUOTED, Column, Target
from warehouse.local.copying.work import Feed, NotPlain, Work

# Bytes of text that Arrow parses at a time; memory is a small multiple of it.
BLOCK = 4 << 20


def read(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The file's rows, for PostgreSQL. Raises NotPlain."""
    how = work.options.layout
    # What Arrow does not read as Redshift does is read record by record from the start.
    if work.careful or how.escape or how.remove_quotes or how.widths or not is_plain(work.options.conversion):
        nul = work.options.conversion.null_as == "\0"
        yield from work.convert(lines.records(stream, how, columns=len(work.target.columns), nul=nul))
        return
    for chunk in _chunks(stream, work.target, Text(how, work.options.conversion)):
        yield QUOTED, chunk


def is_plain(how: Conversion) -> bool:
    """True when no conversion parameter asks for a look at each value."""
    return not (
        how.trim_blanks
        or how.truncate
        or how.fill
        or how.replacement
        or how.any_date
        or how.round
        or how.null_as == "\0"
        or how.date_format not in ("", "auto")
        or how.time_format not in ("", "auto")
    )


@dataclass(frozen=True)
class Text:
    """How a text file reads."""

    layout: Layout
    conversion: Conversion


def _chunks(stream: IO[bytes], target: Target, text: Text) -> Iterator[bytes]:
    names = [column.name for column in target.columns]
    for _ in range(text.layout.skip_lines):
        if b"\r" in stream.readline().removesuffix(b"\r\n"):
            raise NotPlain("lines that end in a carriage return alone")
    try:
        reader = pcsv.open_csv(
            _Watched(stream, text, len(names)),
            read_options=pcsv.ReadOptions(column_names=names, block_size=BLOCK, use_threads=True),
            parse_options=pcsv.ParseOptions(
                delimiter=text.layout.delimiter,
                quote_char=text.layout.quote or False,
                double_quote=True,
                newlines_in_values=text.layout.csv,
                ignore_empty_lines=text.layout.skip_blank_lines,
            ),
            convert_options=pcsv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                null_values=[text.conversion.null_as],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        for batch in reader:
            yield as_csv([settle(batch.column(i), column, text) for i, column in enumerate(target.columns)], names)
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise NotPlain(str(error)) from error


class _Watched(io.RawIOBase):
    """Looks at a file's bytes as they are read, for what Arrow reads differently from Redshift. Raises NotPlain.

    Arrow drops a byte order mark; it makes a row of an empty line; it takes quotes with blanks beside them for data,
    where Redshift ignores those blanks (copy-parameters-data-format); and it lets text stand behind a closing quote.
    In a plain file each quote opens or closes a value, or doubles one inside: the number of those before it says which.
    """

    def __init__(self, stream: IO[bytes], text: Text, columns: int) -> None:
        self._stream = stream
        self._begun = False
        # The byte before what is looked at, and how many quotes came before that byte.
        self._last = b"\n"
        self._quotes = 0
        self._blank_lines_matter = columns > 1 and not text.layout.skip_blank_lines
        self._quote = text.layout.quote.encode()
        self._beside_quote = _table(text.layout.delimiter.encode() + b"\r\n" + self._quote)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        if not self._begun and data.startswith(codecs.BOM_UTF8):
            raise NotPlain("a byte order mark")
        self._begun = True
        seen = self._last + data
        if self._blank_lines_matter and any(ends in seen for ends in (b"\n\n", b"\n\r", b"\r\r")):
            raise NotPlain("an empty line")
        if self._quote and (self._quotes or self._quote in seen):
            self._look_at_quotes(seen, last=not data)
        self._last = seen[-1:]
        return len(data)

    def _look_at_quotes(self, seen: bytes, *, last: bool) -> None:
        raw = np.frombuffer(seen, dtype=np.uint8)
        places = np.flatnonzero(raw == self._quote[0])
        closes = (self._quotes + np.arange(len(places))) % 2 == 1
        opening, closing = places[~closes], places[closes]
        before = raw[opening[opening > 0] - 1]
        after = raw[closing[closing < len(raw) - 1] + 1]
        if not (self._beside_quote[before].all() and self._beside_quote[after].all()):
            raise NotPlain("a quote that neither opens nor closes a value")
        if last and (self._quotes + len(places)) % 2:
            raise NotPlain("a quote that is not closed")
        # The last byte is looked at again with what follows it.
        self._quotes += len(places) - (seen[-1:] == self._quote)


_OPTIONS = pcsv.WriteOptions(include_header=False, quoting_style="needed")


def as_csv(arrays: list[pa.Array], names: list[str]) -> bytes:
    """Columns of strings as CSV: a value is quoted, NULL is empty."""
    sink = io.BytesIO()
    pcsv.write_csv(pa.record_batch(arrays, names=names), sink, _OPTIONS)
    return sink.getvalue()


def settle(values: pa.Array, column: Column, text: Text) -> pa.Array:
    """Make NULL what the options and the column's type make NULL, and check that the rest is plain."""
    if column.kind == "text":
        if text.conversion.empty_as_null:
            values = pc.if_else(pc.equal(values, ""), None, values)
        if text.conversion.blanks_as_null:
            blank = pc.and_(pc.equal(pc.ascii_trim_whitespace(values), ""), pc.not_equal(values, ""))
            values = pc.if_else(blank, None, values)
        if b"\0" in _bytes(values):
            raise NotPlain("NUL in a string")
    else:
        # Empty and blank fields of any other type are always NULL (copy-parameters-data-conversion, EMPTYASNULL).
        if b" " in _bytes(values) or pc.any(pc.equal(values, "")).as_py():
            values = pc.if_else(pc.equal(pc.ascii_trim_whitespace(values), ""), None, values)
        _check(values, column, text)
        if column.kind == "decimal":
            values = _truncate(values, column)
    if column.not_null and values.null_count:
        raise NotPlain("NULL for a NOT NULL column")
    return values


def _bytes(values: pa.Array) -> bytes:
    data = values.buffers()[2]
    return b"" if data is None else bytes(data.to_pybytes())


def _table(allowed: bytes) -> np.ndarray[Any, np.dtype[np.bool_]]:
    table = np.zeros(256, dtype=np.bool_)
    table[list(allowed)] = True
    return table


# Bytes that a plain number is made of. The words that PostgreSQL would take as well (infinity, 0x1f, 1_000) need
# others; a value of these bytes that is no number is left to PostgreSQL, which refuses it.
_DIGITS = b"0123456789"
_PLAIN = {
    "integer": _table(_DIGITS + b"+- "),
    "decimal": _table(_DIGITS + b"+-. "),
    "float": _table(_DIGITS + b"+-.eE "),
}
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIMESTAMP = r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}(:?\d{2})?)?)?"
_DATE_AUTO = r"\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{8}"
_TIMESTAMP_AUTO = (
    r"(\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2})"
    r"([ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?"
)
_TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?([+-]\d{2}(:?\d{2})?)?"
# The words of AWS's page on the type; PostgreSQL would take their beginnings, too, and on and off.
_BOOLEAN = r"(?i)\s*(t|true|y|yes|1|f|false|n|no|0)\s*"
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$"


def pattern(column: Column, text: Text) -> str:
    """What the whole of a date, time or boolean must match, for `column` under the options; "" for other kinds."""
    if column.kind == "date":
        return _DATE_AUTO if text.conversion.date_format == "auto" else _DATE
    if column.kind == "timestamp":
        return _TIMESTAMP_AUTO if text.conversion.time_format == "auto" else _TIMESTAMP
    return {"time": _TIME, "boolean": _BOOLEAN}.get(column.kind, "")


def _truncate(values: pa.Array, column: Column) -> pa.Array:
    """COPY cuts the digits that a DECIMAL has no place for (ROUNDEC is there to round them); PostgreSQL would round."""
    if not pc.any(pc.match_substring_regex(values, rf"\.\d{{{column.scale + 1}}}")).as_py():
        return values
    if not pc.all(pc.match_substring_regex(values, _NUMBER)).as_py():
        raise NotPlain("a decimal that is not plain")
    if column.scale:
        return pc.replace_substring_regex(values, rf"(\.\d{{{column.scale}}})\d+", r"\1")
    # .5 keeps a whole part
    return pc.replace_substring_regex(pc.replace_substring_regex(values, r"^(\s*[+-]?)\.", r"\10."), r"\.\d*", "")


def _check(values: pa.Array, column: Column, text: Text) -> None:
    if regex := pattern(column, text):
        # Equal neighbours are common in a sorted column: look at each distinct value once.
        distinct = values.dictionary_encode().dictionary
        if not pc.all(pc.match_substring_regex(distinct, f"^(?:{regex})$")).as_py() and len(distinct):
            raise NotPlain(f"a {column.kind} that is not plain")
        return
    allowed = _PLAIN.get(column.kind)
    if allowed is None:
        raise NotPlain(f"a {column.kind}")
    # A NULL marker such as NA keeps its bytes under a null entry: where they do not pass, look at the values alone.
    if not allowed[_raw(values)].all() and not allowed[_raw(values.drop_null())].all():
        raise NotPlain(f"a {column.kind} that is not plain")


def _raw(values: pa.Array) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The bytes of all values, one after the other."""
    _, places, data = values.buffers()
    if data is None or not len(values):
        return np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(places, dtype=np.int32)
    return np.frombuffer(data, dtype=np.uint8)[offsets[values.offset] : offsets[values.offset + len(values)]]
