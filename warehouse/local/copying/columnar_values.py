"""What a column of a Parquet or ORC file is to a column of the table: which forms fit, and each value as text."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.local.copying import failure as f
from warehouse.local.copying.convert import replaced
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.target import Column
from warehouse.local.copying.work import Work
from warehouse.objectstore import split_uri

# A string within a SUPER is at most as long as a VARCHAR.
_MOST_STRING = 65535
_REGION = "us-east-1"
_SHOWN = {
    "int2": "SMALLINT", "int4": "INT", "int8": "BIGINT", "float4": "FLOAT", "float8": "DOUBLE", "bool": "BOOLEAN",
    "date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ", "time": "TIME", "timetz": "TIMETZ",
    "varbyte": "VARBYTE",
}  # fmt: skip
_WHOLE = {
    "int2": (pa.int8(), pa.int16(), pa.uint8()),
    "int4": (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16()),
    "int8": (pa.int64(), pa.uint32(), pa.uint64()),
}
# The years 1 to 9999, which Arrow writes as PostgreSQL reads them.
_PLAIN_YEARS = {
    unit: tuple(int(day.astype(int)) for day in np.array(["0001-01-01", "9999-12-31"], f"M8[{unit}]"))
    for unit in ("D", "us")
}

# PostgreSQL's first day, 4714-11-24 BC: the day 0 of the Julian period.
_FIRST_DAY = {pa.date32(): -2_440_588, pa.timestamp("us"): -2_440_588 * 86_400_000_000}


def fits(column: Column, kind: pa.DataType) -> bool:
    """True when Spectrum reads such a column of a file into `column`."""
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    if column.type in _WHOLE:
        return kind in _WHOLE[column.type]
    if column.kind == "text":
        return bool(_is_string(kind) or _is_binary(kind))
    if column.kind == "decimal":
        if not types.is_decimal(kind):
            return False
        return bool(not column.precision or (kind.scale == column.scale and kind.precision <= column.precision))
    checks = {
        "float4": types.is_float32(kind),
        "float8": types.is_float64(kind),
        "bool": types.is_boolean(kind),
        "date": types.is_date(kind),
        "timestamp": types.is_timestamp(kind),
        "timestamptz": types.is_timestamp(kind),
        "varbyte": _is_string(kind) or _is_binary(kind),
        # Spectrum has no type TIME.
        "time": False,
        "timetz": False,
    }
    return bool(checks[column.type])


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def shown(column: Column) -> str:
    """A column's type as Spectrum's errors show it."""
    if column.kind == "decimal":
        return f"DECIMAL({column.precision}, {column.scale})"
    return {"varchar": "VARCHAR", "bpchar": "CHAR"}.get(column.type) or _SHOWN[column.type]


def address(uri: str) -> str:
    """An object as Spectrum's errors name it."""
    bucket, key = split_uri(uri)
    return f"https://s3.{_REGION}.amazonaws.com/{bucket}/{key}"


def spectrum(context: str) -> CopyError:
    """An error of Spectrum: what is wrong stands in the detail."""
    rule = "-" * 47
    lines = ("", rule, "error:  Spectrum Scan Error", "code:      15007", f"context:   {context}", "query:     0",
             "location:  ", "process:   ", rule)  # fmt: skip
    return CopyError("Spectrum Scan Error", detail="\n  ".join(lines))


def texts(array: pa.Array, column: Column, work: Work, *, json: bool) -> pa.Array:
    """The values of an array as PostgreSQL reads them. Raises CopyError for one that `column` does not take."""
    array = checked(array, column, work)
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), pa.string())
    if column.kind == "super":
        return pa.array([_serialized(value, json) for value in array.to_pylist()], pa.string())
    if column.kind == "text":
        return array
    if column.kind == "varbyte":
        return _bytes(array, column, work)
    if pa.types.is_temporal(array.type):
        return _moments(array, column)
    return pc.cast(array, pa.string())


def checked(array: pa.Array, column: Column, work: Work) -> pa.Array:
    """The values of an array, held against the column. Raises CopyError for what does not fit.

    Those of a column of text are strings; dates are days, and moments microseconds of UTC without a zone.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if column.not_null and array.null_count:
        raise CopyError(f"Cannot insert a NULL value into column {column.name}")
    if pa.types.is_null(array.type) or column.kind == "super":
        return array
    if column.kind == "text":
        return _strings(array, column, work)
    return _finite(array) if pa.types.is_temporal(array.type) else array


def absent(rows: int, column: Column) -> pa.Array:
    """A column that the file does not have."""
    if column.not_null:
        raise CopyError(f"Cannot insert a NULL value into column {column.name}")
    return pa.nulls(rows, pa.string())


def _strings(array: pa.Array, column: Column, work: Work) -> pa.Array:
    by = work.options.conversion.replacement
    try:
        array = pc.cast(array.cast(pa.binary()), pa.string())  # looks at the bytes, too
    except pa.ArrowInvalid as error:
        if not by or column.type != "varchar":
            raise spectrum("String contains invalid or unsupported UTF8 codepoints") from error
        array = _replaced(array, column, work)
    _fit(pc.binary_length(array), column, work)
    if column.type == "bpchar" and not pc.all(pc.string_is_ascii(array)).as_py() and len(array) > array.null_count:
        raise spectrum("Multibyte character not supported for CHAR (Hint: Try using VARCHAR)")
    return array


def _bytes(array: pa.Array, column: Column, work: Work) -> pa.Array:
    raw = array.cast(pa.binary())
    _fit(pc.binary_length(raw), column, work)
    return pa.array([None if value is None else value.hex() for value in raw.to_pylist()], pa.string())


def _fit(lengths: pa.Array, column: Column, work: Work) -> None:
    longest = pc.max(lengths).as_py() or 0
    if column.size and longest > column.size:
        raise spectrum(
            f"The length of the data column {column.name} is longer than the length defined in the table. "
            f"Table: {column.size}, Data: {longest}, File name: {address(work.uri)}"
        )


def _replaced(array: pa.Array, column: Column, work: Work) -> pa.Array:
    """ACCEPTINVCHARS: bytes that are no UTF-8 are replaced."""
    found: list[str | None] = []
    for number, raw in enumerate(array.cast(pa.binary()).to_pylist(), 1):
        value = None if raw is None else raw.decode("utf-8", "surrogateescape")
        kept = None if value is None else replaced(value, work.options.conversion.replacement)
        if kept is not None and kept != value:
            work.findings.replace(work.uri, number, column.name, kept)
        found.append(kept)
    return pa.array(found, pa.string())


def _finite(array: pa.Array) -> pa.Array:
    """Dates and moments as PostgreSQL keeps them. Redshift keeps microseconds; what is finer is cut."""
    kind = pa.date32() if pa.types.is_date(array.type) else pa.timestamp("us")
    if pa.types.is_timestamp(array.type):
        # A zone says how a moment is shown; the moment itself is UTC.
        array = array.view(pa.timestamp(array.type.unit))
    try:
        array = pc.cast(array, options=pc.CastOptions(kind, allow_time_truncate=True))
    except pa.ArrowInvalid as error:
        raise spectrum(str(error)) from error
    least = pc.min(_numbers(array)).as_py()
    # The least number of all is PostgreSQL's -infinity: nothing before its first day gets that far.
    if least is not None and least < _FIRST_DAY[kind]:
        raise spectrum(f"{least} is too early for a {'date' if kind == pa.date32() else 'timestamp'}")
    return array


def _numbers(array: pa.Array) -> pa.Array:
    """Days or microseconds."""
    return array.cast(pa.int32() if pa.types.is_date(array.type) else pa.int64())


def _moments(array: pa.Array, column: Column) -> pa.Array:
    """Dates and moments as text."""
    numbers, unit = _numbers(array), "D" if pa.types.is_date(array.type) else "us"
    zone = "+00" if column.type == "timestamptz" else ""
    first, last = _PLAIN_YEARS[unit]
    bounds = pc.min_max(numbers).as_py()
    if bounds["min"] is None or first <= bounds["min"] <= bounds["max"] <= last:
        text = pc.cast(array, pa.string())
        return pc.binary_join_element_wise(text, zone, "") if zone else text
    return pa.array([None if one is None else _far(one, unit) + zone for one in numbers.to_pylist()], pa.string())


def _far(number: int, unit: str) -> str:
    """A day or a moment in any year, as PostgreSQL reads it."""
    text = str(np.array(number, f"M8[{unit}]")).replace("T", " ")
    year, _, rest = text.removeprefix("-").partition("-")
    value = -int(year) if text.startswith("-") else int(year)
    return f"{value:04}-{rest}" if value > 0 else f"{1 - value:04}-{rest} BC"


class _Number(str):
    """A number of a JSON text, digit for digit."""

    __slots__ = ()


def _serialized(value: Any, is_json: bool) -> str | None:
    """A value as a SUPER: text is a string of JSON, unless the file says that it is JSON."""
    if value is None:
        return None
    if is_json:
        try:
            parsed = json.loads(value, parse_float=_Number, parse_int=_Number)
        except ValueError as error:
            raise spectrum("Invalid JSON in a column of the type JSON") from error
        return None if parsed is None else _json(parsed)
    return _json(value)


def _json(value: Any) -> str:
    """Compact JSON; numbers digit for digit, dates and times as text (AWS ingest-super)."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, str):
        if len(value.encode("utf-8")) > _MOST_STRING:
            raise CopyError(f"{f.BAD_SUPER} String value exceeds the max size of {_MOST_STRING} bytes")
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "null"
    if isinstance(value, int | decimal.Decimal):
        return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(k), ensure_ascii=False)}:{_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, tuple):  # an entry of a map
        return "{" + f'"key":{_json(value[0])},"value":{_json(value[1])}' + "}"
    if isinstance(value, dt.datetime):
        return json.dumps(value.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip("."))
    return json.dumps(value.hex() if isinstance(value, bytes) else str(value), ensure_ascii=False)
