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
# The offset behind a moment, and the one that changes nothing.
_ZONED = r"(Z|[+-]\d{2}:?\d{2}|:\d{2}[+-]\d{2})\s*$"
_IN_UTC = r"(Z|[+-]00:?00|:\d{2}[+-]00)\s*$"
# How many microseconds the units of an epoch are.
_EPOCHS = {"epochsecs": 1_000_000, "epochmillisecs": 1_000}
# As COPY does, which knows no other blanks.
_BLANK = r"^[ \t\n\v\f\r]+$"
# What says the same as text.
_PRINTABLE = (str, Number, Decimal, dt.date, dt.time, dt.timedelta, UUID)


class Unfit(ValueError):
    """A value that a type cannot hold, and what to do about it where that is known."""

    def __init__(self, why: str, next_step: str = "") -> None:
        super().__init__(why)
        self.next_step = next_step


class _Digits(Exception):
    """There is a number whose digits Python's own JSON would not keep."""


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
        if column.redshift_type.name == "timestamp without time zone":
            # Once they are text, an offset says no longer what it is of.
            values = [_in_utc(value) if isinstance(value, dt.datetime) else value for value in values]
        # Numbers as they print, so that none passes through a float.
        values = [None if value is None else _plain_text(value) for value in values]
    return pa.array(values)


def _in_utc(value: dt.datetime) -> dt.datetime:
    return value if value.tzinfo is None else value.astimezone(dt.UTC)


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.time) and value.tzinfo is not None and value.utcoffset() is None:
        raise ValueError(f"a time of day in {value.tzinfo} has no offset without a date")
    if isinstance(value, Mapping | list | tuple):
        return _dumped(value)
    if isinstance(value, bytes | bytearray):
        raise ValueError("bytes go with bytes only")
    if not isinstance(value, _PRINTABLE) or isinstance(value, complex):
        # Its str() would be a text about it.
        raise ValueError(f"{type(value).__name__} is no value of a column")
    return str(value)


def _dumped(value: Any) -> str:
    # JSON has no NaN and no infinity.
    try:
        return json.dumps(value, default=_within_json, ensure_ascii=False, allow_nan=False)
    except _Digits:
        return _written(value)


def _within_json(value: Any) -> Any:
    """What JSON has for a value that is none of its own; the str() of what is no value would be a text about it."""
    if isinstance(value, Decimal):
        raise _Digits
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        # numpy's arrays and numbers.
        return value.tolist()
    if not isinstance(value, _PRINTABLE) or isinstance(value, complex):
        raise ValueError(f"JSON has no {type(value).__name__}")
    return str(value)


def _written(value: Any) -> str:
    """JSON as _dumped writes it, with every digit of a Decimal: Python writes its own numbers only."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no JSON number")
        return str(value)
    if isinstance(value, dict):
        # Python's own way with keys: {"key": 0} without its value and its brace.
        fields = (f"{json.dumps({key: 0}, ensure_ascii=False)[1:-2]}{_written(one)}" for key, one in value.items())
        return f"{{{', '.join(fields)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    if value is None or isinstance(value, str | int | float):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _written(_within_json(value))


def cast(array: pa.Array, kind: pa.DataType, timeformat: str | None = "auto") -> pa.Array:
    """The values in another type; with the `timeformat` epochsecs or epochmillisecs whole numbers are moments, too.

    Raises ArrowInvalid or ValueError where a value would be lost or become another.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if array.type == kind:
        return array
    if array.null_count == len(array):
        # Nothing but NULL, of whatever type.
        return pa.nulls(len(array), kind)
    if (
        timeformat in _EPOCHS
        and pa.types.is_timestamp(kind)
        and (array := _since_epoch(array, timeformat)).type == kind
    ):
        return array
    _refuse_another_meaning(array.type, kind)
    if pa.types.is_floating(array.type) and not pa.types.is_floating(kind):
        _refuse(pc.is_nan(array), "NaN is no value of this type")
    if pa.types.is_boolean(kind) and (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
        _refuse(pc.and_(pc.not_equal(array, 0), pc.not_equal(array, 1)), "of the numbers only 0 and 1 are booleans")
    if pa.types.is_timestamp(array.type) and pa.types.is_timestamp(kind) and array.type.tz and not kind.tz:
        # TIMESTAMP holds UTC.
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


def _since_epoch(array: pa.Array, timeformat: str) -> pa.Array:
    """Whole numbers, and texts of digits, as moments of UTC; other types as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _is_string(array.type):
        _refuse(
            pc.invert(pc.match_substring_regex(array, r"^[+-]?\d{1,18}$")), f"timeformat={timeformat!r} reads digits"
        )
        array = pc.cast(pc.ascii_ltrim(array, "+"), pa.int64())
    if not pa.types.is_integer(array.type):
        return array
    return pc.multiply_checked(array.cast(pa.int64()), _EPOCHS[timeformat]).cast(pa.timestamp("us"))


def _refuse_another_meaning(have: pa.DataType, want: pa.DataType) -> None:
    """Arrow takes a day or a moment for the number that it is stored as, and such a number for a day or a moment."""
    import pyarrow as pa

    if _is_number(have) and pa.types.is_temporal(want):
        raise Unfit(
            "a number is no day and no moment",
            "Nothing was loaded. Convert the numbers to dates or timestamps; where JSON lines or mappings count from "
            "1970, say timeformat='epochsecs' or 'epochmillisecs' (--time-format).",
        )
    if pa.types.is_temporal(have) and _is_number(want):
        raise Unfit(
            "a date, a moment or a span of time is no number", "Nothing was loaded. Convert it to a number first."
        )
    if pa.types.is_duration(have):
        raise Unfit("a span of time has no form here", "Nothing was loaded. Convert it to a text or a number first.")


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _is_no_clock(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return _is_number(kind) or bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


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
    """ISO 8601 texts as timestamps: with an offset an instant, without one in UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc

    zoned = pc.fill_null(pc.match_substring_regex(array, _ZONED), False)
    if not kind.tz:
        # Whether COPY drops the offset or counts it AWS does not say; of +00:00 both are the same.
        abroad = pc.and_not(zoned, pc.fill_null(pc.match_substring_regex(array, _IN_UTC), False))
        if pc.any(abroad).as_py():
            raise Unfit(
                "TIMESTAMP has no offset, and it is not said whether this one is to be dropped or counted",
                "Nothing was loaded. Deliver the moments in UTC and without an offset, or declare TIMESTAMPTZ.",
            )
    instants = pc.if_else(zoned, array, None).cast(pa.timestamp(kind.unit, "UTC"))
    local = pc.if_else(zoned, None, array).cast(pa.timestamp(kind.unit))
    if kind.tz:
        return pc.if_else(zoned, instants, pc.assume_timezone(local, "UTC"))
    return pc.if_else(zoned, instants.cast(pa.timestamp(kind.unit)), local)


def blanks_as_null(array: pa.Array, *, empty: bool, blank: bool) -> pa.Array:
    """Texts with NULL instead of the `empty` ones and of those that are `blank`, as COPY's EMPTYASNULL and BLANKSASNULL
    have it."""
    import pyarrow.compute as pc

    if empty:
        array = pc.if_else(pc.equal(array, ""), None, array)
    if blank:
        array = pc.if_else(pc.match_substring_regex(array, _BLANK), None, array)
    return array


def as_text(array: pa.Array, kind: str) -> pa.Array:
    """Values of a type that travels as text, as COPY reads it: SUPER as JSON, VARBYTE in hexadecimal digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(array.type):
        return array.cast(pa.string())
    if kind.startswith("time") and array.null_count < len(array) and _is_no_clock(array.type):
        # A text of digits would be read as hours, minutes and seconds.
        raise Unfit("it is no time of day", "Nothing was loaded. Convert it to a time of day first.")
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
