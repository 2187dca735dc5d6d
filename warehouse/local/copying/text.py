"""CSV, delimited and fixed-width text to what PostgreSQL's COPY takes, block by block.

Most blocks go as they are (plain.py), some after Arrow has changed their columns (vectors.py), and the rest record by
record (lines.py, convert.py): each in the cheapest way that is certain to be right.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import IO

from warehouse.local.copying import lines
from warehouse.local.copying.blocks import Block, blocks
from warehouse.local.copying.plain import Malformed, Plain
from warehouse.local.copying.target import QUOTED
from warehouse.local.copying.vectors import Vectors
from warehouse.local.copying.work import Feed, NotPlain, Work


def read(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The file's rows, for PostgreSQL."""
    layout, how = work.options.layout, work.options.conversion
    plain, vectors = Plain(work.target, layout, how), Vectors(work.target, layout, how)
    fast, slower = not work.careful and plain.possible, not work.careful and vectors.possible
    for block in blocks(stream, layout):
        try:
            if fast:
                yield plain.feed(block.data)
                continue
        except Malformed:
            yield from _by_record(block, work)
            continue
        except NotPlain:
            pass
        try:
            if fast and slower:
                yield QUOTED, vectors.convert(block.data)
                continue
        except NotPlain:
            pass
        yield from _by_record(block, work)


def _by_record(block: Block, work: Work) -> Iterator[Feed]:
    nul = work.options.conversion.null_as == "\0"
    width = len(work.target.columns)
    return work.convert(
        lines.records(BytesIO(block.data), work.options.layout, columns=width, nul=nul, first=block.first)
    )
