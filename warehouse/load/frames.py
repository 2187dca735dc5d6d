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

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from warehouse.errors import SourceError
from warehouse.load.copy import CopyOptions
from warehouse.load.source import Kind, Piece, Source
from warehouse.load.values import as_text, blanks_as_null, cast, from_python
from warehouse.objectstore import ObjectStore
from warehouse.redshift.types import RedshiftType
from warehouse.schema import ColumnDesign, TableDesign

if TYPE_CHECKING:
    import pyarrow as pa

# What Arrow and Python raise for values that they cannot read or convert; Arrow's own errors are among them.
_UNFIT = (ValueError, TypeError, OverflowError, NotImplementedError, KeyError, OSError)

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
            size=int(source.memory_usage(index=False).sum()), batches=lambda: _slices(source),
        )  # fmt: skip
    if isinstance(source, pa.RecordBatchReader) or hasattr(source, "__arrow_c_stream__"):
        try:
            return _stream(pa.RecordBatchReader.from_stream(source), label)
        except pa.ArrowException as error:
            raise SourceError(
                f"{label[0].upper()}{label[1:]} cannot be read as Arrow: {error}.",
                source=label,
                next_step="Nothing was loaded. Cast the column to a type that Arrow has, or leave it out.",
            ) from error
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


def _slices(frame: Any) -> Iterator[dict[int, Any]]:
    for start in range(0, len(frame), BATCH_ROWS):
        part = frame.iloc[start : start + BATCH_ROWS]
        # By position, since pandas lets two columns have one name.
        yield {position: part.iloc[:, position] for position in range(len(frame.columns))}


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
    """A batch and where its rows stood: row i is `unit` number `places[i]` of `label`; the first of all is `first`."""

    batch: Any
    label: str
    places: Sequence[int]
    unit: str
    first: int = 0


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
    """Gives batches the table's types, and counts rows so that an error can name one.

    `blanks_count` holds trailing blanks against a string's length, too, as COPY does where it reads Parquet in place.
    Of the `options` those about NULL and epochs are heard, which only records may be given.
    """

    def __init__(
        self,
        design: TableDesign,
        columns: Sequence[str],
        *,
        label: str,
        may_be_null: Iterable[str] = (),
        blanks_count: bool = False,
        options: CopyOptions | None = None,
    ) -> None:
        self.schema = table_schema(design, columns, label=label)
        self._columns = [column for name in columns if (column := design.column(name))]
        self._label = label
        # Keys of an upsert: its own guard counts them and shows examples.
        self._may_be_null = frozenset(may_be_null)
        self._blanks_count = blanks_count
        self._options = options or CopyOptions()
        self._row = 0
        self._places: Sequence[int] = ()
        self._unit, self._first = "row", 0

    def conform(self, batch: Any) -> pa.RecordBatch:
        """One batch (a RecordBatch, or a dict of a pandas.Series or list each, by position) with the table's names and
        types."""
        import pyarrow as pa

        if isinstance(batch, Rows):
            self._label, self._places = batch.label, batch.places
            self._unit, self._first = batch.unit, batch.first
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
        try:
            array = _array(values, column)
        except _UnknownType as error:
            raise self._wrong(column, None, None, str(error)) from error
        except _UNFIT as error:
            row, value = _first_unreadable(values, column)
            why = f"its values are of mixed types ({error})" if row is None else f"{error}"
            raise self._wrong(column, row, value, why) from error
        convert = (
            partial(as_text, kind=column.redshift_type.name)
            if _is_text_only(column)
            else partial(cast, kind=kind, timeformat=self._options.timeformat)
        )
        try:
            done = convert(array)
        except _UNFIT as error:
            row, value, why = _first_that_fails(array, convert)
            what_next = getattr(error, "next_step", "")
            raise self._wrong(column, row, value, f"it cannot become {column.type}{why}", what_next) from error
        try:
            if _is_of_characters(column):
                done = blanks_as_null(done, empty=self._options.emptyasnull, blank=self._options.blanksasnull)
            self._check(done, column)
        except _UNFIT as error:  # Arrow looks at the bytes of a string when something is done with them, not before
            row, value, _ = _first_that_fails(done.cast("binary"), lambda raw: raw.cast("string"))
            raise self._wrong(column, row, value, "it is not UTF-8") from error
        return _without_excess(done, column)

    def _check(self, array: pa.Array, column: ColumnDesign) -> None:
        import pyarrow.compute as pc

        if array.null_count and not column.nullable and column.name not in self._may_be_null:
            raise self._wrong(column, array.is_null().index(True).as_py(), None, "the column is NOT NULL")
        kind = column.redshift_type
        if not _is_of_characters(column):
            return
        row = pc.match_substring(array, "\0").index(True).as_py() if _holds_nul(array) else -1
        if row >= 0:
            raise self._wrong(
                column, row, array[row].as_py(), "it holds a NUL character, which COPY refuses",
                "Nothing was loaded. Take the NUL characters out.",
            )  # fmt: skip
        # Trailing blanks beyond the length are dropped by Redshift, not an error.
        sizes = pc.binary_length(array if self._blanks_count else pc.utf8_rtrim(array, " "))
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

    def _wrong(self, column: ColumnDesign, row: int | None, value: Any, why: str, next_step: str = "") -> SourceError:
        place = "" if row is None else self._places[row] if self._places else self._row + row
        where = "" if row is None else f", {self._unit} {place}"
        shown = "" if value is None else f" {_short(value)}:"
        # Lines and records count from 1 everywhere.
        counted = f" (rows count from {self._first})" if self._unit == "row" else ""
        return SourceError(
            f"{self._label}{where}, column {column.name}:{shown} {why}.",
            source=self._label,
            row=None if row is None else int(place),
            column=column.name,
            value=value,
            reason=why,
            next_step=next_step or f"Nothing was loaded. Correct the data{counted} or the table's design.",
        )


def _holds_nul(array: pa.StringArray) -> bool:
    """Whether there is a NUL among all the bytes of the strings, which is seen at once."""
    _, offsets, data = array.buffers()
    if not len(array) or data is None:
        return False
    bounds = memoryview(offsets).cast("i")
    first, end = bounds[array.offset], bounds[array.offset + len(array)]
    return b"\0" in data.slice(first, end - first).to_pybytes()


def _without_excess(array: pa.Array, column: ColumnDesign) -> pa.Array:
    """Strings without the trailing blanks that go beyond the column's length: COPY drops them from a text, and refuses
    them in Parquet."""
    import pyarrow.compute as pc

    if not _is_of_characters(column):
        return array
    most = column.redshift_type.arguments[0]
    if (pc.max(pc.binary_length(array)).as_py() or 0) <= most:
        return array
    return pc.binary_slice(array.cast("binary"), 0, most).cast(array.type)


class _UnknownType(Exception):
    """A column is of a type that none of its values is to blame for."""


def _array(values: Any, column: ColumnDesign) -> pa.Array:
    import pyarrow as pa

    if isinstance(values, list):
        return from_python(values, column)
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        if getattr(values.dtype, "tz", None) is not None:
            values = values.dt.tz_convert(None)  # the same instants as UTC, which Arrow takes for both kinds of column
        if values.dtype == object:
            return _of_objects(values.where(values.notna(), None).tolist(), column)
        if type(values.dtype).__name__ == "SparseDtype":
            values = values.sparse.to_dense()
        try:
            values = pa.Array.from_pandas(values)  # NaN, NaT and None become null
        except pa.ArrowException as error:
            raise _UnknownType(f"its type is {values.dtype}, for which Arrow has none") from error
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        if pa.types.is_string_view(values.type.value_type):
            # Which Arrow does not decode.
            values = pa.DictionaryArray.from_arrays(values.indices, values.dictionary.cast(pa.string()))
        values = values.dictionary_decode()
    # Of views Arrow computes little.
    return values.cast(pa.string()) if pa.types.is_string_view(values.type) else values


def _of_objects(values: list[Any], column: ColumnDesign) -> pa.Array:
    """Python's values in pandas: Arrow's own reading would drop offsets and fill up mappings with nulls. A text for
    SUPER is JSON here, as in any frame.
    """
    if column.redshift_type.name != "super" or not any(isinstance(value, str) for value in values):
        return from_python(values, column)
    import pyarrow as pa

    known = {row: value for row, value in enumerate(values) if isinstance(value, str)}
    made = from_python([None if row in known else value for row, value in enumerate(values)], column).to_pylist()
    return pa.array([known.get(row, text) for row, text in enumerate(made)], pa.string())


def _is_of_characters(column: ColumnDesign) -> bool:
    return column.redshift_type.name in ("character", "character varying")


def _is_text_only(column: ColumnDesign) -> bool:
    return column.redshift_type.name in _TEXT_ONLY


def _first_that_fails(array: pa.Array, convert: Callable[[pa.Array], pa.Array]) -> tuple[int | None, Any, str]:
    """The first row that cannot be converted, its value, and why where we know it better than Arrow says it."""
    import pyarrow as pa

    for row in range(len(array)):
        if not array[row].is_valid:
            continue
        try:
            convert(array.slice(row, 1))
        except _UNFIT as error:
            ours = not isinstance(error, pa.ArrowException | UnicodeError)
            return row, _shown(array[row]), f": {error}" if ours else ""
    return None, None, ""


def _first_unreadable(values: Any, column: ColumnDesign) -> tuple[int | None, Any]:
    """The first of Python's values that Arrow has no type for; no row when it is their mixture that it cannot read."""
    found = values if isinstance(values, list) else getattr(values, "tolist", list)()
    for row, value in enumerate(found):
        try:
            # In company, where it has to be told as text.
            from_python([value, 0 if isinstance(value, str) else ""], column)
        except _UNFIT:
            return row, value
    return None, None


def _shown(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):  # Python's dates end at the year 9999, and its moments at microseconds
        return str(scalar.cast("int64"))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def file_rows(piece: Piece, store: ObjectStore, positions: Sequence[int] | None = None) -> Iterator[Rows]:
    """The rows of one Parquet file with their places, counted from 1, a bounded window at a time; of all its columns,
    or of those at these positions."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 1
    try:
        with store.open(piece.uri) as stream:
            file = pq.ParquetFile(stream)
            names = None if positions is None else [file.schema_arrow.names[position] for position in positions]
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names):
                yield Rows(batch, piece.name, range(row, row + batch.num_rows), "row", 1)
                row += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{piece.name} cannot be read to its end: {error}.",
            source=piece.name,
            next_step="Nothing was loaded. Fetch the file again; it is damaged.",
        ) from error
