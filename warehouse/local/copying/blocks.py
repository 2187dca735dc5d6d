"""A stream of text cut into blocks of whole records, so that each can be judged and fed by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from warehouse.local.copying import failure as f
from warehouse.local.copying.failure import KEPT, Rejected
from warehouse.local.copying.options import Layout

# What is read at a time. PostgreSQL eats this in some ten milliseconds; memory is a small multiple of it.
SIZE = 1 << 20
# A row of COPY's input is 4 MB at most (REDSHIFT.md, section 1). A quote that is never closed makes one of the rest of
# the file, which must not be held.
_LONGEST = 4 << 20


@dataclass(frozen=True)
class Block:
    """Whole records. `first` is the number of the file's line with which they begin; the last one may lack its end."""

    data: bytes
    first: int

    @property
    def lines(self) -> int:
        data = self.data
        alone = data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0
        return _count(data, b"\n") + alone


def blocks(stream: IO[bytes], how: Layout) -> Iterator[Block]:
    """The file without the lines that IGNOREHEADER skips. Raises Rejected for a record that is too long."""
    data, first, ended = _behind_header(stream, how.skip_lines), how.skip_lines + 1, False
    while not ended:
        more = stream.read(SIZE)
        ended = not more
        data += more
        cut = len(data) if ended else _cut(data, how)
        if cut:
            block = Block(data[:cut], first)
            yield block
            first += block.lines
            data = data[cut:]
        if len(data) > _LONGEST:
            raise Rejected(f.INVALID_LINE, "Input row is longer than 4 MB", first, raw_line=_shown(data))


def _count(data: bytes, byte: bytes) -> int:
    # A tenth of the time of bytes.count() where the byte is common.
    return int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == byte[0]))


def _shown(data: bytes) -> str:
    return data[:KEPT].decode("utf-8", "surrogateescape").partition("\n")[0]


_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def _behind_header(stream: IO[bytes], lines: int) -> bytes:
    """Read over so many lines; what was read beyond them."""
    while lines > 0 and (line := stream.readline()):
        found = _LINE.findall(line)
        if len(found) > lines:
            return b"".join(found[lines:])
        lines -= len(found)
    return b""


def _cut(data: bytes, how: Layout) -> int:
    """Where the last whole record of `data` ends; 0 when none does."""
    if how.csv and (quote := how.quote.encode()) in data:
        # A record ends where the quotes before the end of a line are even in number.
        quotes, stop = _count(data, quote), len(data)
        while end := data.rfind(b"\n", 0, stop) + 1:
            quotes -= data.count(quote, end, stop)
            if quotes % 2 == 0:
                return end
            stop = end - 1
        return 0
    if b"\n" not in data and b"\r" in data[:-1]:
        return data.rfind(b"\r", 0, -1) + 1
    end = len(data)
    while end := data.rfind(b"\n", 0, end) + 1:
        if not (how.escape and _is_escaped(data, end - 1)):
            return end
        end -= 1
    return 0


def _is_escaped(data: bytes, at: int) -> bool:
    """True when an odd number of backslashes stands before `at` (and before a carriage return there)."""
    start = at - 1 if data[at - 1 : at] == b"\r" and data[at - 2 : at - 1] == b"\\" else at
    backslashes = 0
    while start > backslashes and data[start - 1 - backslashes] == 0x5C:
        backslashes += 1
    return backslashes % 2 == 1
