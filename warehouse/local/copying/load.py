"""Executes a COPY.

All files into the table within the session's transaction, or none and a row in the load-error views.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from warehouse.errors import ObjectStoreError
from warehouse.local.copying import columnar, diagnose, text
from warehouse.local.copying.failure import UNKNOWN, CopyError, Rejected
from warehouse.local.copying.options import CopyOptions, copy_options
from warehouse.local.copying.sources import File, find_files, open_file, s3_error
from warehouse.local.copying.target import Target, find_target
from warehouse.local.translate.plan import Copy
from warehouse.local.wire.upstream import Upstream, UpstreamError
from warehouse.objectstore import ObjectStore


@dataclass(frozen=True)
class LoadedFile:
    """What was read of one file."""

    uri: str
    rows: int
    size: int


class RowRejected(Exception):
    """A row of `file` does not load."""

    def __init__(self, target: Target, file: File, row: Rejected) -> None:
        super().__init__(row.reason)
        self.target = target
        self.file = file
        self.row = row


def execute(plan: Copy, database: Upstream, store: ObjectStore) -> tuple[Target, list[LoadedFile]]:
    """Load every file. Raises CopyError, RowRejected or UpstreamError; the caller rolls back."""
    options = copy_options(plan.parameters)
    target = find_target(plan, database)
    files = find_files(store, plan.source, manifest=options.manifest, columnar=options.text is None)
    loaded = []
    for file in files:
        try:
            rows = _load(file, target, options, database, store)
        except ObjectStoreError as error:
            raise s3_error(error) from error
        loaded.append(LoadedFile(file.uri, rows, file.size))
    return target, loaded


def _load(file: File, target: Target, options: CopyOptions, database: Upstream, store: ObjectStore) -> int:
    if options.text is None:
        with open_seekable(store, file) as stream:
            try:
                return database.copy_in(target.copy_sql(), columnar.chunks(stream, target, file.uri))
            except UpstreamError as error:
                if not _of_data(error):
                    raise
                raise CopyError(f"Spectrum Scan Error: {error.notice.text} in file {file.uri}") from error
    if options.text.remove_quotes:
        return _row_by_row(file, target, options, database, store)
    # A failed COPY aborts the transaction; a savepoint lets the file be read again, row by row.
    database.run("SAVEPOINT redshift_copy")
    try:
        with open_file(store, file, gzipped=options.gzip) as stream:
            rows = database.copy_in(target.copy_sql(), text.chunks(stream, target, options.text))
    except (text.NotPlain, UpstreamError) as error:
        if isinstance(error, UpstreamError) and not _of_data(error):
            raise
        database.run("ROLLBACK TO SAVEPOINT redshift_copy")
        rows = _row_by_row(file, target, options, database, store)
    database.run("RELEASE SAVEPOINT redshift_copy")
    return rows


def _of_data(error: UpstreamError) -> bool:
    """True for a value that PostgreSQL does not take: class 22 or 23. A cancel or a lock is no row's fault."""
    return error.notice.sqlstate[:2] in ("22", "23")


def _row_by_row(file: File, target: Target, options: CopyOptions, database: Upstream, store: ObjectStore) -> int:
    assert options.text is not None
    try:
        with open_file(store, file, gzipped=options.gzip) as stream:
            return database.copy_in(target.copy_sql(), _packed(diagnose.rows(stream, target, options.text)))
    except Rejected as row:
        raise RowRejected(target, file, row) from row
    except UpstreamError as error:
        if not _of_data(error):
            raise
        # Our reading of a value and PostgreSQL's differ: nothing lands, and PostgreSQL's reason is given.
        raise RowRejected(target, file, Rejected(UNKNOWN, error.notice.text[:100])) from error


def _packed(rows: Iterator[list[str | None]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    # QUOTE_NOTNULL would need Python 3.12: values are quoted by hand.
    for row in rows:
        buffer.write(",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in row))
        buffer.write("\n")
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue().encode("utf-8")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8")


def open_seekable(store: ObjectStore, file: File) -> IO[bytes]:
    """An object that can be read from any place: Parquet keeps its index at the end."""
    return store.open(file.uri)
