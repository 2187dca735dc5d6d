"""UNLOAD to text: PostgreSQL's lines to those of the files, many at a time.

PostgreSQL's text format puts a backslash before what would not survive a line. A block without one goes out as it is;
the others are taken back with one pass of a regular expression. CSV is the same in both.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import re
from collections.abc import Callable, Generator
from typing import IO, Any

import pyarrow as pa

from warehouse.local.copying import unload_query
from warehouse.local.copying.unload_files import Job, Run, blocks, folder
from warehouse.local.copying.unload_options import UnloadOptions
from warehouse.local.wire.upstream import Upstream

# zlib's level: files a little larger than with the usual 6, at twice the speed.
_GZIP_LEVEL = 3
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
# PostgreSQL's letters behind a backslash.
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class Text:
    """Delimited text, CSV, text of fixed width, JSON lines."""

    def __init__(self, job: Job) -> None:
        self._job, self._options = job, job.options
        self._header = unload_query.header(job.columns, job.options) if job.options.header else b""
        # An empty result is an empty object; JSON writes none (r_UNLOAD).
        self.writes_empty = job.options.format != "json" and not job.options.partition_by

    def open(self, file: IO[bytes]) -> Body:
        return Body(file, self._options, self._header)

    def runs(self, database: Upstream) -> Generator[Run]:
        convert = converter(self._options)
        sign = unload_query.separator(self._options).encode()
        statement = unload_query.copy_statement(self._job.query, self._job.columns, self._options)
        for block in blocks(database.copy_out(statement)):
            if not self._options.partition_by:
                yield _run("", block, convert)
                continue
            cut = (line.partition(sign) for line in block)
            for key, group in itertools.groupby(cut, key=lambda parts: parts[0]):
                lines = [rest for _, _, rest in group]
                yield _run(folder(self._options.partition_by, key.decode("ascii")), lines, convert)


def _run(where: str, lines: list[bytes], convert: Callable[[bytes], bytes]) -> Run:
    return Run(where, len(lines), lambda start, stop: convert(b"".join(lines[start:stop])), len)


class Body:
    """Lines of one file, compressed when asked for, a header before them."""

    def __init__(self, file: IO[bytes], options: UnloadOptions, header: bytes) -> None:
        self._file = self._sink = file
        if options.compression == "gzip":
            self._sink = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_GZIP_LEVEL)  # type: ignore[assignment]
        elif options.compression == "bzip2":
            self._sink = bz2.BZ2File(file, "wb")
        elif options.compression == "zstd":
            self._sink = pa.CompressedOutputStream(_KeptOpen(file), "zstd")
        if header:
            self._sink.write(header)

    def write(self, piece: bytes) -> None:
        self._sink.write(piece)

    def close(self) -> None:
        if self._sink is not self._file:
            self._sink.close()


class _KeptOpen(io.RawIOBase):
    """A file that Arrow does not close with its own stream."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(data)


def converter(options: UnloadOptions) -> Callable[[bytes], bytes]:
    """The function that turns whole lines of PostgreSQL's into those of the files."""
    if options.format == "csv":
        return lambda block: block
    if options.format == "json":  # JSON's own escapes leave nothing but backslashes to take back
        return lambda block: block.replace(b"\\\\", b"\\")
    replaced = {b"N": options.null_as.encode("utf-8")}
    # With ADDQUOTES the query itself puts the backslashes in.
    replaced |= _kept(options) if options.escape and not options.add_quotes else _LETTERS

    def convert(block: bytes) -> bytes:
        if b"\\" not in block:
            return block
        return _ESCAPED.sub(lambda found: replaced.get(found[1], found[1]), block)

    return convert


def _kept(options: UnloadOptions) -> dict[bytes, bytes]:
    """ESCAPE: the backslash stays before a line's end, the delimiter and itself, and goes from the rest."""
    special = {b"\n", b"\r", b"\\", options.delimiter.encode()}
    escaped = {letter: b"\\" + sign if sign in special else sign for letter, sign in _LETTERS.items()}
    return {sign: b"\\" + sign for sign in special} | escaped
