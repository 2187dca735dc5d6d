"""COPY from Parquet and ORC. Columns are matched by position, as Redshift does; names are ignored.

Redshift reads these files through Spectrum, which converts nothing: a column takes the one physical form that is its
own (an INT64 is no INTEGER), and any error fails the load. What is no form of a column of the table is loaded into a
SUPER, with SERIALIZETOJSON.
Source: AWS copy-usage_notes-copy-from-columnar, ingest-super, copy-usage-varbyte; words as seen on clusters.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.orc as po
import pyarrow.parquet as pq

from warehouse.local.copying import binary
from warehouse.local.copying import columnar_values as values
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.target import QUOTED, Column
from warehouse.local.copying.vectors import as_csv
from warehouse.local.copying.work import Feed, Work

_ROWS = 32_768
# A compressed file says so by its name (AWS); how each is read.
_DECOMPRESSED: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream),
    ".bz2": bz2.BZ2File,
}
_MAGIC = (b"PAR1", b"ORC")


@dataclass(frozen=True)
class _Field:
    """A column of a file: its Arrow type, how an error shows it, and whether it is JSON by its own account."""

    type: pa.DataType
    shown: str
    json: bool = False
    nanoseconds: bool = False


def read_parquet(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The rows of a Parquet file, for PostgreSQL. Raises CopyError when its columns do not fit."""
    with _on_disk(stream, work.uri) as path:
        try:
            file = pq.ParquetFile(path, pre_buffer=False, arrow_extensions_enabled=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise values.spectrum(f"File '{values.address(work.uri)}' is not a Parquet file") from error
        with file:
            yield from _feeds(file.iter_batches(batch_size=_ROWS), _parquet_fields(file), work, "Parquet")


def read_orc(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The rows of an ORC file, for PostgreSQL. Raises CopyError when its columns do not fit."""
    with _on_disk(stream, work.uri) as path:
        try:
            file = po.ORCFile(path)
            schema = file.schema
        except (pa.ArrowInvalid, OSError) as error:
            raise values.spectrum(f"File '{values.address(work.uri)}' is not an ORC file") from error
        fields = [_Field(field.type, f"{field.type} {field.name}") for field in schema]
        stripes = (file.read_stripe(number) for number in range(file.nstripes))
        batches = (stripe.slice(at, _ROWS) for stripe in stripes for at in range(0, stripe.num_rows, _ROWS))
        yield from _feeds(batches, fields, work, "ORC")


def _feeds(batches: Iterable[pa.RecordBatch], fields: list[_Field], work: Work, form: str) -> Iterator[Feed]:
    columns = work.target.columns
    if len(fields) > len(columns) or (len(fields) < len(columns) and not work.options.conversion.fill):
        raise values.spectrum(
            f"Unmatched number of columns between table and file. Table columns: {len(columns)}, "
            f"Data columns: {len(fields)}, File name: {values.address(work.uri)}"
        )
    for column, field in zip(columns, fields, strict=False):
        _check(column, field, work, form)
    # FILLRECORD: the columns that the file does not have are NULL.
    absent = columns[len(fields) :]
    if not absent and all(binary.takes(column, field.type) for column, field in zip(columns, fields, strict=True)):
        yield from _binary(batches, columns, [field.type for field in fields], work)
        return
    names = [column.name for column in columns]
    for batch in batches:
        arrays = [
            values.texts(array, column, work, json=field.json)
            for array, column, field in zip(batch.columns, columns, fields, strict=False)
        ]
        arrays += [values.absent(batch.num_rows, column) for column in absent]
        yield QUOTED, as_csv(arrays, names)


def _binary(
    batches: Iterable[pa.RecordBatch], columns: Sequence[Column], kinds: Sequence[pa.DataType], work: Work
) -> Iterator[Feed]:
    writer = binary.Writer(columns, kinds)
    yield binary.BINARY, writer.begin()
    for batch in batches:
        arrays = [values.checked(array, column, work) for array, column in zip(batch.columns, columns, strict=True)]
        try:
            yield binary.BINARY, writer.rows(arrays)
        except ValueError as error:  # a pyarrow.ArrowInvalid is one, too
            raise values.spectrum(str(error)) from error
    yield binary.BINARY, writer.end()


def _check(column: Column, field: _Field, work: Work, form: str) -> None:
    if column.kind == "super":
        if not work.options.serialize:
            raise CopyError("SUPER column in COPY query requires SERIALIZETOJSON option")
        return
    if pa.types.is_null(field.type) or (values.fits(column, field.type) and not field.nanoseconds):
        return
    raise values.spectrum(
        f"File '{values.address(work.uri)}' has an incompatible {form} schema for column '{work.uri}.{column.name}'. "
        f"Column type: {values.shown(column)}, {form} schema:\n{field.shown}"
    )


def _parquet_fields(file: pq.ParquetFile) -> list[_Field]:
    """The outermost columns, each with its leaf in the file's own schema."""
    found = []
    # By position: a leaf's path has dots between names, and in them.
    place = 0
    for field in file.schema_arrow:
        leaf = file.schema.column(place)
        optional = "optional" if field.nullable else "required"
        physical = "group" if pa.types.is_nested(field.type) else leaf.physical_type.lower()
        levels = f"[i:{place} d:{leaf.max_definition_level} r:{leaf.max_repetition_level}]"
        # An INT64 of nanoseconds is younger than what Spectrum reads; the old INT96 is well known to it.
        nanoseconds = pa.types.is_timestamp(field.type) and field.type.unit == "ns" and leaf.physical_type == "INT64"
        shown = f"{optional} {physical} {field.name} {levels}"
        found.append(_Field(field.type, shown, leaf.logical_type.type == "JSON", nanoseconds))
        place += _leaves(field.type)
    return found


def _leaves(kind: pa.DataType) -> int:
    """How many of a Parquet file's own columns a value of this type takes."""
    if isinstance(kind, pa.BaseExtensionType):
        return _leaves(kind.storage_type)
    if pa.types.is_map(kind):
        return _leaves(kind.key_type) + _leaves(kind.item_type)
    if pa.types.is_struct(kind):
        return sum(_leaves(kind.field(number).type) for number in range(kind.num_fields))
    return _leaves(kind.value_type) if pa.types.is_nested(kind) else 1


@contextlib.contextmanager
def _on_disk(stream: IO[bytes], uri: str) -> Iterator[str]:
    """The object as a file of our own: both formats are read from the end, and here and there."""
    with tempfile.NamedTemporaryFile() as file:
        head = stream.read(4)
        suffix = next((one for one in (*_DECOMPRESSED, ".snappy") if uri.endswith(one)), "")
        if suffix and not head.startswith(_MAGIC):
            if suffix == ".snappy":
                raise CopyError("not emulated: COPY from a columnar file within a .snappy file", "0A000")
            stream.seek(0)
            source = _DECOMPRESSED[suffix](stream)
        else:
            file.write(head)
            source = stream
        try:
            shutil.copyfileobj(cast("IO[bytes]", source), file, 1 << 20)
        except (OSError, EOFError) as error:
            raise CopyError(f"The file {uri} is not a whole {suffix.removeprefix('.')} file: {error}") from error
        file.flush()
        yield file.name
