"""What a delivery is: a path, a glob, an s3:// URI, a frame, an iterator or a query, described before a byte is sent.

The format is read from the first bytes, never guessed from a file's name. Of a text source the header is read, of
Parquet the footer, of JSON lines and Avro the first records; every piece of a delivery must agree with the first. The
rows stay where they are.
"""

from __future__ import annotations

import bz2
import contextlib
import csv
import glob
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.errors import LoadError, ObjectStoreError, SourceError, WarehouseError
from warehouse.load.copy import Compression, CopyOptions, Format
from warehouse.load.heard import refuse_unheard
from warehouse.load.manifests import named_by
from warehouse.load.queries import one_query
from warehouse.load.split import split
from warehouse.objectstore import ObjectInfo, ObjectStore, file_uri

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["files", "objects", "frame", "query"]
Packing = Literal["plain", "gzip", "zip", "bzip2", "zstd"]

# How far a header may reach. Redshift's own limit for a row is 4 MB; a header is names only.
_HEADER_BYTES = 1 << 20
# Enough for a mark behind a byte order mark and some blank lines.
_SIGN_BYTES = 4096
# A field of the first record may be as long as the longest SUPER.
csv.field_size_limit(1 << 24)
_GLOB_SIGNS = "*?["
_WITHOUT_MARK = (
    "Nothing was sent. Write it without one (utf-8, not utf-8-sig), or load a local copy, from which it is taken."
)
_BOM = b"\xef\xbb\xbf"
_UNSUPPORTED = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_COPY_UNPACKS: tuple[Compression, ...] = ("gzip", "bzip2", "zstd")
_PACKED: dict[bytes, Packing] = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}


@dataclass(frozen=True)
class Piece:
    """One file or object of a delivery. `name` is what the user would call it, `uri` how the store does."""

    name: str
    uri: str
    size: int
    packing: Packing = "plain"

    def open(self, store: ObjectStore) -> BinaryIO:
        """The piece's content as a stream, unpacked."""
        raw = store.open(self.uri)
        try:
            if self.packing == "gzip":
                return _Owning(gzip.GzipFile(fileobj=raw), raw)
            if self.packing == "zip":
                return _Owning(zipfile.ZipFile(raw).open(_member(raw, self.name)), raw)
            if self.packing == "bzip2":
                return _Owning(bz2.BZ2File(raw), raw)
            if self.packing == "zstd":
                return _Owning(_unpacked_zstd(raw), raw)
        except BaseException:
            raw.close()
            raise
        return raw


@dataclass(frozen=True)
class Source:
    """A described delivery.

    `names` are the columns by position as the header or the schema has them, None for text without a header; `width` is
    the number of fields of the first record, None for an empty text. `batches` yields a frame's rows, once.
    """

    kind: Kind
    format: Format
    label: str
    pieces: tuple[Piece, ...] = ()
    names: tuple[str, ...] | None = None
    width: int | None = None
    schema: pa.Schema | None = None
    rows: int | None = None
    size: int = 0
    batches: Callable[[], Iterator[Any]] | None = field(default=None, repr=False)
    # The SELECT, when the rows are in the warehouse already.
    query: str = ""
    # A frame whose rows are mappings, out of JSON lines, Avro, or an iterable.
    records: bool = False
    # A text without a header begins with a byte order mark.
    marked: bool = False

    @property
    def compression(self) -> Compression:
        """How COPY unpacks the pieces as they are; "" as well for what it does not unpack."""
        packings = {piece.packing for piece in self.pieces}
        return next((one for one in _COPY_UNPACKS if packings == {one}), "")

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(piece.name for piece in self.pieces) or (self.label,)


def describe(source: Any, options: CopyOptions, store: ObjectStore, columns: Sequence[str] | None = None) -> Source:
    """Describe a delivery. `columns` are the fields to look for in records, which name them one by one.

    Raises SourceError when it is missing, empty of files, mixed, or of an unknown format, and when one of the options
    says what nothing does with it.
    """
    found = _found(source, options, store, columns)
    refuse_unheard(found, options)
    return found


def _found(source: Any, options: CopyOptions, store: ObjectStore, columns: Sequence[str] | None) -> Source:
    if isinstance(source, sa.Select | sa.CompoundSelect | sa.TextClause):
        return _query(source)
    if not isinstance(source, (str, Path)):
        from warehouse.load.frames import describe_frame

        return describe_frame(source, columns)
    text = str(source)
    objects = text.startswith("s3:")
    try:
        pieces = _objects(text, store) if objects else _files(text)
        return _described(text, "objects" if objects else "files", pieces, options, store, columns)
    except ObjectStoreError as error:
        raise SourceError(error.message, source=text, next_step=error.next_step) from error


def _query(source: Any) -> Source:
    """Rows of the warehouse itself: they never leave it."""
    label = "a query" if isinstance(source, sa.TextClause) else "a select()"
    try:
        query = sql.compiled(source)
    except WarehouseError as error:
        raise SourceError(error.message, source=label, next_step=error.next_step) from error
    if isinstance(source, sa.TextClause):
        # The warehouse is asked for the names of a text's columns.
        return Source("query", "text", label, query=_text(query))
    names = tuple(_result_name(column, number) for number, column in enumerate(source.selected_columns, 1))
    return Source("query", "text", label, names=names, width=len(names), query=query)


def _result_name(column: Any, number: int) -> str:
    name = getattr(column, "name", None)
    # A label without a name gets one of SQLAlchemy's own making.
    if not isinstance(name, str) or name.startswith("%("):
        raise SourceError(
            f"a select(): its column {number}, {column}, has no name, by which it would be matched.",
            source="a select()",
            next_step='Nothing was loaded. Say which column of the table it goes to: .label("price").',
        )
    return str(name)


def _text(query: str) -> str:
    try:
        return one_query(query)
    except LoadError as error:
        raise SourceError(error.message, source="a query", next_step=error.next_step) from error


def _files(text: str) -> list[tuple[str, str, int]]:
    """(name, uri, size) of a path or a glob."""
    if text.lower().startswith(("http://", "https://", "ftp://")):
        raise SourceError(
            f"{text} is no source: neither COPY nor this library reads over the web.",
            source=text,
            next_step="Fetch it into a file or a bucket first, and load that.",
        )
    if text.startswith("file:"):
        raise SourceError(f"{text}: a local source is a path, not a URI.", source=text, next_step="Drop file://.")
    path = Path(text).expanduser()
    if path.is_dir():
        raise SourceError(f"{text} is a folder.", source=text, next_step=f"Name its files: '{text.rstrip('/')}/*.csv'.")
    paths = [path] if path.exists() else []
    if not paths and any(sign in text for sign in _GLOB_SIGNS):
        found = map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207 (absolute patterns are wanted)
        paths = sorted(one for one in found if one.is_file())
        if not paths:
            raise SourceError(f"No file matches {text}.", source=text, next_step="Check the pattern and the folder.")
    if not paths:
        raise SourceError(f"There is no file {text}.", source=text, next_step="Check the path.")
    return [(str(path), file_uri(path), path.stat().st_size) for path in paths]


def _objects(text: str, store: ObjectStore) -> list[tuple[str, str, int]]:
    """One object by its exact key, those that it names when it is a manifest, or all under a prefix that ends in / or
    *."""
    if text.endswith(("/", "*")):
        found = [info for info in store.list(text.removesuffix("*")) if not _is_mark(info)]
        if not found:
            raise SourceError(f"No object's key starts with {text}.", source=text, next_step="Check bucket and prefix.")
    else:
        info = store.head(text)
        if info is None:
            raise SourceError(
                f"There is no object {text}.",
                source=text,
                next_step="Check the key. End a prefix in / or *: flights.csv alone never means flights.csv.bak too.",
            )
        found = named_by(store, info) or [info]
    return [(info.uri, info.uri, info.size) for info in found]


def _is_mark(info: ObjectInfo) -> bool:
    """A folder's own object, or what Spark and Glue leave beside their files to say that all are there: _SUCCESS."""
    return info.uri.endswith("/") or (info.size == 0 and info.uri.rpartition("/")[2].startswith("_"))


def _described(
    label: str,
    kind: Kind,
    found: list[tuple[str, str, int]],
    options: CopyOptions,
    store: ObjectStore,
    columns: Sequence[str] | None,
) -> Source:
    with ThreadPoolExecutor(max_workers=16) as pool:
        magics = list(pool.map(lambda one: _magic(one[1], store), found))
    parquet = [magic == b"PAR1" for magic in magics]
    if any(parquet) and not all(parquet):
        raise SourceError(f"{label} mixes Parquet with other files.", source=label, next_step="Load them one by one.")
    pieces = tuple(
        Piece(name, uri, size, _packing(name, magic)) for (name, uri, size), magic in zip(found, magics, strict=True)
    )
    if all(parquet):
        from warehouse.load.frames import describe_parquet

        return describe_parquet(label, kind, pieces, store)
    if kind == "objects":
        _one_packing(label, pieces)
    format = _record_format(label, kind, pieces, store)
    if format != "text":
        from warehouse.load.records import describe_records

        return describe_records(label, kind, format, pieces, store, columns)
    with ThreadPoolExecutor(max_workers=16) as pool:
        heads = list(pool.map(lambda piece: _head(piece, options, store), pieces))
    for piece, head in zip(pieces, heads, strict=True):
        if head.names != heads[0].names:
            raise SourceError(
                f"{piece.name} has another header than {pieces[0].name}: "
                f"{', '.join(head.names or ())} instead of {', '.join(heads[0].names or ())}.",
                source=piece.name,
                next_step="Load the files one by one.",
            )
    marked = [piece.name for piece, head in zip(pieces, heads, strict=True) if head.marked and not options.ignoreheader]
    if marked and kind == "objects":
        raise SourceError(
            f"{marked[0]} begins with a byte order mark, which COPY would load with the first value.",
            source=marked[0],
            next_step=_WITHOUT_MARK,
        )
    widths = [head.width for head in heads if head.width is not None]
    return Source(
        kind=kind,
        format="text",
        label=label,
        pieces=pieces,
        names=heads[0].names,
        width=widths[0] if widths else None,
        size=sum(piece.size for piece in pieces),
        marked=bool(marked),
    )


def _record_format(
    label: str, kind: Kind, pieces: tuple[Piece, ...], store: ObjectStore
) -> Literal["text", "json", "avro"]:
    """JSON lines begin with a brace, Avro with its mark; everything else is text."""

    def begins(piece: Piece) -> Literal["text", "json", "avro"]:
        with _unpackable(piece), contextlib.closing(piece.open(store)) as stream:
            start = stream.read(_SIGN_BYTES)
        if start.startswith(b"Obj\x01"):
            return "avro"
        marked = start.startswith(_BOM)
        start = start.removeprefix(_BOM).lstrip()
        if start.startswith(b"[") and start[1:].lstrip().startswith((b"{", b"]")):
            raise SourceError(
                f"{piece.name} is one JSON array; each line should hold one object.",
                source=piece.name,
                next_step="Convert it, for example: jq -c '.[]'.",
            )
        if not start.startswith(b"{"):
            return "text"
        if marked and kind == "objects":
            raise SourceError(
                f"{piece.name} begins with a byte order mark, which COPY refuses in JSON.",
                source=piece.name,
                next_step=_WITHOUT_MARK,
            )
        return "json"

    with ThreadPoolExecutor(max_workers=16) as pool:
        found = set(pool.map(begins, pieces))
    if len(found) > 1:
        raise SourceError(f"{label} mixes {', '.join(sorted(found))}.", source=label, next_step="Load them one by one.")
    return found.pop()


@contextlib.contextmanager
def _unpackable(piece: Piece) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(
            f"{piece.name} cannot be unpacked: {error}.",
            source=piece.name,
            next_step="Fetch the file again; it is truncated or damaged.",
        ) from error


def _one_packing(label: str, pieces: tuple[Piece, ...]) -> None:
    """Objects are read in place, by one COPY: all of them packed in the same way, and in one that COPY knows."""
    packings = {piece.packing for piece in pieces}
    if len(packings) > 1 or "zip" in packings:
        raise SourceError(
            f"{label} holds {', '.join(sorted(packings))} objects; one COPY reads them all plain, "
            "or all gzip, bzip2 or zstd.",
            source=label,
            next_step="Load them by separate prefixes; unpack zip.",
        )


@dataclass(frozen=True)
class _Head:
    names: tuple[str, ...] | None
    width: int | None
    marked: bool


def _head(piece: Piece, options: CopyOptions, store: ObjectStore) -> _Head:
    """The names and the number of fields of a text file, from its first records."""
    with _unpackable(piece), contextlib.closing(piece.open(store)) as stream:
        start = stream.read(_HEADER_BYTES)
    if b"\n" not in start and b"\r" in start:
        raise SourceError(
            f"{piece.name} ends its lines with carriage returns only.",
            source=piece.name,
            next_step="Convert them to \\n.",
        )
    lines = start.split(b"\n", options.ignoreheader)
    names = None
    if options.ignoreheader:
        if not start.removeprefix(_BOM).strip():
            raise SourceError(
                f"{piece.name} is empty: it has no header.",
                source=piece.name,
                next_step="If it should be, say ignoreheader=0 (--no-header).",
            )
        at = options.ignoreheader
        line = lines[at - 1].removeprefix(_BOM) if len(lines) >= at else b""
        if not line.strip():
            raise SourceError(
                f"{piece.name}: its {'first line' if at == 1 else f'line {at}'} is blank, where the header should be.",
                source=piece.name,
                next_step="Take the blank lines out, or say in ignoreheader= which line is the header, such as 2.",
            )
        names = tuple(_fields(line, piece, options, at))
    body = io.BytesIO(start)
    first = next(split(body, 1, quote=options.record_quote, escape=options.escape, skip=options.ignoreheader), None)
    width = len(_fields(b"".join(first.blocks), piece, options, first.first_line)) if first else None
    return _Head(names, width, start.startswith(_BOM))


def _fields(record: bytes, piece: Piece, options: CopyOptions, line: int) -> list[str]:
    try:
        text = record.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{piece.name} is not UTF-8 (line {line}, byte {error.start + 1}).",
            source=piece.name,
            next_step="Convert it first, for example: iconv -t UTF-8.",
        ) from error
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if options.csv or options.removequotes else csv.QUOTE_NONE
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=options.delimiter,
        quotechar=options.quote,
        quoting=quoting,
        escapechar="\\" if options.escape else None,
    )
    try:
        return next(reader, [""])
    except csv.Error as error:
        raise SourceError(
            f"{piece.name}, line {line}: its fields cannot be told apart: {error}.",
            source=piece.name,
            next_step="Nothing was loaded. Check delimiter and quotes.",
        ) from error


def _magic(uri: str, store: ObjectStore) -> bytes:
    with contextlib.closing(store.open(uri)) as stream:
        return stream.read(4)


def _packing(name: str, magic: bytes) -> Packing:
    for sign, what in _UNSUPPORTED.items():
        if magic.startswith(sign):
            raise SourceError(f"{name} is {what}, which is not read here.", source=name, next_step="Convert it first.")
    return next((packing for sign, packing in _PACKED.items() if magic.startswith(sign)), "plain")


def _unpacked_zstd(raw: BinaryIO) -> io.RawIOBase:
    # Python reads zstd from 3.14 on; Arrow is there anyway.
    import pyarrow as pa

    stream: io.RawIOBase = _Raw(pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"))
    return stream


def _member(raw: BinaryIO, name: str) -> str:
    """The one file in a zip archive."""
    members = [member for member in zipfile.ZipFile(raw).namelist() if not member.endswith("/")]
    if len(members) != 1:
        raise SourceError(
            f"{name} holds {len(members)} files; a zip is read when it holds one.",
            source=name,
            next_step="Unpack it and load its files.",
        )
    return members[0]


class _Raw(io.RawIOBase):
    """A stream of Arrow's as Python buffers it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Owning(io.BufferedReader):
    """An unpacking stream that closes the packed one with it."""

    def __init__(self, unpacked: Any, packed: BinaryIO) -> None:
        super().__init__(unpacked, buffer_size=1 << 20)
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()
