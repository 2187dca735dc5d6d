"""CSV and delimited files to what PostgreSQL's COPY takes, whole blocks at a time.

Arrow reads a block as strings; NULLs are settled and the bytes of each column are checked with one table look-up; then
the block
goes out as CSV in which a value is quoted and NULL is empty, so that no value can be mistaken for NULL. What does not
pass is not
judged here: `NotPlain` sends the file to diagnose.py, which reads it row by row and says what is wrong.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from warehouse.local.copying.options import Text
from warehouse.local.copying.target import Column, Target

# Bytes of text that Arrow parses at a time; memory is a small multiple of it.
BLOCK = 4 << 20


class NotPlain(Exception):
    """A block holds something that only a look at each row can judge."""


def chunks(stream: IO[bytes], target: Target, text: Text) -> Iterator[bytes]:
    """The file as CSV for PostgreSQL. Raises NotPlain."""
    names = [column.name for column in target.columns]
    try:
        reader = pcsv.open_csv(
            stream,
            read_options=pcsv.ReadOptions(
                column_names=names, skip_rows=text.skip_lines, block_size=BLOCK, use_threads=True
            ),
            parse_options=pcsv.ParseOptions(
                delimiter=text.delimiter,
                quote_char=text.quote or False,
                double_quote=True,
                newlines_in_values=text.csv,
                ignore_empty_lines=text.skip_blank_lines,
            ),
            convert_options=pcsv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                null_values=[text.null_as],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        for batch in reader:
            yield as_csv([_settle(batch.column(i), column, text) for i, column in enumerate(target.columns)], names)
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise NotPlain(str(error)) from error


_OPTIONS = pcsv.WriteOptions(include_header=False, quoting_style="needed")


def as_csv(arrays: list[pa.Array], names: list[str]) -> bytes:
    """Columns of strings as CSV: a value is quoted, NULL is empty."""
    sink = io.BytesIO()
    pcsv.write_csv(pa.record_batch(arrays, names=names), sink, _OPTIONS)
    return sink.getvalue()


def _settle(values: pa.Array, column: Column, text: Text) -> pa.Array:
    """Make NULL what the options and the column's type make NULL, and check that the rest is plain."""
    if column.kind == "text":
        if text.empty_as_null:
            values = pc.if_else(pc.equal(values, ""), None, values)
        if text.blanks_as_null:
            blank = pc.and_(pc.equal(pc.utf8_trim_whitespace(values), ""), pc.not_equal(values, ""))
            values = pc.if_else(blank, None, values)
        if b"\0" in memoryview(values.buffers()[2] or b"").tobytes():
            raise NotPlain("NUL in a string")
    else:
        # Empty and blank fields of any other type are always NULL (copy-parameters-data-conversion, EMPTYASNULL).
        if pc.any(pc.equal(values, "")).as_py():
            values = pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), None, values)
        _check(values, column, text)
    if column.not_null and values.null_count:
        raise NotPlain("NULL for a NOT NULL column")
    return values


def _table(allowed: bytes) -> np.ndarray[Any, np.dtype[np.bool_]]:
    table = np.zeros(256, dtype=np.bool_)
    table[list(allowed)] = True
    return table


# Bytes that a plain value of each kind is made of. The words that PostgreSQL would take as well (now, infinity, 0x1f,
# 1_000) need
# others; a value of these bytes that is none of its kind is left to PostgreSQL, which refuses it.
_DIGITS = b"0123456789"
_PLAIN = {
    "integer": _table(_DIGITS + b"+- "),
    "decimal": _table(_DIGITS + b"+-. "),
    "float": _table(_DIGITS + b"+-.eE "),
    "boolean": _table(b"01tfTFyYnNrueRUEalsALSoO "),
    "time": _table(_DIGITS + b":.+- "),
}
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_DATE_AUTO = r"^\d{4}[-/]?\d{1,2}[-/]?\d{1,2}$"
_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}(:?\d{2})?)?)?$"
_TIMESTAMP_AUTO = r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?$"


def pattern(column: Column, text: Text) -> str:
    """The regular expression that a date or timestamp must match, for `column` under the options.

    "" for other kinds.
    """
    if column.kind == "date":
        return _DATE_AUTO if text.date_format == "auto" else _DATE
    if column.kind == "timestamp":
        return _TIMESTAMP_AUTO if text.time_format == "auto" else _TIMESTAMP
    return ""


def _check(values: pa.Array, column: Column, text: Text) -> None:
    if regex := pattern(column, text):
        # Equal neighbours are common in a sorted column: look at each distinct value once.
        distinct = values.dictionary_encode().dictionary
        if not pc.all(pc.match_substring_regex(distinct, regex)).as_py() and len(distinct):
            raise NotPlain(f"a {column.kind} that is not plain")
        return
    _, _, data = values.buffers()
    if data is None:
        return
    raw = np.frombuffer(data, dtype=np.uint8)
    if len(values):
        offsets = np.frombuffer(values.buffers()[1], dtype=np.int32)
        raw = raw[offsets[values.offset] : offsets[values.offset + len(values)]]
    if not _PLAIN[column.kind][raw].all():
        # A NULL marker such as NA keeps its bytes under a null entry: look again at the values alone.
        dense = values.drop_null()
        packed = np.frombuffer(pc.binary_join(pa.array([dense.to_pylist()]), " ").buffers()[2] or b"", dtype=np.uint8)
        if not _PLAIN[column.kind][packed].all():
            raise NotPlain(f"a {column.kind} that is not plain")
