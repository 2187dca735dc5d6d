"""Values on their way into a column's type: from Python, from another Arrow type, and to the text that COPY reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from warehouse.schema import ColumnDesign

if TYPE_CHECKING:
    import pyarrow as pa


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
    alike = len(kinds) <= 1 and not kinds & {dict, list, tuple, Decimal}
    if not alike or (kinds == {int} and any(value is not None and abs(value) >> 63 for value in values)):
        # Numbers as they print, so that none passes through a float.
        values = [None if value is None else _plain_text(value) for value in values]
    return pa.array(values)


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _dumped(value) if isinstance(value, Mapping | list | tuple) else str(value)


def _dumped(value: Any) -> str:
    return json.dumps(value, default=_number_or_text, ensure_ascii=False)


def _number_or_text(value: Any) -> Any:
    # JSON has one kind of number, and Python writes its own float only.
    return float(value) if isinstance(value, Decimal) else str(value)


def cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if array.type == kind:
        return array
    if pa.types.is_floating(array.type) and not pa.types.is_floating(kind):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    if pa.types.is_timestamp(array.type) and pa.types.is_timestamp(kind) and array.type.tz and not kind.tz:
        # TIMESTAMP holds UTC, as COPY reads a text with an offset.
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    if pa.types.is_timestamp(kind) and _is_string(array.type):
        return _read_timestamps(array, kind)
    if pa.types.is_decimal(kind) and pa.types.is_integer(array.type):
        # Arrow wants room for the widest integer; the values have to fit, not their type.
        array = array.cast(pa.decimal128(38, kind.scale))
    return array.cast(kind)


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

    if pa.types.is_null(array.type):
        return array.cast(pa.string())
    if kind.startswith("time") and (pa.types.is_time(array.type) or _is_string(array.type)):
        return array.cast(pa.string())
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
