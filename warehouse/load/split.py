"""Cut a stream of delimited text into parts at record boundaries, at the speed of counting bytes.

No field is parsed. A line feed ends a record exactly when an even number of quotes precedes it: a quoted field opens
and closes with one each, and an escaped quote inside is two. So counting quotes decides, and `bytes.count` does that
at memory speed. Text without quoting ends records at every line feed, or, with ESCAPE, at each that no backslash takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

# What is read at once while a part fills, and while its last record is looked for.
_BLOCK = 1 << 20
_TAIL = 64 << 10
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Chunk:
    """Whole records of one file: their bytes in order, and where they stand in it (lines count from 1)."""

    blocks: tuple[bytes, ...]
    first_line: int
    lines: int

    @property
    def size(self) -> int:
        return sum(map(len, self.blocks))


def split(
    stream: BinaryIO, part_bytes: int, *, quote: str = '"', escape: bool = False, skip: int = 0
) -> Iterator[Chunk]:
    """Chunks of at least `part_bytes` (the last may be shorter), without the first `skip` lines.

    `quote` is the character of quoted fields, "" when quotes are data. Memory: one chunk; a record longer than a
    part makes its part that much longer.
    """
    source = _Lines(stream, quote.encode(), escape)
    source.skip(skip)
    while chunk := source.take(max(part_bytes, 1)):
        yield chunk


class _Lines:
    def __init__(self, stream: BinaryIO, quote: bytes, escape: bool) -> None:
        self._stream = stream
        self._quote = quote
        self._escape = escape
        self._line = 1
        start = stream.read(_TAIL)
        self._ahead = start.removeprefix(_BOM)

    def _read(self, size: int) -> bytes:
        if self._ahead:
            block, self._ahead = self._ahead[:size], self._ahead[size:]
            return block
        return self._stream.read(size)

    def skip(self, lines: int) -> None:
        """Drop lines as IGNOREHEADER does: lines of the file, whatever quotes they hold."""
        while lines and (block := self._read(_TAIL)):
            while lines and (end := block.find(b"\n")) >= 0:
                block = block[end + 1 :]
                lines -= 1
                self._line += 1
            if not lines:
                self._ahead = block + self._ahead

    def take(self, size: int) -> Chunk | None:
        blocks: list[bytes] = []
        inside = False  # an odd number of quotes so far
        slashes = False  # the bytes so far end in an odd number of backslashes
        filled = 0
        while filled < size and (block := self._read(min(_BLOCK, size - filled))):
            blocks.append(block)
            filled += len(block)
            if self._quote and block.count(self._quote) & 1:
                inside = not inside
            slashes = self._escape and _ends_escaped(block, slashes)
        if not blocks:
            return None
        complete = blocks[-1].endswith(b"\n") and not inside and not self._newline_is_taken(blocks)
        while not complete and (block := self._read(_TAIL)):
            end, inside = self._boundary(block, inside, slashes)
            slashes = self._escape and _ends_escaped(block, slashes)
            if complete := end >= 0:
                block, self._ahead = block[:end], block[end:] + self._ahead
            blocks.append(block)
        lines = sum(block.count(b"\n") for block in blocks)
        # In one piece from here on: whoever sends it would join it, and hold the blocks as well meanwhile.
        chunk = Chunk((b"".join(blocks),), self._line, lines)
        self._line += lines
        return chunk

    def _boundary(self, block: bytes, inside: bool, slashes: bool) -> tuple[int, bool]:
        """Where the first record to end in this block ends (after its line feed), or -1; and the quote state there."""
        at = 0
        while (feed := block.find(b"\n", at)) >= 0:
            if self._quote and block.count(self._quote, at, feed) & 1:
                inside = not inside
            if not inside and not (self._escape and _ends_escaped(block[:feed], slashes)):
                return feed + 1, False
            at = feed + 1
        if self._quote and block.count(self._quote, at) & 1:
            inside = not inside
        return -1, inside

    def _newline_is_taken(self, blocks: list[bytes]) -> bool:
        """Whether a backslash before the last line feed makes it part of a value."""
        if not self._escape:
            return False
        taken = False
        for block in (*blocks[:-1], blocks[-1][:-1]):
            taken = _ends_escaped(block, taken)
        return taken


def _ends_escaped(block: bytes, before: bool) -> bool:
    """Whether the bytes end in an odd number of backslashes, given whether those before them did."""
    run = len(block) - len(block.rstrip(b"\\"))
    return (run + (before and run == len(block))) & 1 == 1
