"""Objects behind URIs: `s3://bucket/key` and `file:///path`; the only module that imports botocore, on first use.

Memory stays bounded whatever the size of an object: reads stream, and writes hold one part at a time. A read that
breaks off resumes where it stopped, held to the same version of the object. Every failure is an ObjectStoreError that
carries the URI, the HTTP status and S3's error code; files answer with the codes that S3 would use.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (the limits behind the numbers)
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from warehouse.errors import ObjectStoreError

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from mypy_boto3_s3 import S3Client

    from warehouse.settings import Settings

# One part of a multipart upload. S3 takes 5 MiB to 5 GiB; 8 MiB keeps a window of uploads small and requests few.
PART_BYTES = 8 << 20
# S3 takes 10,000 parts for an object: parts double after each thousand, so that any size (5 TiB) fits.
_PARTS_PER_SIZE = 1000
# S3 deletes at most so many keys with one request.
_DELETE_BATCH = 1000
# How often one read may resume after its connection broke.
_READ_ATTEMPTS = 4
_STATUS_OF_ERRNO = {
    errno.ENOENT: (404, "NoSuchKey"),
    errno.ENOTDIR: (404, "NoSuchKey"),
    errno.EACCES: (403, "AccessDenied"),
    errno.EPERM: (403, "AccessDenied"),
    errno.EROFS: (403, "AccessDenied"),
    errno.ENOSPC: (507, "InsufficientStorage"),
}
_NEXT_STEP = {
    403: "Check that your credentials (or the role) may do this in that bucket.",
    404: "Check the spelling of the URI.",
    503: "The store asks to slow down; try again later.",
    507: "Free some space on that disk.",
}


@dataclass(frozen=True)
class ObjectInfo:
    """One object: its URI, its size in bytes, its version tag (opaque, changes with the content), and when it was
    written, as far as that is known."""

    uri: str
    size: int
    etag: str
    written: datetime | None = None


class ObjectStore:
    """Reads and writes objects by URI. Safe to share between threads; opens no connection before it is used.

    `endpoint_url` names an S3 endpoint other than Amazon's (addressed by path, since such endpoints rarely have a host
    name for each bucket); `keys` are its access key and secret, None leaves credentials to the usual AWS chain.
    `attempts` is how often a request is tried in all when S3 is busy or out of reach (0: as often as the place needs).
    `kms_key` encrypts what is put without a key of its own.
    """

    def __init__(
        self,
        *,
        endpoint_url: str = "",
        region: str = "",
        keys: tuple[str, str] | None = None,
        attempts: int = 0,
        kms_key: str = "",
    ) -> None:
        self._kms_key = kms_key
        self._endpoint_url = endpoint_url
        self._region = region
        self._keys = keys
        self._attempts = attempts
        self._lock = threading.Lock()
        self._client: S3Client | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(
            endpoint_url=settings.s3_endpoint,
            region=settings.region,
            keys=settings.s3_keys,
            kms_key=settings.kms_key,
        )

    def __repr__(self) -> str:
        return f"ObjectStore(endpoint_url={self._endpoint_url!r}, region={self._region!r})"

    # What callers use

    def list(self, uri_prefix: str) -> list[ObjectInfo]:
        """Every object whose key starts with the prefix, in key order (UTF-8 bytes), as S3 lists them."""
        if is_file(uri_prefix):
            return _list_files(uri_prefix)
        bucket, prefix = split_uri(uri_prefix)
        found = []
        with self._translated(uri_prefix):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    uri, etag = f"s3://{bucket}/{entry['Key']}", entry["ETag"].strip('"')
                    found.append(ObjectInfo(uri, entry["Size"], etag, entry["LastModified"]))
        return found

    def head(self, uri: str) -> ObjectInfo | None:
        """What is known of one object, or None when there is none."""
        if is_file(uri):
            path = _path(uri)
            with _translated_os(uri):
                return _file_info(path) if path.is_file() else None
        bucket, key = _object_of(uri)
        try:
            with self._translated(uri):
                answer = self._s3.head_object(Bucket=bucket, Key=key)
        except ObjectStoreError as error:
            if error.status == 404:
                return None
            raise
        return ObjectInfo(uri, answer["ContentLength"], answer["ETag"].strip('"'))

    def open(self, uri: str) -> BinaryIO:
        """A stream over the object's bytes. Close it when done; a missing object raises here, not at the first read."""
        if is_file(uri):
            with _translated_os(uri):
                return _path(uri).open("rb")
        _object_of(uri)
        return io.BufferedReader(_S3Reader(self, uri), buffer_size=1 << 20)

    def put(self, uri: str, body: bytes | BinaryIO, *, kms_key: str = "") -> ObjectInfo:
        """Write one object, whole or not at all: readers see the old content until all of the new one has arrived.

        `kms_key` is the key by which S3 encrypts it (SSE-KMS), if not the store's; files know no such thing.
        """
        kms_key = kms_key or self._kms_key
        stream = io.BytesIO(body) if isinstance(body, bytes) else body
        if is_file(uri):
            return _write_file(uri, stream)
        bucket, key = _object_of(uri)
        first = _read_full(stream, PART_BYTES)
        more: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        with self._translated(uri):
            if len(first) < PART_BYTES:
                etag = self._s3.put_object(Bucket=bucket, Key=key, Body=first, **more)["ETag"]
                return ObjectInfo(uri, len(first), etag.strip('"'))
            return self._put_parts(uri, bucket, key, first, stream, more)

    def delete(self, uris: Iterable[str]) -> None:
        """Delete objects, in batches. An object that is not there is no error; one that cannot be deleted is."""
        by_bucket: dict[str, list[str]] = {}
        for uri in uris:
            if is_file(uri):
                with _translated_os(uri):
                    _path(uri).unlink(missing_ok=True)
            else:
                bucket, key = _object_of(uri)
                by_bucket.setdefault(bucket, []).append(key)
        for bucket, keys in by_bucket.items():
            for start in range(0, len(keys), _DELETE_BATCH):
                self._delete_batch(bucket, keys[start : start + _DELETE_BATCH])

    def close(self) -> None:
        """Close the idle connections. The store may be used again; it opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    # S3

    @property
    def _s3(self) -> S3Client:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> S3Client:
        from botocore.config import Config
        from botocore.session import Session

        elsewhere = bool(self._endpoint_url)
        access_key, secret = self._keys or (None, None)
        config = Config(
            max_pool_connections=32,
            connect_timeout=5,
            read_timeout=60,
            # Another endpoint is near; there a refused connection means "not running", which should be said soon.
            retries={"mode": "standard", "max_attempts": self._attempts or (2 if elsewhere else 6)},
            s3={"addressing_style": "path"} if elsewhere else {},
            # Amazon checks the checksums that botocore adds by itself; other endpoints may not know them.
            request_checksum_calculation="when_required" if elsewhere else "when_supported",
            response_checksum_validation="when_required" if elsewhere else "when_supported",
        )
        # A session of our own, which is not safe to share between threads. What it reads of S3's interface is shared:
        # that takes ten times as long as the rest.
        session = Session()
        session.register_component("data_loader", _interfaces())
        client = session.create_client(
            "s3",
            endpoint_url=self._endpoint_url or None,
            region_name=self._region or ("us-east-1" if elsewhere else None),
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            config=config,
        )
        return cast("S3Client", client)

    def _put_parts(
        self, uri: str, bucket: str, key: str, first: bytes, stream: BinaryIO, more: dict[str, Any]
    ) -> ObjectInfo:
        upload = self._s3.create_multipart_upload(Bucket=bucket, Key=key, **more)["UploadId"]
        parts: list[Any] = []
        size = 0
        try:
            part = first
            while part:
                number = len(parts) + 1
                answer = self._s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
                size += len(part)
                part = _read_full(stream, PART_BYTES << (number // _PARTS_PER_SIZE))
            done = self._s3.complete_multipart_upload(
                Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            # An upload that is neither completed nor aborted is billed for ever.
            with contextlib.suppress(Exception):
                self._s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
            raise
        return ObjectInfo(uri, size, done["ETag"].strip('"'))

    def _delete_batch(self, bucket: str, keys: Sequence[str]) -> None:
        with self._translated(f"s3://{bucket}"):
            answer = self._s3.delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
        for refused in answer.get("Errors", []):
            code = refused.get("Code", "")
            raise _error(f"s3://{bucket}/{refused.get('Key', '')}", 403 if code == "AccessDenied" else 500, code)

    def _get(self, uri: str, *, start: int = 0, etag: str = "") -> tuple[Any, str, int]:
        """The body from byte `start` on, the etag, and the body's length; with `etag`, only of that version."""
        bucket, key = _object_of(uri)
        more: dict[str, Any] = {"Range": f"bytes={start}-"} if start else {}
        more |= {"IfMatch": etag} if etag else {}
        with self._translated(uri):
            answer = self._s3.get_object(Bucket=bucket, Key=key, **more)
        return answer["Body"], answer["ETag"], answer["ContentLength"]

    @contextlib.contextmanager
    def _translated(self, uri: str) -> Iterator[None]:
        """Turn boto's errors into ours. botocore is loaded only when one happens, or was loaded by the call itself."""
        try:
            yield
        except ObjectStoreError:
            raise
        except Exception as error:
            from botocore.exceptions import BotoCoreError, ClientError

            if isinstance(error, ClientError):
                status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
                code = str(error.response.get("Error", {}).get("Code", ""))
                # HEAD has no body, so that botocore puts the status where the code should be.
                raise _error(uri, status, "NoSuchKey" if code == "404" else code) from error
            if isinstance(error, BotoCoreError):
                raise _no_answer(uri, self._endpoint_url, error) from error
            raise


@functools.cache
def _interfaces() -> Loader:
    """botocore's descriptions of Amazon's services, read once for the process."""
    from botocore.session import Session

    loader: Loader = Session().get_component("data_loader")
    return loader


class _S3Reader(io.RawIOBase):
    """A stream over one object that survives broken connections; a seek costs one request, at the next read."""

    def __init__(self, store: ObjectStore, uri: str) -> None:
        super().__init__()
        self._store = store
        self._uri = uri
        self._position = 0
        self._body: Any = None
        self._body, self._etag, self._size = store._get(uri)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        position = max(0, start + offset)
        if position != self._position:
            self._drop()
            self._position = position
        return position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._position >= self._size:
            return 0
        for attempt in range(1, _READ_ATTEMPTS + 1):
            if self._body is None:
                self._body, _, _ = self._store._get(self._uri, start=self._position, etag=self._etag)
            try:
                chunk = self._body.read(len(view))
            except Exception as error:
                if not _is_broken_read(error):
                    raise
                if attempt == _READ_ATTEMPTS:
                    raise _error(self._uri, 503, "IncompleteBody") from error
                self._drop()
            else:
                view[: len(chunk)] = chunk
                self._position += len(chunk)
                return len(chunk)
        raise AssertionError("unreachable")

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        if not self.closed and getattr(self, "_body", None) is not None:
            self._drop()
        super().close()


def _is_broken_read(error: Exception) -> bool:
    from botocore.exceptions import HTTPClientError, IncompleteReadError
    from urllib3.exceptions import HTTPError

    return isinstance(error, (HTTPClientError, IncompleteReadError, HTTPError, OSError))


# URIs


def is_file(uri: str) -> bool:
    return uri.startswith("file:")


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an s3:// URI. Keys are literal: `?`, `#` and `%` are ordinary characters."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ObjectStoreError(
            f"{uri!r} is not the URI of an object.", uri=uri, status=400, code="InvalidURI",
            next_step="Write s3://bucket/key or file:///path.",
        )  # fmt: skip
    return bucket, key


def file_uri(path: Path) -> str:
    """The file:// URI of a path."""
    return "file://" + quote(str(path.absolute()))


def _object_of(uri: str) -> tuple[str, str]:
    bucket, key = split_uri(uri)
    if not key:
        raise ObjectStoreError(
            f"{uri!r} names a bucket, not an object.", uri=uri, status=400, code="InvalidURI",
            next_step="Add the object's key: s3://bucket/key.",
        )  # fmt: skip
    return bucket, key


def _path(uri: str) -> Path:
    parts = urlsplit(uri.replace("?", "%3F").replace("#", "%23"))
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise ObjectStoreError(
            f"{uri!r} is not the URI of a local file.", uri=uri, status=400, code="InvalidURI",
            next_step="Write file:/// and the absolute path.",
        )  # fmt: skip
    return Path(unquote(parts.path))


# Files


def _file_info(path: Path) -> ObjectInfo:
    stat = path.stat()
    written = datetime.fromtimestamp(stat.st_mtime, UTC)
    return ObjectInfo(file_uri(path), stat.st_size, f"{stat.st_mtime_ns:x}-{stat.st_size:x}", written)


def _list_files(uri_prefix: str) -> list[ObjectInfo]:
    prefix = unquote(urlsplit(uri_prefix.replace("?", "%3F").replace("#", "%23")).path)
    folder = Path(prefix if prefix.endswith("/") else os.path.dirname(prefix))  # noqa: PTH120 (Path would drop the slash)
    with _translated_os(uri_prefix):
        paths = [path for path in folder.rglob("*") if str(path).startswith(prefix) and path.is_file()]
        return [_file_info(path) for path in sorted(paths, key=lambda path: str(path).encode())]


def _write_file(uri: str, stream: BinaryIO) -> ObjectInfo:
    path = _path(uri)
    # Beside the target, so that the final rename stays within one file system and is atomic.
    partial = path.with_name(f".{path.name}.{uuid4().hex}")
    with _translated_os(uri):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as out:
                while chunk := stream.read(1 << 20):
                    out.write(chunk)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return _file_info(path)


def _read_full(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end: raw streams may answer with less than was asked for."""
    chunks = []
    while size > 0 and (chunk := stream.read(size)):
        chunks.append(chunk)
        size -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


# Errors


@contextlib.contextmanager
def _translated_os(uri: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        status, code = _STATUS_OF_ERRNO.get(error.errno or 0, (500, "InternalError"))
        raise _error(uri, status, code, error.strerror or "") from error


def _error(uri: str, status: int, code: str, detail: str = "") -> ObjectStoreError:
    said = ", ".join(part for part in (detail, f"status {status}" if status else "", code) if part)
    return ObjectStoreError(
        f"{uri}: the object store refused ({said}).",
        uri=uri,
        status=status,
        code=code,
        next_step=_NEXT_STEP.get(status, ""),
    )


def _no_answer(uri: str, endpoint_url: str, cause: Exception) -> ObjectStoreError:
    where = f" at {endpoint_url}" if endpoint_url else ""
    error = ObjectStoreError(
        f"{uri}: the object store{where} did not answer ({type(cause).__name__}).",
        uri=uri,
        code=type(cause).__name__,
        next_step="Check the endpoint, the network and that AWS credentials are configured.",
    )
    error.retryable = True
    return error
