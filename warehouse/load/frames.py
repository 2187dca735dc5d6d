"""Frames and Parquet: hold Arrow data against the table, give it the table's types, write it as Parquet or CSV.

Frames travel as Parquet rather than CSV, because there NULL, '' and the text 'NA' are three things without any marker,
and because types arrive as they left. COPY takes SUPER, VARBYTE, TIME and TIMETZ from text only: a table with one of
these gets CSV, with a NULL marker that was made for this file alone. What Redshift would reject is found here,
before a byte is sent: its errors about columnar files name neither row nor value, ours name both.

In pandas NaN means missing, so it becomes NULL in every column; in Arrow a NaN is a number and stays one, except
where the column has no such number.

https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import chain
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


def describe_frame(source: Any, columns: Sequence[str] | None = None) -> Source:
    """Describe a frame: pandas.DataFrame, anything with Arrow's C stream (pyarrow, polars, duckdb), or an iterable of
    record batches or of mappings."""
    import pyarrow as pa

    if isinstance(source, pa.Table):
        return Source(
            "frame", "parquet", "a pyarrow.Table", names=tuple(source.schema.names), width=source.num_columns,
            schema=source.schema, rows=source.num_rows, size=source.nbytes,
            batches=lambda: iter(source.to_batches(max_chunksize=BATCH_ROWS)),
        )  # fmt: skip
    label = f"a {type(source).__module__.split('.')[0]}.{type(source).__name__}"
    if type(source).__module__.split(".")[0] == "pandas" and hasattr(source, "columns"):
        names = tuple(str(name) for name in source.columns)
        return Source(
            "frame", "parquet", label, names=names, width=len(names), rows=len(source),
            size=int(source.memory_usage(index=False).sum()), batches=lambda: _slices(source, names),
        )  # fmt: skip
    if isinstance(source, pa.RecordBatchReader) or hasattr(source, "__arrow_c_stream__"):
        return _stream(pa.RecordBatchReader.from_stream(source), label)
    if hasattr(source, "__iter__") and not isinstance(source, bytes | bytearray | memoryview):
        rows = iter(source)
        first = next(rows, None)
        if isinstance(first, pa.RecordBatch):
            return _stream(pa.RecordBatchReader.from_batches(first.schema, chain([first], rows)), label)
        if isinstance(first, Mapping):
            from warehouse.load.records import describe_mappings

            return describe_mappings(chain([first], rows), label, columns)
    raise SourceError(
        f"{label[0].upper()}{label[1:]} is no source.",
        next_step="Give a path, a glob, an s3:// URI, a frame (pandas, or anything that Arrow can read), an iterable "
        "of record batches or of mappings that holds at least one, or a select().",
    )


def _stream(reader: pa.RecordBatchReader, label: str) -> Source:
    names = tuple(reader.schema.names)
    return Source(
        "frame", "parquet", label, names=names, width=len(names), schema=reader.schema, batches=lambda: iter(reader)
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


# What COPY takes from text only, and never can take.
_TEXT_ONLY = frozenset({"super", "binary varying", "time without time zone", "time with time zone"})


def needs_text(design: TableDesign, columns: Sequence[str]) -> bool:
    """Whether one of the columns has no form in Parquet that COPY takes."""
    return any(design.column(name).redshift_type.name in _TEXT_ONLY for name in columns)  # type: ignore[union-attr]


def table_schema(design: TableDesign, columns: Sequence[str], *, label: str) -> pa.Schema:
    """The Arrow schema of the named columns, all nullable (the table enforces NOT NULL itself); a type that travels as
    text is a string."""
    import pyarrow as pa

    fields, wrong = [], []
    for name in columns:
        column = design.column(name)
        assert column is not None
        kind = arrow_type(column.redshift_type)
        if kind is None and column.redshift_type.name not in _TEXT_ONLY:
            wrong.append(f"{name} ({column.type})")
        else:
            fields.append(pa.field(name, kind or pa.string()))
    if wrong:
        raise SourceError(
            f"{label}: no frame holds what COPY takes for {', '.join(wrong)}.", source=label,
            next_step="Deliver a file instead.",
        )  # fmt: skip
    return pa.schema(fields)


@dataclass(frozen=True)
class Rows:
    """A batch and where its rows stood: row i is `unit` number `places[i]` of `label`."""

    batch: Any
    label: str
    places: Sequence[int]
    unit: str


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


_COUNTED = {"row": " (rows count from 0)"}


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
        self._places: Sequence[int] = ()
        self._unit = "row"

    def conform(self, batch: Any) -> pa.RecordBatch:
        """One batch (a RecordBatch, or name -> pandas.Series or list by position) with the table's names and types."""
        import pyarrow as pa

        if isinstance(batch, Rows):
            self._label, self._places, self._unit = batch.label, batch.places, batch.unit
            batch = batch.batch
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
            array = _array(values, column)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise self._wrong(column, None, None, f"its values are of mixed types ({error})") from error
        convert = (
            partial(_as_text, kind=column.redshift_type.name) if _is_text_only(column) else partial(_cast, kind=kind)
        )
        try:
            done = convert(array)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
            row, value = _first_that_fails(array, convert)
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
        place = "" if row is None else self._places[row] if self._places else self._row + row
        where = "" if row is None else f", {self._unit} {place}"
        shown = "" if value is None else f" {_short(value)}:"
        return SourceError(
            f"{self._label}{where}, column {column.name}:{shown} {why}.",
            source=self._label,
            next_step=f"Nothing was loaded. Correct the data{_COUNTED.get(self._unit, '')} or the table's design.",
        )


def _array(values: Any, column: ColumnDesign) -> pa.Array:
    import pyarrow as pa

    if isinstance(values, list):
        return _from_python(values, column)
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        if getattr(values.dtype, "tz", None) is not None:
            values = values.dt.tz_convert(None)  # the same instants as UTC, which Arrow takes for both kinds of column
        values = pa.Array.from_pandas(values)  # NaN, NaT and None become null
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return values


def _from_python(values: list[Any], column: ColumnDesign) -> pa.Array:
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
    if pa.types.is_timestamp(kind) and _is_string(array.type):
        return _read_timestamps(array, kind)
    if pa.types.is_decimal(kind) and pa.types.is_integer(array.type):
        # Arrow wants room for the widest integer; the values have to fit, not their type.
        array = array.cast(pa.decimal128(38, kind.scale))
    return array.cast(kind)


def _is_string(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_text_only(column: ColumnDesign) -> bool:
    return column.redshift_type.name in _TEXT_ONLY


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


def _as_text(array: pa.Array, kind: str) -> pa.Array:
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


def _first_that_fails(array: pa.Array, convert: Callable[[pa.Array], pa.Array]) -> tuple[int | None, Any]:
    import pyarrow as pa

    for row in range(len(array)):
        try:
            convert(array.slice(row, 1))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
            return row, array[row].as_py()
    return None, None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


class ParquetPart:
    """One Parquet file being written in memory."""

    suffix = "parquet"

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


class CsvPart:
    """One CSV file being written in memory: every value in quotes, and `marker`, which is none of them, for NULL."""

    suffix = "csv"

    def __init__(self, schema: pa.Schema, marker: str) -> None:
        self._names = schema.names
        self._marker = marker
        self._sink = io.BytesIO()
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.csv as pcsv

        texts = [pc.fill_null(_printed(array), self._marker) for array in batch.columns]
        options = pcsv.WriteOptions(include_header=False, quoting_style="all_valid")
        pcsv.write_csv(pa.record_batch(texts, names=self._names), self._sink, options)
        self.rows += batch.num_rows

    @property
    def size(self) -> int:
        return self._sink.tell()

    def finish(self) -> bytes:
        return self._sink.getvalue()


def _printed(array: pa.Array) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_timestamp(array.type) and array.type.tz:
        # With its zone said: COPY would read it in the session's.
        naive = array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")).cast(pa.string())
        return pa.compute.binary_join_element_wise(naive, "+00", "")
    return array.cast(pa.string())


def file_batches(piece: Piece, store: ObjectStore) -> Iterator[pa.RecordBatch]:
    """The rows of one Parquet file, a bounded window at a time."""
    import pyarrow.parquet as pq

    with store.open(piece.uri) as stream:
        yield from pq.ParquetFile(stream).iter_batches(batch_size=BATCH_ROWS)
