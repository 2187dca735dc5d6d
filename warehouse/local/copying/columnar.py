"""Parquet files to what PostgreSQL's COPY takes. Columns are matched by position, as Redshift does; names are ignored.

Source: AWS copy-usage_notes-copy-from-columnar.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.target import QUOTED, Column
from warehouse.local.copying.text import as_csv
from warehouse.local.copying.work import Feed, Work

_ROWS = 32_768


def _fits(column: Column, kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    checks = {
        "integer": pa.types.is_integer(kind),
        "float": pa.types.is_floating(kind),
        "decimal": pa.types.is_decimal(kind) or pa.types.is_integer(kind),
        "boolean": pa.types.is_boolean(kind),
        "text": pa.types.is_string(kind) or pa.types.is_large_string(kind),
        "date": pa.types.is_date(kind),
        "timestamp": pa.types.is_timestamp(kind) or pa.types.is_date(kind),
        "time": pa.types.is_time(kind),
        "super": False,
        "varbyte": False,
    }
    return bool(pa.types.is_null(kind) or checks[column.kind])


def read_parquet(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The file's rows, for PostgreSQL. Raises CopyError when the file's columns do not fit."""
    uri, target = work.uri, work.target
    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowInvalid, OSError) as error:
        raise CopyError(f"Spectrum Scan Error: the file {uri} is not a Parquet file") from error
    schema = file.schema_arrow
    if len(schema) != len(target.columns):
        raise CopyError(
            f"Unmatched number of columns between table and file. Table columns: {len(target.columns)}, "
            f"Data columns: {len(schema)}, File name: {uri}"
        )
    for column, field in zip(target.columns, schema, strict=True):
        if not _fits(column, field.type):
            raise CopyError(
                f"Spectrum Scan Error: File '{uri}' has an incompatible Parquet schema for column '{column.name}'. "
                f"Column type: {column.type.upper()}, Parquet schema: {field.type}"
            )
    names = [column.name for column in target.columns]
    for batch in file.iter_batches(batch_size=_ROWS):
        yield QUOTED, as_csv([_strings(array) for array in batch.columns], names)


def _strings(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        array = array.cast(pa.timestamp(kind.unit, "UTC"))
    if pa.types.is_floating(kind):
        text = pc.cast(array, pa.string())
        return pc.if_else(pc.equal(text, "nan"), "NaN", text)
    return pc.cast(array, pa.string())
