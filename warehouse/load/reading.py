"""Read a query's rows without holding them: UNLOAD to Parquet in the staging area, then one file after the other.

Redshift's slices write the files side by side, which no cursor does; here two of them are in memory at most, whatever
the query returns. Parquet keeps NULL and '' apart and numbers exact; what it does not say (a TIMESTAMPTZ is a moment
without its zone, VARBYTE has no form) comes from the model, or from the schema in UNLOAD's manifest. The rows that were
read are counted, and have to be as many as were unloaded.

https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
"""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.errors import LoadError, WarehouseError
from warehouse.load.copy import role_clause
from warehouse.load.frames import BATCH_ROWS, arrow_type
from warehouse.load.guards import Guards
from warehouse.load.report import LoadReport, Progress
from warehouse.load.session import attempt, execute, finish, number, open_session, transact
from warehouse.load.unload import Unloaded, UnloadStatement, query_of, read_manifest
from warehouse.load.values import cast
from warehouse.objectstore import ObjectStore
from warehouse.redshift.types import RedshiftType
from warehouse.schema import TableDesign
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# The size at which a file ends: one row group of Redshift's, the least that it makes.
FILE_MB = 32


class Reading:
    """The rows of one query, to be read once: as record batches by iterating, or as pandas frames.

    schema  the columns as Arrow types: those of the model, or of the query's result. SUPER is its JSON text
    report  what was unloaded: rows_read, bytes, files

    Close it, best with `with`: what was unloaded is then removed. Where reading fails, or the block of the `with`, it
    is kept, and the error says where. Anything that reads Arrow's C stream (polars, duckdb, `load`) takes a Reading.
    """

    def __init__(
        self, store: ObjectStore, prefix: str, unloaded: Unloaded, schema: pa.Schema, report: LoadReport, rows: int
    ) -> None:
        self.schema = schema
        self.report = report
        self._store = store
        self._prefix = prefix
        self._unloaded = unloaded
        self._rows = rows
        self._batches: Iterator[pa.RecordBatch] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()
            return
        if not isinstance(error, WarehouseError):
            error.add_note(self._kept)
        self._store.close()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The rows, in pyarrow.RecordBatches of at most `rows` rows. Raises LoadError when they are not all there."""
        if self._batches is not None:
            raise LoadError("The rows of a reading are there once.", next_step="Call read() again.")
        self._batches = self._read()
        return self._batches

    def frames(self) -> Iterator[pd.DataFrame]:
        """The rows, in pandas.DataFrames of at most `rows` rows. Their columns have Arrow's types: a BIGINT with NULLs
        stays a whole number, a DECIMAL a decimal."""
        import pandas as pd

        return (batch.to_pandas(types_mapper=pd.ArrowDtype) for batch in self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.schema, iter(self)).__arrow_c_stream__(requested_schema)

    def close(self) -> None:
        """Remove what was unloaded."""
        # What stays behind costs storage, not truth; it is swept when it is old.
        with contextlib.suppress(WarehouseError):
            self._store.delete([*self._unloaded.files, f"{self._prefix}manifest"])
        self._store.close()

    @property
    def _kept(self) -> str:
        return f"What was unloaded is kept: {self._prefix}."

    def _read(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        read = 0
        try:
            for fetched in self._fetched():
                # Redshift may write timestamps in Parquet's old form, whose nanoseconds end in 2262.
                file = pq.ParquetFile(pa.BufferReader(fetched.getbuffer()), coerce_int96_timestamp_unit="us")
                for batch in file.iter_batches(batch_size=self._rows):
                    read += batch.num_rows
                    yield _typed(batch, self.schema)
                del fetched, file  # before the next but one is fetched
            if read != self.report.rows_read:
                raise LoadError(
                    f"{self.report.rows_read} rows were unloaded, {read} were read.", next_step="Read them again."
                )
        except WarehouseError as error:
            error.next_step = f"{error.next_step} {self._kept}".strip()
            raise
        except (pa.ArrowException, ValueError) as error:
            raise LoadError(f"The unloaded rows cannot be read: {error}.", next_step=self._kept) from error
        self.close()

    def _fetched(self) -> Iterator[io.BytesIO]:
        """The files, each while the one before it is read."""
        files = iter(self._unloaded.files)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="read") as pool:
            coming = [pool.submit(self._fetch, file) for file in islice(files, 1)]
            while coming:
                file = coming.pop().result()
                coming = [pool.submit(self._fetch, following) for following in islice(files, 1)]
                yield file
                del file

    def _fetch(self, uri: str) -> io.BytesIO:
        found = io.BytesIO()
        with self._store.open(uri) as stream:
            shutil.copyfileobj(stream, found, 1 << 20)
        return found


def read(
    query_or_table: Any,
    *,
    rows: int = BATCH_ROWS,
    ordered: bool | None = None,
    engine: sa.Engine | None = None,
    settings: Settings | None = None,
    actor: str = "",
    progress: Progress | None = None,
    guards: Guards | None = None,
) -> Reading:
    """The rows of a model, a Table, a select() or the text of a query, as a stream of bounded memory.

        with read(Flight) as flights:
            for batch in flights: ...           # pyarrow.RecordBatch
            for frame in flights.frames(): ...  # or pandas.DataFrame

    rows     of a batch, at most
    ordered  keep the order of the query's ORDER BY, which one slice has to write alone; default: when it is a select()
             that has one

    The query has run when this returns; its rows lie in the staging area. Raises LoadError, ConnectionFailed,
    Cancelled or ObjectStoreError.
    """
    if rows < 1:
        raise LoadError(f"Batches of {rows} rows are none.", next_step="Say how many rows a batch may have.")
    query, design = query_of(query_or_table)
    if design:
        query = _readable(design)
    if ordered is None:
        ordered = bool(getattr(query_or_table, "_order_by_clauses", ()))
    name = design.qualified_name if design else ""
    session = open_session("unload", name, "", engine, settings, actor, progress, guards=guards)
    prefix = f"{session.prefix}/rows_"
    session.run = replace(session.run, source=prefix)
    with attempt(session):
        role_clause(session.settings.iam_role)
        if not session.settings.stage:
            raise LoadError(
                "No stage is set: UNLOAD writes to S3 only.",
                next_step="Set WAREHOUSE_STAGE to an s3:// prefix that the IAM role may write and you may read.",
            )
        statement = UnloadStatement(
            query=query,
            uri=prefix,
            iam_role=session.settings.iam_role,
            verbose=True,
            ordered=ordered,
            file_mb=FILE_MB,
            kms_key=session.settings.kms_key,
        )
        found: list[Unloaded] = []

        def work(connection: sa.Connection) -> LoadReport:
            with session.phase("unload"):
                execute(connection, statement.sql())
            with session.phase("prove"):
                unloaded = read_manifest(session.store, statement.manifest)
                count = number(connection, "SELECT pg_last_unload_count()") if unloaded.rows is None else unloaded.rows
            found.append(unloaded)
            return session.report(files=unloaded.files, rows_read=count, bytes=unloaded.bytes)

        report = finish(session, transact(session, work))
    unloaded = found[-1]
    columns = tuple((one.name, one.redshift_type) for one in design.columns) if design else unloaded.columns
    return Reading(session.store, prefix, unloaded, _schema(columns), report, rows)


def _readable(design: TableDesign) -> str:
    """The SELECT of all columns; VARBYTE, which Parquet does not take, as hexadecimal digits."""
    listed = []
    for column in design.columns:
        name, kind = sql.name(column.name), column.redshift_type
        if _read_as(kind) is None:
            raise LoadError(
                f"{design.qualified_name}.{column.name}: UNLOAD has no Parquet for {column.type}.",
                next_step="Read a select() of the other columns.",
            )
        listed.append(f"FROM_VARBYTE({name}, 'hex') AS {name}" if kind.name == "binary varying" else name)
    return f"SELECT {', '.join(listed)} FROM {sql.qualified(design.name, design.schema)}"


def _read_as(kind: RedshiftType) -> pa.DataType | None:
    """The Arrow type as which a column type is read; None for one that has none."""
    import pyarrow as pa

    beyond: dict[str, Callable[[], pa.DataType]] = {
        "super": pa.string, "time with time zone": pa.string, "binary varying": pa.binary,
        "time without time zone": lambda: pa.time64("us"),
    }  # fmt: skip
    return beyond[kind.name]() if kind.name in beyond else arrow_type(kind)


def _schema(columns: Sequence[tuple[str, RedshiftType]]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([pa.field(name, _read_as(kind)) for name, kind in columns])


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [_cast(array, kind) for array, kind in zip(batch.columns, schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage  # Parquet's JSON
    if pa.types.is_binary(kind) and pa.types.is_string(array.type):
        return pa.array([None if text is None else bytes.fromhex(text) for text in array.to_pylist()], kind)
    return cast(array, kind)
