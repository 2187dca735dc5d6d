"""Protocol 3.0 messages: bytes to values and back, no I/O.

A message is one type byte, an int32 length that counts itself, and a body; only the start-up packet has no type byte.
Source: PostgreSQL documentation, "Frontend/Backend Protocol"; Redshift keeps protocol 3.0.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from warehouse.local import long_names

PROTOCOL_3 = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102

# A start-up packet is at most this long in PostgreSQL too; anything larger is not a client of ours.
MAX_STARTUP = 10_000
# Redshift limits one SQL statement to 16 MB (REDSHIFT.md, section 1); bind values come on top of it.
MAX_MESSAGE = 64 * 1024 * 1024

_INT32 = struct.Struct("!i")
_HEADER = struct.Struct("!ci")
_BIND_COUNT = struct.Struct("!h")


class ProtocolError(Exception):
    """The peer sent bytes that are not protocol 3.0."""


@dataclass(frozen=True)
class Startup:
    """The first packet of a connection: a request code and, for a real start, its parameters."""

    code: int
    parameters: dict[str, str] = field(default_factory=dict)
    cancel_pid: int = 0
    cancel_key: bytes = b""


def parse_startup(body: bytes) -> Startup:
    """Read a start-up packet's body (all after its length). Raises ProtocolError."""
    if len(body) < 4:
        raise ProtocolError("start-up packet is too short")
    (code,) = _INT32.unpack_from(body)
    if code == CANCEL_REQUEST:
        if len(body) < 12:
            raise ProtocolError("cancel request is too short")
        return Startup(code, cancel_pid=_INT32.unpack_from(body, 4)[0], cancel_key=bytes(body[8:]))
    if code in (SSL_REQUEST, GSS_REQUEST):
        return Startup(code)
    if code >> 16 != 3:
        raise ProtocolError(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}")
    try:
        words = bytes(body[4:]).decode("utf-8").split("\0")
    except UnicodeDecodeError as error:
        raise ProtocolError("start-up packet is not UTF-8") from error
    pairs = iter(words)
    parameters = {}
    for name in pairs:
        if not name:
            break
        parameters[name] = next(pairs, "")
    return Startup(PROTOCOL_3, parameters)


class Reader:
    """Cuts a growing buffer into messages. Feed it bytes, take whole messages out."""

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def __len__(self) -> int:
        return len(self._buffer)

    def take(self) -> tuple[bytes, bytes] | None:
        """The next whole message as (type, body), or None when more bytes are needed. Raises ProtocolError."""
        buffer = self._buffer
        if len(buffer) < 5:
            return None
        kind, length = _HEADER.unpack_from(buffer)
        if length < 4 or length > self._limit:
            raise ProtocolError(f"invalid message length {length}")
        end = length + 1
        if len(buffer) < end:
            return None
        body = bytes(buffer[5:end])
        del buffer[:end]
        return kind, body

    def begins_with(self, kind: bytes) -> bool:
        """True when a message of this type has begun to come in."""
        return self._buffer[:1] == kind

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        while (message := self.take()) is not None:
            yield message


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A whole message: type, length, body."""
    return _HEADER.pack(kind, len(body) + 4) + body


def text(value: str) -> bytes:
    """A zero-terminated string."""
    return value.encode("utf-8") + b"\0"


def take_text(body: bytes, start: int = 0) -> tuple[str, int]:
    """A zero-terminated string at `start`, and where the next field begins. Raises ProtocolError."""
    end = body.find(b"\0", start)
    if end < 0:
        raise ProtocolError("a string is not terminated")
    try:
        return body[start:end].decode("utf-8"), end + 1
    except UnicodeDecodeError as error:
        raise ProtocolError("a string is not UTF-8") from error


@dataclass(frozen=True)
class Parse:
    """A Parse message: the statement's name, its text, and the bytes of its parameter types as they came."""

    name: str
    query: str
    types: bytes

    def encode(self) -> bytes:
        return message(b"P", text(self.name) + text(self.query) + self.types)


def parse_parse(body: bytes) -> Parse:
    name, at = take_text(body)
    query, at = take_text(body, at)
    return Parse(name, query, body[at:])


def parse_bind(body: bytes) -> tuple[str, str]:
    """Portal and statement name of a Bind message; the values pass through untouched."""
    portal, at = take_text(body)
    statement, _ = take_text(body, at)
    return portal, statement


def bound(body: bytes) -> bytes:
    """What stands behind the two names of a Bind message: parameters and the formats of the result."""
    _, at = take_text(body)
    return body[take_text(body, at)[1] :]


def result_formats(rest: bytes) -> bytes:
    """Of what `bound` returns, the end: the formats of the result's columns. Raises ProtocolError."""
    try:
        at = 2 + 2 * int.from_bytes(rest[:2], "big")
        count = int.from_bytes(rest[at : at + 2], "big")
        at += 2
        for _ in range(count):
            (size,) = struct.unpack_from(">i", rest, at)
            at += 4 + max(size, 0)
    except struct.error as error:
        raise ProtocolError("a Bind message is cut short") from error
    return rest[at:]


_VOID = 2278


def is_void(body: bytes) -> bool:
    """True when a RowDescription tells of one column of the type void."""
    return body[:2] == b"\0\1" and parse_row_description(body)[0][1] == _VOID


def query(sql: str) -> bytes:
    return message(b"Q", text(sql))


SYNC = message(b"S")


def startup(parameters: dict[str, str]) -> bytes:
    body = _INT32.pack(PROTOCOL_3) + b"".join(text(k) + text(v) for k, v in parameters.items()) + b"\0"
    return _INT32.pack(len(body) + 4) + body


def parameter_status(name: str, value: str) -> bytes:
    return message(b"S", text(name) + text(value))


def backend_key(pid: int, key: bytes) -> bytes:
    return message(b"K", _INT32.pack(pid) + key)


def ready(status: bytes) -> bytes:
    return message(b"Z", status)


def command_complete(tag: str) -> bytes:
    return message(b"C", text(tag))


EMPTY_QUERY = message(b"I")


@dataclass(frozen=True)
class Notice:
    """The fields of an ErrorResponse or NoticeResponse, by their one-letter codes."""

    fields: dict[str, str]

    @property
    def sqlstate(self) -> str:
        return self.fields.get("C", "")

    @property
    def text(self) -> str:
        return self.fields.get("M", "")

    def encode(self, kind: bytes = b"E") -> bytes:
        return message(kind, b"".join(k.encode() + text(long_names.shown(v)) for k, v in self.fields.items()) + b"\0")


def error(sqlstate: str, text_: str, *, detail: str = "", hint: str = "", severity: str = "ERROR") -> Notice:
    """An error of our own, in the fields that every driver reads."""
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": text_}
    if detail:
        fields["D"] = detail
    if hint:
        fields["H"] = hint
    return Notice(fields)


def parse_notice(body: bytes) -> Notice:
    fields: dict[str, str] = {}
    at = 0
    while at < len(body) and body[at] != 0:
        value, end = take_text(body, at + 1)
        fields[chr(body[at])] = value
        at = end
    return Notice(fields)


def row_description(columns: Sequence[tuple[str, int]]) -> bytes:
    """Columns as (name, type OID), all in text format."""
    parts = [_BIND_COUNT.pack(len(columns))]
    for name, oid in columns:
        parts.append(text(name) + struct.pack("!ihihih", 0, 0, oid, -1, -1, 0))
    return message(b"T", b"".join(parts))


def parse_row_description(body: bytes) -> list[tuple[str, int, int]]:
    """Name, type OID and type modifier of each column."""
    found, at = [], 2
    for _ in range(int.from_bytes(body[:2], "big")):
        name, at = take_text(body, at)
        oid, modifier = (int.from_bytes(body[at + i : at + i + 4], "big", signed=True) for i in (6, 12))
        found.append((name, oid, modifier))
        at += 18
    return found


def data_row(values: Sequence[str | None]) -> bytes:
    parts = [_BIND_COUNT.pack(len(values))]
    for value in values:
        if value is None:
            parts.append(_INT32.pack(-1))
        else:
            raw = value.encode("utf-8")
            parts.append(_INT32.pack(len(raw)) + raw)
    return message(b"D", b"".join(parts))


def with_long_names(kind: bytes, body: bytes) -> bytes:
    """A RowDescription or a DataRow with names as Redshift has them (long_names.py)."""
    if kind == b"T":
        parts, at = [body[:2]], 2
        while at < len(body):
            end = body.index(b"\0", at)
            parts += [long_names.shown_bytes(body[at:end]), body[end : end + 19]]
            at = end + 19
        return b"".join(parts)
    parts = [body[:2]]
    for value in parse_data_row(body):
        told = None if value is None else long_names.shown_bytes(value)
        parts.append(_INT32.pack(-1) if told is None else _INT32.pack(len(told)) + told)
    return b"".join(parts)


def with_short_names(body: bytes) -> bytes:
    """A Bind message whose values, where they are long names that are known, are PostgreSQL's names for them.

    Raises ProtocolError.
    """
    _, at = take_text(body)
    _, at = take_text(body, at)
    formats = int.from_bytes(body[at : at + 2], "big")
    at += 2 + 2 * formats
    parts, count = [body[: at + 2]], int.from_bytes(body[at : at + 2], "big")
    at += 2
    for _ in range(count):
        if at + 4 > len(body):
            raise ProtocolError("a Bind message is cut short")
        (size,) = _INT32.unpack_from(body, at)
        value = body[at + 4 : at + 4 + max(size, 0)]
        at += 4 + max(size, 0)
        with contextlib.suppress(UnicodeDecodeError):
            value = long_names.constant(value.decode("utf-8"), known_only=True).encode("utf-8")
        parts.append(_INT32.pack(len(value) if size >= 0 else size) + value)
    return b"".join(parts) + body[at:]


def parse_data_row(body: bytes) -> list[bytes | None]:
    """The raw values of a DataRow."""
    (count,) = _BIND_COUNT.unpack_from(body)
    at = 2
    values: list[bytes | None] = []
    for _ in range(count):
        (size,) = _INT32.unpack_from(body, at)
        at += 4
        if size < 0:
            values.append(None)
        else:
            values.append(body[at : at + size])
            at += size
    return values
