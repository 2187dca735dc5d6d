"""Blocks of text whose fields are in order, but whose values are not all plain: Arrow changes whole columns of them.

NULLs are settled, decimals cut, and the characters of each column checked with one table look-up; then the block goes
out as CSV in which a value is quoted and NULL is empty. What does not pass is judged record by record.
"""

from __future__ import annotations

import codecs
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from warehouse.local.copying.options import Conversion, Layout
from warehouse.local.copying.target import Column, Target
from warehouse.local.copying.work import NotPlain


def is_plain(how: Conversion) -> bool:
    """True when no conversion parameter asks for a look at each value."""
    return not (
        how.trim_blanks
        or how.truncate
        or how.replacement
        or how.any_date
        or how.round
        or how.null_as == "\0"
        or how.date_format not in ("", "auto")
        or how.time_format not in ("", "auto")
    )


class Vectors:
    """Converts the blocks of one load, where it can."""

    def __init__(self, target: Target, layout: Layout, conversion: Conversion) -> None:
        self._target, self._layout, self._how = target, layout, conversion
        self._names = [str(index) for index in range(len(target.columns))]

    @property
    def possible(self) -> bool:
        """False when each record of such a load has to be looked at."""
        layout = self._layout
        return not (
            layout.escape
            or layout.remove_quotes
            or not is_plain(self._how)
            or any(column.kind in ("super", "varbyte") for column in self._target.columns)
        )

    def convert(self, data: bytes) -> bytes:
        """The block as CSV for PostgreSQL. Raises NotPlain."""
        if data.startswith(codecs.BOM_UTF8):
            raise NotPlain("a byte order mark, which Arrow drops")
        layout = self._layout
        try:
            table = pcsv.read_csv(
                pa.BufferReader(data),
                read_options=pcsv.ReadOptions(
                    column_names=self._names, block_size=max(len(data), 1), use_threads=False
                ),
                parse_options=pcsv.ParseOptions(
                    delimiter=layout.delimiter,
                    quote_char=layout.quote or False,
                    double_quote=True,
                    newlines_in_values=layout.csv,
                    ignore_empty_lines=layout.skip_blank_lines,
                ),
                convert_options=pcsv.ConvertOptions(
                    column_types=dict.fromkeys(self._names, pa.string()),
                    null_values=[self._how.null_as],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            raise NotPlain(str(error)) from error
        columns = [
            settle(column.combine_chunks(), of, self._how)
            for column, of in zip(table.columns, self._target.columns, strict=True)
        ]
        return as_csv(columns, self._names)


_OPTIONS = pcsv.WriteOptions(include_header=False, quoting_style="needed")


def as_csv(arrays: list[pa.Array], names: list[str]) -> bytes:
    """Columns of strings as CSV: a value is quoted, NULL is empty."""
    sink = io.BytesIO()
    pcsv.write_csv(pa.record_batch(arrays, names=names), sink, _OPTIONS)
    return sink.getvalue()


def settle(values: pa.Array, column: Column, how: Conversion) -> pa.Array:
    """Make NULL what the options and the column's type make NULL, and check that the rest is plain."""
    if column.kind == "text":
        if how.empty_as_null:
            values = pc.if_else(pc.equal(values, ""), None, values)
        if how.blanks_as_null:
            blank = pc.and_(pc.equal(pc.ascii_trim_whitespace(values), ""), pc.not_equal(values, ""))
            values = pc.if_else(blank, None, values)
        if b"\0" in _bytes(values):
            raise NotPlain("NUL in a string")
        if column.type == "bpchar" and not _bytes(values).isascii():
            raise NotPlain("a multibyte character in a CHAR")
    else:
        # Empty and blank fields of any other type are always NULL (copy-parameters-data-conversion, EMPTYASNULL).
        if b" " in _bytes(values) or pc.any(pc.equal(values, "")).as_py():
            values = pc.if_else(pc.equal(pc.ascii_trim_whitespace(values), ""), None, values)
        _check(values, column, how)
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
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_TIMESTAMP = rf"\d{{4}}-\d{{2}}-\d{{2}}( {_CLOCK}(\.\d{{1,6}})?([+-]\d{{2}}(:?\d{{2}})?)?)?"
_DATE_AUTO = r"\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{8}"
_TIMESTAMP_AUTO = (
    r"(\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2})"
    r"([ T]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?"
)
_TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?([+-]\d{2}(:?\d{2})?)?"
# The words of AWS's page on the type; PostgreSQL would take their beginnings, too, and on and off.
_BOOLEAN = r"(?i)\s*(t|true|y|yes|1|f|false|n|no|0)\s*"
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$"


def _pattern(column: Column, how: Conversion) -> str:
    """What the whole of a date, time or boolean must match, for `column` under the options; "" for other kinds."""
    if column.kind == "date":
        return _DATE_AUTO if how.date_format == "auto" else _DATE
    if column.kind == "timestamp":
        return _TIMESTAMP_AUTO if how.time_format == "auto" else _TIMESTAMP
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


def _check(values: pa.Array, column: Column, how: Conversion) -> None:
    if regex := _pattern(column, how):
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
