"""Executes a COPY.

All files into the table within the session's transaction, or none and rows in the load-error views.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import IO, cast

from warehouse.errors import ObjectStoreError
from warehouse.local.copying import failure as f
from warehouse.local.copying.ahead import Ahead
from warehouse.local.copying.convert import Converter
from warehouse.local.copying.effects import effects
from warehouse.local.copying.failure import CopyError, Findings, Rejected, TooManyErrors
from warehouse.local.copying.formats import FORMATS, Format
from warehouse.local.copying.options import CopyOptions, copy_options
from warehouse.local.copying.recognise import Recogniser
from warehouse.local.copying.sources import File, find_files, open_file, s3_error
from warehouse.local.copying.target import Target, find_target
from warehouse.local.copying.work import Feed, NotPlain, Work
from warehouse.local.translate.plan import Copy
from warehouse.local.wire.upstream import Upstream, UpstreamError
from warehouse.objectstore import ObjectStore


@dataclass(frozen=True)
class LoadedFile:
    """What was read of one file."""

    uri: str
    rows: int
    size: int
    errors: int


@dataclass
class Load:
    """A COPY, and what is known of it so far. `started` is in seconds of the epoch."""

    target: Target
    options: CopyOptions
    source: str
    label: str
    findings: Findings
    files: list[LoadedFile] = field(default_factory=list)
    started: float = field(default_factory=time.time)

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


class LoadFailed(Exception):
    """Too many records were rejected, or one that leaves no choice."""

    def __init__(self, load: Load) -> None:
        super().__init__(f"Load into table '{load.target.name}' failed")
        self.load = load


def execute(plan: Copy, database: Upstream, store: ObjectStore, connect: Callable[[], Upstream]) -> Load:
    """Load every file. Raises CopyError, LoadFailed or UpstreamError; the caller rolls back.

    `connect` opens one more connection to the session's database, for questions while the session's own one is fed.
    """
    options = copy_options(plan.parameters)
    form = FORMATS.get(options.format)
    if form is None:
        raise CopyError(f"not emulated: COPY from {options.format.upper()}", "0A000")
    target = find_target(plan, database)
    files = find_files(store, plan.source, manifest=options.manifest, columnar=form.columnar)
    load = Load(target, options, plan.source, form.label, Findings(options.most_errors))
    with effects(load.target, options, database), Recogniser(database, connect) as recognise:
        converter = Converter(target, options.conversion, recognise)
        for file in files:
            work = Work(file.uri, target, options, converter, load.findings, store)
            before = load.findings.rejected_count
            try:
                rows = _columnar(file, form, work, database) if form.columnar else _records(file, form, work, database)
            except ObjectStoreError as error:
                raise s3_error(error) from error
            except TooManyErrors as error:
                raise LoadFailed(load) from error
            load.files.append(LoadedFile(file.uri, rows, file.size, load.findings.rejected_count - before))
    return load


def _columnar(file: File, form: Format, work: Work, database: Upstream) -> int:
    with cast("IO[bytes]", work.store.open(file.uri)) as stream:
        try:
            return _feed(form.read(stream, work), work.target, database)
        except UpstreamError as error:
            if not _of_data(error):
                raise
            raise CopyError(f"Spectrum Scan Error: {error.notice.text} in file {file.uri}") from error


def _records(file: File, form: Format, work: Work, database: Upstream) -> int:
    mark = work.findings.mark()
    if work.options.no_load:
        work.careful = True
        with open_file(work.store, file, work.options) as stream:
            for _ in form.read(stream, work):
                pass
        return 0
    # A failed COPY aborts the transaction; a savepoint lets the file be read again, or skipped.
    database.run("SAVEPOINT redshift_copy")
    try:
        try:
            rows = _read(file, form, work, database)
        except (NotPlain, UpstreamError) as error:
            if isinstance(error, UpstreamError) and not _of_data(error):
                raise
            database.run("ROLLBACK TO SAVEPOINT redshift_copy")
            work.findings.forget(mark)
            work.careful = True
            rows = _read(file, form, work, database)
    except Rejected as whole_file:
        database.run("ROLLBACK TO SAVEPOINT redshift_copy")
        work.findings.forget(mark)
        work.findings.reject(file.uri, whole_file)
        rows = 0
    database.run("RELEASE SAVEPOINT redshift_copy")
    return rows


def _read(file: File, form: Format, work: Work, database: Upstream) -> int:
    with open_file(work.store, file, work.options) as stream:
        try:
            return _feed(form.read(stream, work), work.target, database)
        except UpstreamError as error:
            if not (work.careful and _of_data(error)):
                raise
            # Our reading of a value and PostgreSQL's differ: nothing lands, and PostgreSQL's reason is given.
            work.findings.reject(file.uri, Rejected(f.UNKNOWN, error.notice.text[:100]))
            raise TooManyErrors from error


def _feed(feeds: Iterable[Feed], target: Target, database: Upstream) -> int:
    """Feed PostgreSQL, a COPY for each run of equal options; how many rows it took."""
    rows = 0
    with Ahead(feeds) as ready:
        for options, run in groupby(ready, lambda feed: feed[0]):
            rows += database.copy_in(target.copy_sql(options), _data(run))
    return rows


def _data(run: Iterable[Feed]) -> Iterator[bytes]:
    return (data for _, data in run)


def _of_data(error: UpstreamError) -> bool:
    """True for a value that PostgreSQL does not take: class 22 or 23. A cancel or a lock is no row's fault."""
    return error.notice.sqlstate[:2] in ("22", "23")
