"""Executes an UNLOAD: the query's rows as CSV or Parquet objects under a prefix, with a manifest when asked.

Names (r_UNLOAD): prefix + slice (4 digits) + _part_ + number, or prefix + number of three digits with PARALLEL OFF.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from warehouse.errors import ObjectStoreError
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.options import UnloadOptions, unload_options
from warehouse.local.copying.sources import s3_error
from warehouse.local.translate.plan import Unload
from warehouse.local.wire.upstream import Upstream
from warehouse.objectstore import ObjectStore

SLICES = 4
_NUMERIC = 1700
# PostgreSQL's type OIDs to what a Parquet file says.
_ARROW = {
    16: pa.bool_(), 20: pa.int64(), 21: pa.int16(), 23: pa.int32(), 700: pa.float32(), 701: pa.float64(),
    1082: pa.date32(), 1114: pa.timestamp("us"), 1184: pa.timestamp("us", "UTC"), 1083: pa.time64("us"),
    1700: pa.string(), 25: pa.string(), 1043: pa.string(), 1042: pa.string(), 19: pa.string(), 18: pa.string(),
    26: pa.int64(),
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """One object that was written."""

    uri: str
    size: int
    rows: int


def execute(plan: Unload, database: Upstream, store: ObjectStore) -> list[Written]:
    """Write the query's rows. Raises CopyError, UpstreamError."""
    options = unload_options(plan.parameters)
    if not plan.target.startswith("s3://") or len(plan.target) <= 5:
        raise CopyError("The S3 URI of UNLOAD must start with s3://<bucket>", "22023")
    columns = [
        (name, _arrow_type(name, oid, modifier, exact=options.parquet))
        for name, oid, modifier in database.columns(plan.query)
    ]
    try:
        _make_room(store, plan.target, options)
        written = _write(plan, columns, options, database, store)
        if options.manifest:
            entries = [{"url": one.uri, "meta": {"content_length": one.size}} for one in written]
            store.put(plan.target + "manifest", json.dumps({"entries": entries}, indent=1).encode())
    except ObjectStoreError as error:
        raise s3_error(error) from error
    return written


def _arrow_type(name: str, oid: int, modifier: int, *, exact: bool) -> pa.DataType:
    """The Arrow type of a column; CSV needs none, its values go out as they print."""
    if oid not in _ARROW:
        raise CopyError(f'not emulated: UNLOAD of column "{name}" with type OID {oid}', "0A000")
    if not exact:
        return pa.string()
    if oid != _NUMERIC:
        return _ARROW[oid]
    if modifier < 4:
        # PostgreSQL does not say the scale of a computed NUMERIC, and Parquet cannot do without one.
        raise CopyError(
            f'not emulated: UNLOAD of the computed NUMERIC "{name}" to Parquet; cast it to NUMERIC(p, s)', "0A000"
        )
    return pa.decimal128((modifier - 4) >> 16 & 0xFFFF, modifier - 4 & 0xFFFF)


def _make_room(store: ObjectStore, target: str, options: UnloadOptions) -> None:
    there = store.list(target)
    if there and options.clean:
        store.delete([info.uri for info in there])
    elif there and not options.overwrite:
        raise CopyError(
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "
            "manually removing the target files in S3, or using the ALLOWOVERWRITE option."
        )


def _write(
    plan: Unload, columns: list[tuple[str, pa.DataType]], options: UnloadOptions, database: Upstream, store: ObjectStore
) -> list[Written]:
    slices = SLICES if options.parallel else 1
    files = [
        _Output(plan.target, number if options.parallel else None, columns, options, store) for number in range(slices)
    ]
    try:
        for turn, batch in enumerate(_batches(plan.query, columns, database)):
            files[turn % slices].write(batch)
        return [one for file in files for one in file.finish()]
    finally:
        for file in files:
            file.close()


def _batches(query: str, columns: list[tuple[str, pa.DataType]], database: Upstream) -> Iterator[pa.RecordBatch]:
    """The rows as Arrow batches, NULL and '' kept apart (PostgreSQL quotes an empty string, and leaves NULL empty)."""
    names = [f"c{i}" for i in range(len(columns))]
    stream = _Readable(database.copy_out(f"COPY ({query}) TO STDOUT (FORMAT csv)"))
    types = {name: kind for name, (_, kind) in zip(names, columns, strict=True)}
    bools = {"true_values": ["t"], "false_values": ["f"]}
    try:
        reader = pcsv.open_csv(
            stream,
            read_options=pcsv.ReadOptions(column_names=names, block_size=1 << 20),
            parse_options=pcsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(names) > 1),
            convert_options=pcsv.ConvertOptions(
                column_types=types,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                timestamp_parsers=[pcsv.ISO8601, "%Y-%m-%d %H:%M:%S%z"],
                **bools,
            ),
        )
        yield from reader
    except pa.ArrowInvalid as error:
        if "Empty CSV file" not in str(error):
            raise CopyError(f"UNLOAD could not convert a value: {error}") from error
    finally:
        stream.drain()


class _Readable(io.RawIOBase):
    """The chunks of COPY … TO STDOUT as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = bytearray()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._rest += chunk
        taken = bytes(self._rest[: size if size >= 0 else None])
        del self._rest[: len(taken)]
        return taken

    def drain(self) -> None:
        """Read what is left, so that the connection can be used again."""
        for _ in self._chunks:
            pass


class _Output:
    """The objects of one slice: a new one begins when the present one is full."""

    def __init__(
        self,
        target: str,
        number: int | None,
        columns: list[tuple[str, pa.DataType]],
        options: UnloadOptions,
        store: ObjectStore,
    ) -> None:
        self._target, self._number, self._columns, self._options, self._store = target, number, columns, options, store
        self._written: list[Written] = []
        self._file: IO[bytes] | None = None
        self._sink: Any = None
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        if self._file is None:
            self._open()
        assert self._file is not None
        if self._options.parquet:
            fields = [pa.field(name, batch.schema.field(i).type) for i, (name, _) in enumerate(self._columns)]
            named = pa.record_batch(batch.columns, schema=pa.schema(fields))
            if self._sink is None:
                self._sink = pq.ParquetWriter(self._file, named.schema, compression="snappy", version="1.0")
            self._sink.write_batch(named)
        else:
            self._sink.write(_csv(batch, self._options))
        self._rows += batch.num_rows
        if self._file.tell() >= self._options.file_bytes:
            self._end()

    def finish(self) -> list[Written]:
        """End the present object and tell what was written. A parallel slice without rows writes nothing."""
        if self._file is None and not self._written and self._number in (None, 0) and not self._options.parquet:
            self._open()
        self._end()
        return self._written

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        self._file = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - it lives until _end()
        self._rows = 0
        if not self._options.parquet:
            self._sink = (
                gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=6) if self._options.gzip else self._file
            )
            if self._options.header:
                self._sink.write(
                    (
                        self._options.delimiter.join(_quoted(name, self._options) for name, _ in self._columns) + "\n"
                    ).encode()
                )

    def _end(self) -> None:
        if self._file is None:
            return
        if self._sink is not None and self._sink is not self._file:
            self._sink.close()
        part = len(self._written)
        name = f"{part:03}" if self._number is None else f"{self._number:04}_part_{part:02}"
        suffix = ".parquet" if self._options.parquet else ".gz" if self._options.gzip else ""
        uri = f"{self._target}{name}{suffix}"
        size = self._file.tell()
        self._file.seek(0)
        self._store.put(uri, cast("Any", self._file))
        self._file.close()
        self._file = self._sink = None
        self._written.append(Written(uri, size, self._rows))


def _csv(batch: pa.RecordBatch, options: UnloadOptions) -> bytes:
    lines = []
    for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
        lines.append(
            options.delimiter.join(options.null_as if value is None else _quoted(value, options) for value in row)
        )
    return ("\n".join(lines) + "\n").encode("utf-8") if lines else b""


def _quoted(value: str, options: UnloadOptions) -> str:
    # An empty string is quoted, or it would read like NULL; so is a value that looks like the NULL marker.
    if value in ("", options.null_as) or any(sign in value for sign in (options.delimiter, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    return value
