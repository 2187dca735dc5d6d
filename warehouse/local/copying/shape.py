"""One regular expression for the records that PostgreSQL's COPY reads as Redshift's does: most blocks of text match it.

RE2 goes over a block once, in a fifth of the time that it takes to find its fields and judge each (plain.py). What
matches is plain; what does not may be plain all the same, and is looked at field by field.
"""

from __future__ import annotations

import struct

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.local.copying.options import Conversion, Layout
from warehouse.local.copying.target import Column, Target

# The hour 24 and the second 60 are no more in these than they are in Redshift's dates; PostgreSQL would take them.
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND = r":[0-5][0-9](?:\.[0-9]{1,6})?"
_VALUES = {
    "integer": "[-+]?[0-9]+",
    "float": "[-+.0-9][-+.0-9eE]*",
    "boolean": "(?i:t|f|y|n|1|0|no|yes|true|false)",
    "date": _DATE,
    "timestamp": f"{_DATE}(?: {_MINUTE}{_SECOND}(?:[-+][0-9]{{2}}(?::[0-9]{{2}})?)?)?",
    "time": f"{_MINUTE}(?:{_SECOND})?",
}


class Shape:
    """The shape of the plain records of one load."""

    def __init__(self, target: Target, layout: Layout, how: Conversion) -> None:
        columns = target.columns
        self._possible = not (
            how.blanks_as_null or how.trim_blanks or how.truncate or how.replacement
            or (layout.skip_blank_lines and len(columns) == 1)
            # The largest numbers of 19 digits are beyond Redshift's 64 bits.
            or any(column.precision == 19 for column in columns)
            or any(column.kind in ("super", "varbyte") for column in columns)
        )  # fmt: skip
        self._delimiter = layout.delimiter.encode()
        self._csv = layout.csv
        if self._possible:
            self._records = {null: _record(columns, layout, how, null=null) for null in (False, True)}

    def settle(self, data: bytes, *, with_null: bool) -> bytes | None:
        """The block for PostgreSQL, or None when it is not certain to be plain.

        `with_null` tells that the text that stands for NULL is in it: then no other field is empty.
        """
        if not self._possible:
            return None
        record = self._records[with_null]
        if _match(rf"\A(?:{record}\n)*\z", data):
            return data
        # A delimiter may end the last field, too (AWS t_preparing-input-data).
        if not self._csv and _match(rf"\A(?:{record}{_literal(self._delimiter)}\n)*\z", data):
            return data.replace(self._delimiter + b"\n", b"\n")
        return None


def _match(pattern: str, data: bytes) -> bool:
    # The bytes as they lie: a copy would cost as much as the match.
    ends = pa.py_buffer(struct.pack("=ii", 0, len(data)))
    block = pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(data)])
    try:
        return bool(pc.match_substring_regex(block, pattern)[0].as_py())
    except pa.ArrowInvalid:  # more columns than RE2 has room for
        return False


def _record(columns: tuple[Column, ...], layout: Layout, how: Conversion, *, null: bool) -> str:
    return _literal(layout.delimiter.encode()).join(_field(column, layout, how, null=null) for column in columns)


def _field(column: Column, layout: Layout, how: Conversion, *, null: bool) -> str:
    marker = (how.null_as or "").encode()
    quote = _literal(layout.quote.encode()) if layout.csv else ""
    if column.is_text:
        # A NUL and a carriage return have no place, and a CHAR has single bytes only.
        never = r"\r\x00" if column.type == "varchar" else r"\r\x00\x80-\xff"
        times = "+" if null and (how.empty_as_null or not marker) else "*"
        forms = [rf"[^{_literal(layout.delimiter.encode())}{quote}\n{never}]{times}"]
        quoted = rf"(?:[^{quote}{never}]|{quote}{quote}){times}"
    else:
        quoted = _decimal(column, how) if column.kind == "decimal" else _VALUES[column.kind]
        forms = [quoted]
    if quote:
        forms.append(f"{quote}(?:{quoted}){quote}")
    if null:
        forms += [_literal(marker)] + ([quote + _literal(marker) + quote] if quote else [])
    elif not column.is_text:
        forms.append("")
    return f"(?:{'|'.join(forms)})"


def _decimal(column: Column, how: Conversion) -> str:
    # COPY cuts the digits that the column has no place for, PostgreSQL rounds: there must be none.
    digits = "[0-9]*" if how.round else f"[0-9]{{0,{column.scale}}}"
    return rf"[-+]?(?:[0-9]+(?:\.{digits})?|\.{digits})"


def _literal(raw: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in raw)
