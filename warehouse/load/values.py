"""Values on their way into a column's type: from Python, from another Arrow type, and to the text that COPY reads."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from numbers import Number
from typing import TYPE_CHECKING, Any
from uuid import UUID

from warehouse.schema import ColumnDesign

if TYPE_CHECKING:
    import pyarrow as pa

_OFFSET = r"(?i)(Z|[+-]\d{2}(:?\d{2}){0,2})\s*$"
# What says the same as text.
_PRINTABLE = (str, Number, Decimal, dt.date, dt.time, dt.timedelta, UUID)


def from_python(values: list[Any], column: ColumnDesign) -> pa.Array:
    """Python's values as Arrow has them; where their types differ, as text, which the column's type then reads."""
    import pyarrow as pa

    if column.redshift_type.name == "super":
        return pa.array([None if value is None else _dumped(value) for value in values], pa.string())
    if column.redshift_type.name == "binary varying":
        return pa.array(
            [value.hex() if isinstance(value, bytes | bytearray) else value for value in values], pa.string()
        )
    kinds = {type(value) for value in values if value is not None}
    # Arrow would drop the offset of a time of day, and the digits of a Decimal.
    alike = len(kinds) <= 1 and not kinds & {dict, list, tuple, Decimal, dt.time}
    if not alike or (kinds == {int} and any(value is not None and abs(value) >> 63 for value in values)):
        # Numbers as they print, so that none passes through a float.
        values = [None if value is None else _plain_text(value) for value in values]
    return pa.array(values)


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.time) and value.tzinfo is not None and value.utcoffset() is None:
        raise ValueError(f"a time of day in {value.tzinfo} has no offset without a date")
    if isinstance(value, Mapping | list | tuple):
        return _dumped(value)
    if isinstance(value, bytes | bytearray):
        raise ValueError("bytes go with bytes only")
    if not isinstance(value, _PRINTABLE):
        # Its str() would be a text about it.
        raise ValueError(f"{type(value).__name__} is no value of a column")
    return str(value)


def _dumped(value: Any) -> str:
    # JSON has no NaN and no infinity.
    return json.dumps(value, default=_number_or_text, ensure_ascii=False, allow_nan=False)


def _number_or_text(value: Any) -> Any:
    # JSON has one kind of number, and Python writes its own float only.
    return float(value) if isinstance(value, Decimal) else str(value)


def cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """The values in another type. Raises ArrowInvalid or ValueError where one would be lost or become another."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if array.type == kind:
        return array
    if pa.types.is_floating(array.type) and not pa.types.is_floating(kind):
        _refuse(pc.is_nan(array), "NaN is no value of this type")
    if pa.types.is_boolean(kind) and (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
        _refuse(pc.and_(pc.not_equal(array, 0), pc.not_equal(array, 1)), "of the numbers only 0 and 1 are booleans")
    if pa.types.is_timestamp(array.type) and pa.types.is_timestamp(kind) and array.type.tz and not kind.tz:
        # TIMESTAMP holds UTC, as COPY reads a text with an offset.
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    if pa.types.is_timestamp(kind) and _is_string(array.type):
        return _read_timestamps(array, kind)
    if pa.types.is_decimal(kind) and pa.types.is_integer(array.type):
        # Arrow wants room for the widest integer; the values have to fit, not their type.
        array = array.cast(pa.decimal128(38, kind.scale))
    done = array.cast(kind)
    if pa.types.is_floating(kind):
        _refuse_out_of_range(array, done)
    if pa.types.is_timestamp(array.type) and pa.types.is_date(kind):
        local = array.cast(pa.timestamp(array.type.unit))
        _refuse(pc.not_equal(done.cast(local.type), local), "its time of day would be lost")
    return done


def _refuse(wrong: pa.BooleanArray, why: str) -> None:
    import pyarrow.compute as pc

    if pc.any(wrong).as_py():
        raise ValueError(why)


def _refuse_out_of_range(array: pa.Array, done: pa.Array) -> None:
    """A cast to a floating type makes too large a number infinite, and too small a one zero, without a word."""
    import pyarrow as pa
    import pyarrow.compute as pc

    infinite, zero = pc.is_inf(done), pc.equal(done, 0)
    if _is_string(array.type):
        _refuse(pc.and_(infinite, pc.match_substring_regex(array, r"\d")), "it is out of range")
        _refuse(pc.and_(zero, pc.match_substring_regex(array, r"^[^eE]*[1-9]")), "it is out of range")
    elif pa.types.is_floating(array.type):
        _refuse(pc.and_not(infinite, pc.is_inf(array)), "it is out of range")
        _refuse(pc.and_(zero, pc.not_equal(array, 0)), "it is out of range")
    else:
        _refuse(infinite, "it is out of range")


def _is_string(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _read_timestamps(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """ISO 8601 texts as timestamps: with an offset an instant, which a TIMESTAMP holds in UTC; without one in UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc

    zoned = pc.fill_null(pc.match_substring_regex(array, r"(Z|[+-]\d{2}:?\d{2}|:\d{2}[+-]\d{2})\s*$"), False)
    instants = pc.if_else(zoned, array, None).cast(pa.timestamp(kind.unit, "UTC"))
    local = pc.if_else(zoned, None, array).cast(pa.timestamp(kind.unit))
    if kind.tz:
        return pc.if_else(zoned, instants, pc.assume_timezone(local, "UTC"))
    return pc.if_else(zoned, instants.cast(pa.timestamp(kind.unit)), local)


def as_text(array: pa.Array, kind: str) -> pa.Array:
    """Values of a type that travels as text, as COPY reads it: SUPER as JSON, VARBYTE in hexadecimal digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(array.type):
        return array.cast(pa.string())
    if kind.startswith("time") and (pa.types.is_time(array.type) or _is_string(array.type)):
        texts = array.cast(pa.string())
        if kind == "time without time zone":
            _refuse(pc.match_substring_regex(texts, _OFFSET), "TIME has no offset: declare TIMETZ")
        return texts
    write = {"super": _json_text, "binary varying": _hexadecimal}.get(kind, str)
    return pa.array([None if value is None else write(value) for value in array.to_pylist()], pa.string())


def _json_text(value: Any) -> str:
    if isinstance(value, str):
        # Text is JSON already; what is not would become something else on the way.
        json.loads(value)
        return value
    return _dumped(value)


def _hexadecimal(value: Any) -> str:
    return bytes.fromhex(value).hex() if isinstance(value, str) else bytes(value).hex()
