"""Bring a source to where COPY can read it: parts under <stage>/<run id>/ and a manifest that names exactly them.

    files       text is cut at record boundaries without being parsed, compressed and uploaded by several threads at
    once;
                gzip files pass through; Parquet passes through when its types are the table's, else it is rewritten
    frames      converted batch by batch and written as Parquet
    s3:// URIs  stay where they are; only the manifest is written
    queries     have nothing to stage

Always a manifest, because a plain URI is a key *prefix* to COPY: flights.csv would load flights.csv.bak as well.

Memory: `workers` + 1 parts of at most PART_BYTES, whatever the source's size. AWS advises parts of similar size, 1
MB to 1 GB compressed, a multiple of the slices:
https://docs.aws.amazon.com/redshift/latest/dg/c_best-practices-use-multiple-files.html
"""

from __future__ import annotations

import contextlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, BinaryIO
from uuid import uuid4

from warehouse.errors import LoadError, ObjectStoreError, SourceError
from warehouse.load.copy import Compression, CopyOptions, Format
from warehouse.load.frames import (
    Conformer,
    file_rows,
    fits_as_it_is,
    needs_text,
    table_schema,
)
from warehouse.load.parts import CsvPart, ParquetPart
from warehouse.load.report import Progress, silent
from warehouse.load.shape import Shape
from warehouse.load.source import Piece, Source
from warehouse.load.split import Chunk, split
from warehouse.objectstore import ObjectStore
from warehouse.schema import TableDesign

# The number of slices of a small warehouse (two nodes); any multiple spreads evenly over it.
SLICES = 4
# Raw bytes of a part. At most: four workers and the reader then hold 50 MB, and level 1 leaves about 2 MB of each. At
# least: below this a request costs more than the parallel reading gains.
PART_BYTES = 8 << 20
_LEAST_PART_BYTES = 512 << 10
# Compression and upload both release the GIL; more threads than this only hold more memory.
WORKERS = 4
# What text usually shrinks to, to estimate the size of packed sources that are split again.
_PACKED_RATIO = 4


@dataclass(frozen=True)
class Part:
    """One object that COPY reads, and where its rows stood: line `line` of the part is `first_line + line - 1` of
    `source`."""

    uri: str
    size: int
    source: str
    first_line: int | None = None
    # Rows, where they were counted on the way.
    rows: int | None = None


@dataclass(frozen=True)
class Staged:
    """A source, ready for one COPY."""

    manifest: str
    parts: tuple[Part, ...]
    columns: tuple[str, ...]
    format: Format
    compression: Compression
    # The text options that fit the staged parts: a header that was cut off here need not be skipped there.
    options: CopyOptions
    # Rows, where they are known without reading the data.
    rows: int | None = None
    # Whether the parts were written here, and may be deleted.
    owned: bool = True
    # The SELECT, where the rows come from the warehouse itself: then there is neither manifest nor part.
    query: str = ""
    # How the fields become `columns`, where that takes more than reading them.
    shape: Shape | None = None
    # The table as the fields arrive, and its keys, which may be NULL where rows are matched by them.
    design: TableDesign | None = field(default=None, repr=False)
    keys: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that the parts hold, by position."""
        return self.shape.fields if self.shape else self.columns

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def origin(self, uri: str, line: int | None) -> tuple[str, int | None]:
        """The user's own file and line for a line of a part, as far as they are known."""
        part = next((part for part in self.parts if part.uri == uri.strip()), None)
        if part is None:
            return uri.strip(), line
        return part.source, None if line is None or part.first_line is None else part.first_line + line - 1

    def remove(self, store: ObjectStore) -> None:
        """Delete what was staged; a source that was used in place stays."""
        if self.manifest:
            store.delete([self.manifest, *(part.uri for part in self.parts if self.owned)])


def stage(
    source: Source,
    design: TableDesign,
    columns: tuple[str, ...],
    *,
    store: ObjectStore,
    prefix: str,
    options: CopyOptions,
    keys: Iterable[str] = (),
    compress: bool = True,
    slices: int = SLICES,
    workers: int = WORKERS,
    progress: Progress = silent,
    send: bool = True,
) -> Staged:
    """Stage a source under `prefix` (an s3:// URI of this run alone).

    `keys` may hold NULL in frames: the upsert counts them itself. `compress=False` sends text as it is, `send=False`
    nothing at all. Raises
    SourceError for rows of a frame that the table cannot take, ObjectStoreError when the stage cannot be written;
    what was sent is removed.
    """
    if source.query:
        return Staged("", (), columns, "text", "", options, owned=False, query=source.query)
    prefix = prefix.rstrip("/")
    if not prefix:
        raise LoadError(
            "No stage is set: COPY reads from S3 only.",
            next_step="Set WAREHOUSE_STAGE to an s3:// prefix that you may write and the IAM role may read.",
        )
    plan = _plan(source, design, columns, options, keys, compress, slices)
    if source.kind == "objects":
        parts = tuple(Part(piece.uri, piece.size, piece.name, 1) for piece in source.pieces)
    elif not send:
        parts = ()
    else:
        parts = _send(plan.jobs, store, prefix, workers, progress, source.size)
    staged = Staged(
        manifest=f"{prefix}/manifest",
        parts=parts,
        columns=columns,
        format=plan.format,
        compression=plan.compression,
        options=plan.options,
        rows=_counted(parts) if source.rows is None and parts else source.rows,
        owned=source.kind != "objects",
        design=design,
        keys=tuple(keys),
    )
    if not send:
        return staged
    try:
        store.put(staged.manifest, manifest(parts))
    except BaseException:
        if staged.owned:
            _discard(store, parts)
        raise
    return staged


def manifest(parts: Iterable[Part]) -> bytes:
    """The manifest of one COPY. Every part is mandatory: a part that vanished must fail the load, not shorten it."""
    entries = [
        {"url": part.uri, "mandatory": True, "meta": {"content_length": part.size}}  # columnar formats need the length
        for part in parts
    ]
    return json.dumps({"entries": entries}, indent=1).encode()


# What is to be sent


@dataclass(frozen=True)
class _Job:
    """One part to send. `body` makes its bytes, or a stream of them, in the thread that sends it."""

    name: str
    source: str
    first_line: int | None
    # How many bytes of the source it stands for.
    weight: int
    body: Callable[[], bytes | BinaryIO]
    rows: int | None = None


@dataclass(frozen=True)
class _Plan:
    jobs: Callable[[ObjectStore], Iterator[_Job]]
    format: Format
    compression: Compression
    options: CopyOptions


def _counted(parts: Iterable[Part]) -> int | None:
    counts = [part.rows for part in parts]
    return None if None in counts else sum(count for count in counts if count is not None)


def _plan(
    source: Source,
    design: TableDesign,
    columns: tuple[str, ...],
    options: CopyOptions,
    keys: Iterable[str],
    compress: bool,
    slices: int,
) -> _Plan:
    if source.format == "parquet":
        return _parquet_plan(source, design, columns, options, keys, slices)
    if source.kind == "objects":
        return _Plan(lambda store: iter(()), source.format, source.compression, options)
    # A byte order mark would be part of the first value: it is taken off where the text is split.
    if source.compression == "gzip" and not source.marked:
        return _Plan(lambda store: _whole(source.pieces, "csv.gz", store), "text", "gzip", options)
    size = sum(map(_unpacked_size, source.pieces))
    part_bytes = -(-size // part_count(size, slices)) if size else 1
    # The header goes: parts after the first have none, and IGNOREHEADER holds for every file.
    rest = replace(options, ignoreheader=0)
    return _Plan(
        lambda store: _pieces(source.pieces, part_bytes, options, compress, store),
        "text",
        "gzip" if compress else "",
        rest,
    )


def _parquet_plan(
    source: Source,
    design: TableDesign,
    columns: tuple[str, ...],
    options: CopyOptions,
    keys: Iterable[str],
    slices: int,
) -> _Plan:
    wanted = table_schema(design, columns, label=source.label)
    wrong = fits_as_it_is(source.schema, wanted) if source.schema is not None and source.kind != "frame" else []
    as_text = needs_text(design, columns)
    if source.kind == "objects" and (wrong or as_text):
        told = wrong or ["COPY takes some of its columns from text only"]
        raise SourceError(
            f"{source.label} cannot be read in place: {'; '.join(told)}.",
            source=source.label,
            next_step="Write it with the table's types, or load a local copy, which is converted.",
        )
    if source.kind == "files" and not wrong and not as_text:
        return _Plan(lambda store: _whole(source.pieces, "parquet", store), "parquet", "", options)
    conformer = Conformer(design, columns, label=source.label, may_be_null=keys, options=options)
    count = part_count(source.size, slices)
    if not as_text:
        new: Callable[[], ParquetPart | CsvPart] = partial(ParquetPart, conformer.schema)
        return _Plan(lambda store: _frames(source, conformer, new, count, store), "parquet", "", options)
    marker = f"null-{uuid4().hex}"
    written = CopyOptions(null_as=marker, ignoreheader=0, maxerror=options.maxerror)
    new = partial(CsvPart, conformer.schema, marker)
    return _Plan(lambda store: _frames(source, conformer, new, count, store), "text", "", written)


def part_count(size: int, slices: int = SLICES) -> int:
    """How many parts of similar size: a multiple of the slices, or one when there is too little to share."""
    if size < slices * _LEAST_PART_BYTES:
        return 1
    return slices * -(-size // (slices * PART_BYTES))


def _unpacked_size(piece: Piece) -> int:
    if piece.packing in ("gzip", "bzip2", "zstd"):
        return piece.size * _PACKED_RATIO
    if piece.packing == "zip":
        with ObjectStore().open(piece.uri) as stream:
            return sum(member.file_size for member in zipfile.ZipFile(stream).infolist())
    return piece.size


def _whole(pieces: tuple[Piece, ...], suffix: str, store: ObjectStore) -> Iterator[_Job]:
    for number, piece in enumerate(pieces):
        yield _Job(f"part-{number:05}.{suffix}", piece.name, 1, piece.size, partial(store.open, piece.uri))


def _pieces(
    pieces: tuple[Piece, ...], part_bytes: int, options: CopyOptions, compress: bool, store: ObjectStore
) -> Iterator[_Job]:
    suffix = "csv.gz" if compress else "csv"
    number = 0
    for piece in pieces:
        # Progress counts the packed bytes of the source, which are known beforehand.
        scale = piece.size / max(_unpacked_size(piece), 1)
        with _readable(piece), contextlib.closing(piece.open(store)) as stream:
            for chunk in split(
                stream, part_bytes, quote=options.record_quote, escape=options.escape, skip=options.ignoreheader
            ):
                body = partial(_compressed if compress else _joined, chunk)
                yield _Job(f"part-{number:05}.{suffix}", piece.name, chunk.first_line, int(chunk.size * scale), body)
                number += 1
    if not number:
        # A manifest without files fails; a delivery without rows should not.
        nothing = Chunk((b"",), 1, 0)
        yield _Job(f"part-00000.{suffix}", pieces[0].name, 1, 0, partial(_compressed if compress else _joined, nothing))


@contextlib.contextmanager
def _readable(piece: Piece) -> Iterator[None]:
    try:
        yield
    except (EOFError, zipfile.BadZipFile, zlib.error, OSError) as error:
        raise SourceError(
            f"{piece.name} cannot be read to its end: {error}.",
            source=piece.name,
            next_step="Nothing was loaded. Fetch the file again; it is truncated or damaged.",
        ) from error


def _joined(chunk: Chunk) -> bytes:
    return b"".join(chunk.blocks)


def _compressed(chunk: Chunk) -> bytes:
    # Level 1: twice as fast as the default for a tenth more bytes; the network to S3 is rarely the narrower place.
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join([*map(packer.compress, chunk.blocks), packer.flush()])


def _frames(
    source: Source, conformer: Conformer, new: Callable[[], ParquetPart | CsvPart], count: int, store: ObjectStore
) -> Iterator[_Job]:
    """Parts of similar row counts; by size where the rows are not known (a stream)."""
    rows_per_part = -(-source.rows // count) if source.rows else None
    batches = source.batches() if source.batches else _batches(source.pieces, store)
    part = new()
    weight = source.size // count
    number = 0
    for batch in batches:
        rest = conformer.conform(batch)
        while rest.num_rows:
            room = rest.num_rows if rows_per_part is None else rows_per_part - part.rows
            part.write(rest.slice(0, room))
            rest = rest.slice(room)
            if part.rows == rows_per_part or part.size >= PART_BYTES:
                yield _frame_job(part, number, source, weight)
                number, part = number + 1, new()
    if part.rows or not number:
        yield _frame_job(part, number, source, weight)


def _batches(pieces: tuple[Piece, ...], store: ObjectStore) -> Iterator[Any]:
    for piece in pieces:
        yield from file_rows(piece, store)


def _frame_job(part: ParquetPart | CsvPart, number: int, source: Source, weight: int) -> _Job:
    body = part.finish()
    return _Job(f"part-{number:05}.{part.suffix}", source.label, None, weight, lambda: body, part.rows)


# Sending it


def _send(
    jobs: Callable[[ObjectStore], Iterator[_Job]],
    store: ObjectStore,
    prefix: str,
    workers: int,
    progress: Progress,
    total: int,
) -> tuple[Part, ...]:
    """Send parts by several threads, never more than `workers` at a time, in the order of the source."""
    parts: dict[int, Part] = {}
    pending: dict[Future[Part], tuple[int, int]] = {}
    done = 0

    def collect(futures: Iterable[Future[Part]]) -> None:
        nonlocal done
        for future in futures:
            number, weight = pending.pop(future)
            parts[number] = future.result()
            done += weight
            progress("stage", min(done, total) if total else done, total or None)

    progress("stage", 0, total or None)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="stage") as pool:
        try:
            for number, job in enumerate(jobs(store)):
                if len(pending) >= workers:
                    collect(wait(pending, return_when=FIRST_COMPLETED).done)
                pending[pool.submit(_upload, store, prefix, job)] = (number, job.weight)
            while pending:
                collect(wait(pending, return_when=FIRST_COMPLETED).done)
        except BaseException:
            finished = [future for future in wait(pending).done if not future.exception()]
            _discard(store, [*parts.values(), *(future.result() for future in finished)])
            raise
    progress("stage", total or done, total or done)
    return tuple(parts[number] for number in sorted(parts))


def _upload(store: ObjectStore, prefix: str, job: _Job) -> Part:
    body = job.body()
    uri = f"{prefix}/{job.name}"
    if isinstance(body, bytes):
        info = store.put(uri, body)
    else:
        with contextlib.closing(body):
            info = store.put(uri, body)
    return Part(info.uri, info.size, job.source, job.first_line, job.rows)


def _discard(store: ObjectStore, parts: Iterable[Part]) -> None:
    """Remove what an abandoned stage left; the error that ended it is the one to tell."""
    with contextlib.suppress(ObjectStoreError):
        store.delete(part.uri for part in parts)
