"""The files of an UNLOAD: how they are called, who writes which rows, when a file ends, what is known of it then.

Names (r_UNLOAD): prefix + slice (4 digits) + _part_ + number, or prefix + number of three digits with PARALLEL OFF;
with PARTITION BY a folder for each partition, as Hive names them. Rows are dealt to the slices in runs, so that each
file keeps the order of the query and every slice has one as soon as there are rows enough. Files go to S3 while they
grow (upload.py): memory does not.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any, Protocol, cast

from warehouse.local.copying.unload_options import UnloadOptions
from warehouse.local.copying.unload_query import Column
from warehouse.local.copying.upload import Upload
from warehouse.local.wire.upstream import Upstream
from warehouse.objectstore import ObjectStore

# How much is dealt at a time, in bytes of what PostgreSQL writes.
_BLOCK = 1 << 20
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# Hive writes these as %XX in a folder's name.
_ESCAPED = {chr(code) for code in (*range(1, 32), 127)} | set("\"#%'*/:=?\\{[]^")


@dataclass(frozen=True)
class Job:
    """An UNLOAD that may begin."""

    query: str
    target: str
    options: UnloadOptions
    columns: tuple[Column, ...]
    slices: int


@dataclass(frozen=True)
class Written:
    """One object that was written by `slice`; `rows` does not count a header."""

    uri: str
    size: int
    rows: int
    slice: int


@dataclass(frozen=True)
class Run:
    """Rows of one folder: how many, `cut(start, stop)` as a piece to write, and how large a piece is in bytes."""

    folder: str
    count: int
    cut: Callable[[int, int], Any]
    size: Callable[[Any], int]


class Body(Protocol):
    """What a file is filled through."""

    def write(self, piece: Any) -> None: ...

    def close(self) -> None: ...


class Form(Protocol):
    """A format: the query's rows in runs, folder after folder, and the body of a new file."""

    writes_empty: bool

    def runs(self, database: Upstream) -> Generator[Run]: ...

    def open(self, file: IO[bytes]) -> Body: ...


def blocks(lines: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    """Lines as they come from PostgreSQL, in larger portions."""
    found: list[bytes] = []
    size = 0
    for some in lines:
        found += some
        size += sum(map(len, some))
        if size >= _BLOCK:
            yield found
            found, size = [], 0
    if found:
        yield found


@lru_cache(maxsize=1024)
def folder(names: Sequence[str], key: str) -> str:
    """The folder of a partition: name=value/ for each column, in their order; `key` is as the query sends it."""
    values = json.loads(bytes.fromhex(key))
    return "".join(f"{name}={_hive(value)}/" for name, value in zip(names, values, strict=True))


def _hive(value: str | None) -> str:
    if not value:
        return _NULL_PARTITION
    return "".join(f"%{ord(sign):02X}" if sign in _ESCAPED else sign for sign in value)


class Writer:
    """Deals the rows of a job to the files of its slices."""

    def __init__(self, job: Job, form: Form, store: ObjectStore) -> None:
        self._job, self._form, self._store = job, form, store
        self._folder: str | None = None
        self._outputs: list[_Output] = []
        self._written: list[Written] = []

    def run(self, database: Upstream) -> list[Written]:
        """Write every row; what was written, folder by folder."""
        try:
            # Closed here, not when it is forgotten: the rows that are still to come are in the session's way.
            with contextlib.closing(self._form.runs(database)) as runs:
                for run in runs:
                    self._enter(run.folder)
                    for output, start, stop in self._dealt(run.count):
                        piece = run.cut(start, stop)
                        output.write(piece, stop - start, run.size(piece))
            if self._folder is None and self._form.writes_empty:
                self._enter("")
                self._outputs[0].open()
            self._leave()
        finally:
            for output in self._outputs:
                output.close()
        return self._written

    def _enter(self, where: str) -> None:
        """Go on in the folder `where`. Those before it are done: rows come sorted by partition."""
        if where == self._folder:
            return
        self._leave()
        self._folder = where
        prefix = self._job.target + where
        if where and self._job.options.clean:
            self._store.delete([info.uri for info in self._store.list(prefix)])
        self._outputs = [_Output(prefix, i, self._job, self._form, self._store) for i in range(self._job.slices)]

    def _leave(self) -> None:
        for output in self._outputs:
            output.end()
        for output in self._outputs:
            self._written += output.finish()
        self._outputs = []

    def _dealt(self, count: int) -> Iterator[tuple[_Output, int, int]]:
        """Which part of `count` rows each slice writes; the first ones when there are fewer rows than slices."""
        each, more = divmod(count, len(self._outputs))
        start = 0
        for i, output in enumerate(self._outputs):
            stop = start + each + (i < more)
            if start < stop:
                yield output, start, stop
            start = stop


class _Output:
    """The objects of one slice in one folder: a new one begins when the present one is full."""

    def __init__(self, prefix: str, number: int, job: Job, form: Form, store: ObjectStore) -> None:
        self._prefix, self._number, self._options, self._form = prefix, number, job.options, form
        self._store = store
        self._written: list[Written] = []
        self._file: Upload | None = None
        # An object that is ended and not yet known to be there, and its rows.
        self._sent: tuple[Upload, int] | None = None
        self._body: Body | None = None
        self._rows = 0

    def write(self, piece: Any, rows: int, size: int) -> None:
        """Add `rows` rows of `size` bytes (0 when that is not known before they are written)."""
        if self._file is not None and self._rows and self._file.tell() + size >= self._options.file_bytes:
            self.end()
        self.open()
        assert self._body is not None
        self._body.write(piece)
        self._rows += rows

    def open(self) -> None:
        """Begin an object, if none is begun."""
        if self._file is None:
            part = len(self._written) + (self._sent is not None)
            name = f"{self._number:04}_part_{part:02}" if self._options.parallel else f"{part:03}"
            uri = f"{self._prefix}{name}{self._options.suffix}"
            self._file = Upload(self._store, uri, self._options.kms_key)
            self._body = self._form.open(cast("IO[bytes]", self._file))
            self._rows = 0

    def end(self) -> None:
        """Send what is left of the present object; the one before it is waited for."""
        if self._file is None:
            return
        assert self._body is not None
        self._body.close()
        self._wait()
        self._file.end()
        self._sent, self._file, self._body = (self._file, self._rows), None, None

    def finish(self) -> list[Written]:
        """Wait for the last object, which is ended, and tell what was written."""
        self._wait()
        return self._written

    def close(self) -> None:
        """Let go of an object that is begun: it is not written."""
        for file in (self._file, self._sent[0] if self._sent else None):
            if file is not None:
                file.abandon()

    def _wait(self) -> None:
        if self._sent is not None:
            file, rows = self._sent
            self._written.append(Written(file.uri, file.wait(), rows, self._number))
            self._sent = None
