"""COPY from Avro: object container files whose schema is a record.

The container is read here, because AWS limits it (a header of 1 MB, blocks of 4 MB) and names its codecs (none,
deflate, snappy); fastavro reads the records in it. Logical types are left aside: a value is what its basic type says,
so that a time in milliseconds is a number and TIMEFORMAT 'epochmillisecs' reads it. An object, an array, a map is
loaded as JSON; bytes are the characters of Avro's JSON encoding, one a byte.
Source: AWS copy-parameters-data-format (AVRO, "Using JSONPaths with Avro Data"); Avro specification, "Object Container
Files".
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Any

import fastavro
import pyarrow as pa

from warehouse.local.copying import failure as f
from warehouse.local.copying.failure import CopyError, Rejected
from warehouse.local.copying.jsonpaths import NOT_AN_ARRAY, NOT_AN_OBJECT, Mapping, Path, mapping
from warehouse.local.copying.records import Record
from warehouse.local.copying.target import Column
from warehouse.local.copying.work import Feed, Work

_MAGIC = b"Obj\x01"
_SYNC = 16
_HEADER_LIMIT = 1 << 20
_BLOCK_LIMIT = 4 << 20
_CODECS = ("null", "deflate", "snappy")


def read(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The file's rows, for PostgreSQL. Raises CopyError, and Rejected for a file that is broken."""
    found = mapping(work.options.argument, work.target, work.store)
    yield from work.convert(records(stream, found, work.target.columns))


def records(stream: IO[bytes], found: Mapping, columns: Sequence[Column]) -> Iterator[Record | Rejected]:
    """Each record of the file."""
    for number, value in enumerate(_objects(stream), 1):
        members = {name.lower(): member for name, member in value.items()} if found.fold else value
        try:
            parts = [_part(members, path) for path in found.paths]
        except _NoSuchPart as error:
            yield Rejected(f.INVALID_LINE, str(error), number, raw_line=_json(value)[: f.KEPT])
            continue
        texts = [_text(part, column) for part, column in zip(parts, columns, strict=True)]
        # For the load errors: the file's own bytes say nothing to a reader.
        yield Record(number, "|".join(text or "" for text in texts), texts)


class _NoSuchPart(Exception):
    """A path leads through what is no record or array."""


def _part(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                raise _NoSuchPart(NOT_AN_ARRAY)
            value = value[step]
        elif not isinstance(value, dict):
            raise _NoSuchPart(NOT_AN_OBJECT)
        elif step not in value:
            return None
        else:
            value = value[step]
    return value


def _text(value: Any, column: Column) -> str | None:
    """A value as the converter takes it."""
    if value is None:
        return None
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if column.kind == "super":
        return _json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _json(value) if isinstance(value, (dict, list)) else str(value)


def _json(value: Any) -> str:
    def other(one: Any) -> str:
        return one.decode("latin-1") if isinstance(one, bytes) else str(one)

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=other)


# --- the container ---


def _objects(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The records of a container. Raises Rejected for what is none, CopyError for what AWS does not take."""
    file = _Counted(stream)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise Rejected(f.INVALID_LINE, "Invalid AVRO file found.", 0)
    try:
        meta: Any = fastavro.schemaless_reader(file, {"type": "map", "values": "bytes"}, None)  # type: ignore[arg-type]
        schema = fastavro.parse_schema(_plain(json.loads(meta["avro.schema"])))
    except (ValueError, KeyError, TypeError, EOFError, fastavro.schema.SchemaParseException) as error:
        raise Rejected(f.INVALID_LINE, "Invalid AVRO file found.", 0) from error
    codec = meta.get("avro.codec", b"null").decode("latin-1")
    if codec not in _CODECS:
        raise CopyError(f"The AVRO codec {codec} is not supported; COPY reads files without one, deflate and snappy")
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise CopyError("The AVRO schema type must be record")
    sync = file.read(_SYNC)
    if file.taken > _HEADER_LIMIT:
        raise CopyError(f"The header of the AVRO file exceeds {_HEADER_LIMIT} bytes")
    while (count := _long(file)) is not None:
        size = _long(file) or 0
        if size > _BLOCK_LIMIT:
            raise CopyError(f"A block of the AVRO file exceeds {_BLOCK_LIMIT} bytes")
        data = file.read(size)
        if len(data) < size or file.read(_SYNC) != sync:
            raise Rejected(f.INVALID_LINE, "Invalid AVRO file found.", 0)
        try:
            block = io.BytesIO(_decompressed(data, codec))
            for _ in range(count):
                yield fastavro.schemaless_reader(block, schema, None)  # type: ignore[misc]
        except (ValueError, IndexError, EOFError, OSError, zlib.error) as error:
            raise Rejected(f.INVALID_LINE, "Invalid AVRO file found.", 0) from error


class _Counted:
    """A stream that knows how much was taken of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.taken += len(data)
        return data


def _long(file: _Counted) -> int | None:
    """A zigzag number; None at the end of the file."""
    value = shift = 0
    while True:
        byte = file.read(1)
        if not byte:
            if shift:
                raise Rejected(f.INVALID_LINE, "Invalid AVRO file found.", 0)
            return None
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
        shift += 7


def _decompressed(data: bytes, codec: str) -> bytes:
    if codec == "deflate":
        return zlib.decompress(data, wbits=-zlib.MAX_WBITS)
    if codec == "snappy":  # Avro puts a checksum behind the block; the size stands at its head
        size = shift = 0
        for byte in data:
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        return bytes(pa.decompress(data[:-4], decompressed_size=size, codec="snappy", asbytes=True))
    return data


def _plain(schema: Any) -> Any:
    """A schema without its logical types."""
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key not in ("logicalType", "default")}
    return [_plain(one) for one in schema] if isinstance(schema, list) else schema
