"""Frames and Parquet: hold Arrow data against the table, give it the table's types, write it as Parquet.

Frames travel as Parquet and not as CSV, because only there NULL, '' and the text 'NA' are three things without any
marker that data could collide with, and because types arrive as they left. What Redshift would reject is found here,
before a byte is sent: its errors about columnar files name neither row nor value, ours name both.

In pandas NaN means missing, so it becomes NULL in every column; in Arrow a NaN is a number and stays one, except
where the column has no such number.

https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from warehouse.errors import SourceError
from warehouse.load.source import Kind, Piece, Source
from warehouse.objectstore import ObjectStore
from warehouse.redshift.types import RedshiftType
from warehouse.schema import ColumnDesign, TableDesign

if TYPE_CHECKING:
    import pyarrow as pa

# Rows converted at once: large enough for vectorised work, small enough for a few MB.
BATCH_ROWS = 1 << 16


def describe_frame(source: Any) -> Source:
    """Describe a pandas.DataFrame, a pyarrow.Table or a RecordBatchReader."""
    import pyarrow as pa

    if isinstance(source, pa.Table):
        return Source(
            "frame", "parquet", "a pyarrow.Table", names=tuple(source.schema.names), width=source.num_columns,
            schema=source.schema, rows=source.num_rows, size=source.nbytes,
            batches=lambda: iter(source.to_batches(max_chunksize=BATCH_ROWS)),
        )  # fmt: skip
    if isinstance(source, pa.RecordBatchReader):
        return Source(
            "frame", "parquet", "a pyarrow.RecordBatchReader", names=tuple(source.schema.names),
            width=len(source.schema.names), schema=source.schema, batches=lambda: iter(source),
        )  # fmt: skip
    if type(source).__module__.split(".")[0] == "pandas" and hasattr(source, "columns"):
        names = tuple(str(name) for name in source.columns)
        return Source(
            "frame", "parquet", "a pandas.DataFrame", names=names, width=len(names), rows=len(source),
            size=int(source.memory_usage(index=False).sum()), batches=lambda: _slices(source, names),
        )  # fmt: skip
    raise SourceError(
        f"A {type(source).__module__}.{type(source).__name__} is no source.",
        next_step="Give a path, a glob, an s3:// URI, a pandas.DataFrame, a pyarrow.Table or a RecordBatchReader.",
    )


def _slices(frame: Any, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(frame), BATCH_ROWS):
        part = frame.iloc[start : start + BATCH_ROWS]
        yield {name: part.iloc[:, position] for position, name in enumerate(names)}


def describe_parquet(label: str, kind: Kind, pieces: tuple[Piece, ...], store: ObjectStore) -> Source:
    """Describe Parquet files or objects from their footers."""
    schema, rows = None, 0
    for piece in pieces:
        found, count = _footer(piece, store)
        rows += count
        if schema is None:
            schema = found
        elif not found.equals(schema, check_metadata=False):
            raise SourceError(
                f"{piece.name} has another schema than {pieces[0].name}.",
                source=piece.name,
                next_step="Load them one by one.",
            )
    assert schema is not None
    return Source(
        kind, "parquet", label, pieces=pieces, names=tuple(schema.names), width=len(schema.names), schema=schema,
        rows=rows, size=sum(piece.size for piece in pieces),
    )  # fmt: skip


def _footer(piece: Piece, store: ObjectStore) -> tuple[pa.Schema, int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with store.open(piece.uri) as stream:
            file = pq.ParquetFile(stream)
            return file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{piece.name} is not a readable Parquet file: {error}.", source=piece.name, next_step="Write it again."
        ) from error


def arrow_type(kind: RedshiftType) -> pa.DataType | None:
    """The Arrow type whose Parquet form COPY takes for a column type; None when it takes none."""
    import pyarrow as pa

    simple = {
        "smallint": pa.int16(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "real": pa.float32(),
        "double precision": pa.float64(),
        "boolean": pa.bool_(),
        "character": pa.string(),
        "character varying": pa.string(),
        "date": pa.date32(),
        "timestamp without time zone": pa.timestamp("us"),
        "timestamp with time zone": pa.timestamp("us", "UTC"),
    }
    if kind.name == "numeric":
        return pa.decimal128(*kind.arguments)
    return simple.get(kind.name)


def table_schema(design: TableDesign, columns: Sequence[str], *, label: str) -> pa.Schema:
    """The Arrow schema of the named columns, all nullable (the table enforces NOT NULL itself)."""
    import pyarrow as pa

    fields, wrong = [], []
    for name in columns:
        column = design.column(name)
        assert column is not None
        kind = arrow_type(column.redshift_type)
        if kind is None:
            wrong.append(f"{name} ({column.type})")
        else:
            fields.append(pa.field(name, kind))
    if wrong:
        raise SourceError(
            f"{label}: Parquet has no form that COPY takes for {', '.join(wrong)}.", source=label,
            next_step="Deliver a CSV file instead.",
        )  # fmt: skip
    return pa.schema(fields)


def fits_as_it_is(found: pa.Schema, wanted: pa.Schema) -> list[str]:
    """What keeps Parquet of one schema from being read in place; by position, names are settled already."""
    wrong = []
    for have, want in zip(found, wanted, strict=True):
        if _plain(have.type) != want.type:
            wrong.append(f"{want.name} is {have.type}, the table wants {want.type}")
    return wrong


def _plain(kind: pa.DataType) -> pa.DataType:
    """Types that Parquet stores alike, as one."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    # Redshift reads milli-, micro- and nanoseconds; UTC is what Parquet stores for any zone.
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    return kind


class Conformer:
    """Gives batches the table's types, and counts rows so that an error can name one."""

    def __init__(
        self, design: TableDesign, columns: Sequence[str], *, label: str, may_be_null: Iterable[str] = ()
    ) -> None:
        self.schema = table_schema(design, columns, label=label)
        self._columns = [column for name in columns if (column := design.column(name))]
        self._label = label
        # Keys of an upsert: its own guard counts them and shows examples.
        self._may_be_null = frozenset(may_be_null)
        self._row = 0

    def conform(self, batch: Any) -> pa.RecordBatch:
        """One batch (a RecordBatch, or name -> pandas.Series by position) with the table's names and types."""
        import pyarrow as pa

        given = list(batch.values()) if isinstance(batch, dict) else batch.columns
        arrays = [
            self._cast(values, column, kind)
            for values, column, kind in zip(given, self._columns, self.schema.types, strict=True)
        ]
        done = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        self._row += done.num_rows
        return done

    def _cast(self, values: Any, column: ColumnDesign, kind: pa.DataType) -> pa.Array:
        import pyarrow as pa

        try:
            array = _array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise self._wrong(column, None, None, f"its values are of mixed types ({error})") from error
        try:
            done = _cast(array, kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            row, value = _first_that_fails(array, kind)
            raise self._wrong(column, row, value, f"it cannot become {column.type}") from error
        self._check(done, column)
        return done

    def _check(self, array: pa.Array, column: ColumnDesign) -> None:
        import pyarrow.compute as pc

        if array.null_count and not column.nullable and column.name not in self._may_be_null:
            raise self._wrong(column, array.is_null().index(True).as_py(), None, "the column is NOT NULL")
        kind = column.redshift_type
        if kind.name not in ("character", "character varying"):
            return
        # Trailing blanks beyond the length are dropped by Redshift, not an error.
        sizes = pc.binary_length(pc.utf8_rtrim(array, " "))
        longest = pc.max(sizes).as_py()
        if longest is not None and longest > kind.arguments[0]:
            row = pc.greater(sizes, kind.arguments[0]).index(True).as_py()
            raise self._wrong(
                column, row, array[row].as_py(), f"{sizes[row].as_py()} bytes do not fit into {column.type}"
            )
        if kind.name == "character":
            row = pc.invert(pc.string_is_ascii(array)).index(True).as_py()
            if row >= 0:
                raise self._wrong(column, row, array[row].as_py(), "CHAR takes ASCII only; declare VARCHAR")

    def _wrong(self, column: ColumnDesign, row: int | None, value: Any, why: str) -> SourceError:
        where = "" if row is None else f", row {self._row + row}"
        shown = "" if value is None else f" {_short(value)}:"
        return SourceError(
            f"{self._label}{where}, column {column.name}:{shown} {why}.",
            source=self._label,
            next_step="Nothing was loaded. Correct the data (rows count from 0) or the table's design.",
        )


def _array(values: Any) -> pa.Array:
    import pyarrow as pa

    if not isinstance(values, pa.Array | pa.ChunkedArray):
        if getattr(values.dtype, "tz", None) is not None:
            values = values.dt.tz_convert(None)  # the same instants as UTC, which Arrow takes for both kinds of column
        values = pa.Array.from_pandas(values)  # NaN, NaT and None become null
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return values


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if array.type == kind:
        return array
    if pa.types.is_floating(array.type) and not pa.types.is_floating(kind):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    if pa.types.is_timestamp(array.type) and pa.types.is_timestamp(kind) and array.type.tz and not kind.tz:
        # TIMESTAMP holds UTC, as COPY reads a text with an offset.
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    if pa.types.is_decimal(kind) and pa.types.is_integer(array.type):
        # Arrow wants room for the widest integer; the values have to fit, not their type.
        array = array.cast(pa.decimal128(38, kind.scale))
    return array.cast(kind)


def _first_that_fails(array: pa.Array, kind: pa.DataType) -> tuple[int | None, Any]:
    import pyarrow as pa

    for row in range(len(array)):
        try:
            _cast(array.slice(row, 1), kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return row, array[row].as_py()
    return None, None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


class ParquetPart:
    """One Parquet file being written in memory."""

    def __init__(self, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self._sink = io.BytesIO()
        # Snappy costs next to nothing; dictionaries help text columns most.
        self._writer = pq.ParquetWriter(self._sink, schema, compression="snappy")
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    @property
    def size(self) -> int:
        return self._sink.tell()

    def finish(self) -> bytes:
        self._writer.close()
        return self._sink.getvalue()


def file_batches(piece: Piece, store: ObjectStore) -> Iterator[pa.RecordBatch]:
    """The rows of one Parquet file, a bounded window at a time."""
    import pyarrow.parquet as pq

    with store.open(piece.uri) as stream:
        yield from pq.ParquetFile(stream).iter_batches(batch_size=BATCH_ROWS)
