"""The files of a COPY: a prefix or a manifest to a list of objects, and an object to a stream of plain bytes.

Source: AWS copy-parameters-data-source-s3 (every object whose key STARTS WITH the string loads), loading-data-files-
using-manifest.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import IO, Any, cast

import pyarrow as pa

from warehouse.errors import ObjectStoreError
from warehouse.local.copying.encoding import Transcoded
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.options import CopyOptions
from warehouse.objectstore import ObjectStore

# How much of an object is read at a time.
_WINDOW = 1 << 20


@dataclass(frozen=True)
class File:
    """One object to load."""

    uri: str
    size: int


def find_files(store: ObjectStore, source: str, *, manifest: bool, columnar: bool) -> list[File]:
    """The objects that `source` means. Raises CopyError: nothing there, no access, a broken manifest."""
    if not source.startswith("s3://") or len(source) <= 5:
        raise CopyError("The S3 URI of COPY must start with s3://<bucket>", "22023")
    try:
        if manifest:
            return _from_manifest(store, source, columnar=columnar)
        found = [File(info.uri, info.size) for info in store.list(source)]
    except ObjectStoreError as error:
        raise s3_error(error) from error
    if not found:
        raise CopyError(f"The specified S3 prefix '{source.split('/', 3)[-1]}' does not exist")
    return found


def _from_manifest(store: ObjectStore, source: str, *, columnar: bool) -> list[File]:
    with store.open(source) as stream:
        raw = stream.read()
    try:
        entries = json.loads(raw)["entries"]
        listed: list[tuple[str, bool, Any]] = [
            (str(e["url"]), bool(e.get("mandatory", False)), (e.get("meta") or {}).get("content_length"))
            for e in entries
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise CopyError(
            f'Error: invalid manifest file: {source} is not a manifest of the form {{"entries": [{{"url": …}}]}}'
        ) from error
    found = []
    for uri, mandatory, length in listed:
        if columnar and length is None:
            raise CopyError(f"The manifest entry {uri} needs meta.content_length for a columnar format")
        info = store.head(uri)
        if info is None:
            if mandatory:
                raise CopyError(
                    f"Problem reading manifest file - S3ServiceException: the file {uri} is mandatory and was not found"
                )
            continue
        if length is not None and int(length) != info.size:
            raise CopyError(f"The size of {uri} is {info.size}, the manifest says {length}")
        found.append(File(info.uri, info.size))
    if not found:
        raise CopyError(f"No file of the manifest {source} was found")
    return found


def s3_error(error: ObjectStoreError) -> CopyError:
    """An S3 error in the form in which Redshift reports it."""
    code = error.code or "Unknown"
    words = {
        "AccessDenied": "Access Denied",
        "NoSuchBucket": "The specified bucket does not exist",
        "NoSuchKey": "The specified key does not exist.",
        "SlowDown": "Please reduce your request rate.",
    }
    said = words.get(code, code)
    return CopyError(
        f"S3ServiceException:{said},Status {error.status},Error {code},Rid -,ExtRid -,CanRetry {int(error.retryable)}"
    )


_CODECS = {"GZIP": "gzip", "BZIP2": "bz2", "ZSTD": "zstd"}


def open_file(store: ObjectStore, file: File, options: CopyOptions) -> IO[bytes]:
    """An object's plain bytes, in UTF-8. Reading may raise CopyError (it is not compressed so) or ObjectStoreError."""
    stream = cast("IO[bytes]", store.open(file.uri))
    if options.compression:
        stream = cast("IO[bytes]", _Decompressed(stream, options.compression, file.uri))
    if options.layout.encoding != "UTF8":
        stream = cast("IO[bytes]", Transcoded(stream, options.layout.encoding))
    return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", _Raw(stream)), _WINDOW))


class _Raw(io.RawIOBase):
    """Any readable as a raw stream, so that it can be buffered."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


class _Decompressed:
    """Arrow's decompression, whose faults name the file. Members one behind the other are one file."""

    def __init__(self, inner: IO[bytes], compression: str, uri: str) -> None:
        self._inner = inner
        self._compression, self._uri = compression.lower(), uri
        self._stream = pa.CompressedInputStream(pa.PythonFile(inner, mode="r"), _CODECS[compression])

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except ObjectStoreError:
            raise
        except OSError as error:
            raise CopyError(f"The file {self._uri} is not a whole {self._compression} file: {error}") from error

    def close(self) -> None:
        self._stream.close()
        self._inner.close()
