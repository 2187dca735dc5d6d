"""UNLOAD to Parquet: PostgreSQL's rows as CSV to Arrow's columns, and these to row groups.

Format version 1.0, each row group compressed with snappy; a TIMESTAMPTZ is a moment in UTC without its zone; a SUPER is
Parquet's JSON (r_UNLOAD, "FORMAT AS PARQUET"; unload-super-parquet).
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from warehouse.local import long_names
from warehouse.local.copying import unload_query
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.unload_files import Job, Run, blocks, folder
from warehouse.local.copying.unload_options import UnloadOptions
from warehouse.local.copying.unload_query import Column
from warehouse.local.wire.upstream import Upstream

_STORED = {
    "boolean": pa.bool_(), "smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64(), "real": pa.float32(),
    "double precision": pa.float64(), "date": pa.date32(), "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us"), "time without time zone": pa.time64("us"),
    "super": pa.json_(pa.string()),
}  # fmt: skip


def _stored(column: Column) -> pa.DataType:
    if column.type == "numeric":
        return pa.decimal128(column.precision, column.scale)
    return _STORED.get(column.type, pa.string())


def _read(kind: pa.DataType) -> pa.DataType:
    """The type by which Arrow's CSV reader reads what is stored as `kind`: the query sends dates and times as numbers,
    since Arrow's own reading of them ends at the year 9999.
    """
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_temporal(kind):
        return pa.int64()
    return pa.string() if isinstance(kind, pa.BaseExtensionType) else kind


class Parquet:
    """Parquet files of the query's columns."""

    writes_empty = False

    def __init__(self, job: Job) -> None:
        self._options = job.options
        self._statement = unload_query.copy_statement(job.query, job.columns, job.options)
        kept = [job.columns[i] for i in unload_query.kept(job.columns, job.options)]
        self._schema = pa.schema([pa.field(long_names.shown(column.name), _stored(column)) for column in kept])

    def open(self, file: IO[bytes]) -> Body:
        return Body(file, self._options, self._schema)

    def runs(self, database: Upstream) -> Generator[Run]:
        keys = self._options.partition_by
        types = [pa.string()] * bool(keys) + [_read(kind) for kind in self._schema.types]
        for block in blocks(database.copy_out(self._statement)):
            batch = _batch(b"".join(block), types)
            if not keys:
                yield self._run("", batch)
                continue
            start = 0
            for key, group in itertools.groupby(batch.column(0).to_pylist()):
                count = sum(1 for _ in group)
                yield self._run(folder(keys, key), batch.slice(start, count).remove_column(0))
                start += count

    def _run(self, where: str, batch: pa.Table) -> Run:
        columns = [_cast(column, kind) for column, kind in zip(batch.columns, self._schema.types, strict=True)]
        table = pa.table(columns, schema=self._schema)
        # The size of a file is known when a row group is written.
        return Run(where, table.num_rows, lambda start, stop: table.slice(start, stop - start), lambda piece: 0)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if isinstance(kind, pa.BaseExtensionType):
        return pa.chunked_array([kind.wrap_array(chunk) for chunk in column.chunks], type=kind)
    return column if column.type == kind else column.cast(kind)


def _batch(rows: bytes, types: Sequence[pa.DataType]) -> pa.Table:
    """Whole rows of CSV as columns. NULL and '' are kept apart: PostgreSQL quotes an empty string."""
    names = [str(i) for i in range(len(types))]
    try:
        return pcsv.read_csv(
            pa.py_buffer(rows),
            read_options=pcsv.ReadOptions(column_names=names, block_size=len(rows) + 1),
            parse_options=pcsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pcsv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )
    except pa.ArrowInvalid as error:
        raise CopyError(f"UNLOAD could not convert a value: {error}") from error


class Body:
    """Row groups of about the size asked for: rows are gathered until one is full."""

    def __init__(self, file: IO[bytes], options: UnloadOptions, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="snappy", version="1.0")
        self._full = min(options.row_group_bytes, options.file_bytes)
        self._tables: list[pa.Table] = []
        self._size = 0

    def write(self, piece: Any) -> None:
        self._tables.append(piece)
        self._size += piece.nbytes
        if self._size >= self._full:
            self._flush()

    def _flush(self) -> None:
        if self._tables:
            table = pa.concat_tables(self._tables)
            self._writer.write_table(table, row_group_size=table.num_rows)
            self._tables, self._size = [], 0

    def close(self) -> None:
        self._flush()
        self._writer.close()
