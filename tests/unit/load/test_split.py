"""Cutting text at record boundaries: nothing is lost, no record is torn, lines are counted right."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.load import split as module
from warehouse.load.split import split

field = st.text(st.sampled_from('ab,"\n\r é\\'), max_size=6)
records = st.lists(st.lists(field, min_size=1, max_size=3), max_size=12)


class Trickle(io.RawIOBase):
    """A stream that answers with a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._at, self._step = data, 0, step

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        piece = self._data[self._at : self._at + min(self._step, len(buffer))]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def quoted(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


def parsed(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@settings(deadline=None)
@given(records, st.integers(1, 60), st.integers(1, 40), st.booleans())
@example([["\n"], ["a"]], 1, 1, False)
def test_parts_hold_the_records_and_tear_none(rows: list[list[str]], size: int, step: int, final: bool) -> None:
    data = quoted(rows)
    if final:
        data = data.removesuffix(b"\n")
    parts = list(split(Trickle(data, step), size))  # type: ignore[arg-type]
    bodies = [b"".join(part.blocks) for part in parts]
    assert b"".join(bodies) == data
    assert [record for body in bodies for record in parsed(body)] == rows
    line = 1
    for part, body in zip(parts, bodies, strict=True):
        assert (part.first_line, part.lines, part.size) == (line, body.count(b"\n"), len(body))
        line += part.lines
    assert all(len(body) >= size for body in bodies[:-1])


@settings(deadline=None)
@given(records, st.integers(1, 60))
def test_boundaries_hold_across_read_blocks(rows: list[list[str]], size: int) -> None:
    data = quoted(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 3)
        patch.setattr(module, "_TAIL", 2)
        bodies = [b"".join(part.blocks) for part in split(io.BytesIO(data), size)]
    assert [record for body in bodies for record in parsed(body)] == rows


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from('ab|"é'), max_size=5), max_size=12), st.integers(1, 20))
def test_plain_text_ends_records_at_every_line_feed(lines: list[str], size: int) -> None:
    data = "".join(line + "\n" for line in lines).encode()
    bodies = [b"".join(part.blocks) for part in split(io.BytesIO(data), size, quote="")]
    assert b"".join(bodies) == data
    assert all(body.endswith(b"\n") for body in bodies)


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("ab\\\n|"), max_size=6), max_size=12), st.integers(1, 30))
def test_escape_keeps_a_line_feed_that_a_backslash_takes(values: list[str], size: int) -> None:
    escaped = [value.replace("\\", "\\\\").replace("\n", "\\\n").encode() + b"\n" for value in values]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_TAIL", 2)
        bodies = [b"".join(part.blocks) for part in split(io.BytesIO(b"".join(escaped)), size, quote="", escape=True)]
    assert b"".join(bodies) == b"".join(escaped)
    ends, at = set(), 0
    for record in escaped:
        at += len(record)
        ends.add(at)
    at = 0
    for body in bodies:
        at += len(body)
        assert at in ends


def test_header_and_bom_go_and_lines_are_counted_from_the_file() -> None:
    data = b"\xef\xbb\xbfa,b\n1,2\n3,4\n"
    (part,) = split(io.BytesIO(data), 100, skip=1)
    assert (b"".join(part.blocks), part.first_line, part.lines) == (b"1,2\n3,4\n", 2, 2)


@pytest.mark.parametrize("data", [b"", b"a,b\n", b"a,b"])
def test_nothing_but_a_header_is_no_part(data: bytes) -> None:
    assert list(split(io.BytesIO(data), 10, skip=1)) == []


def test_a_record_longer_than_a_part_stays_whole() -> None:
    long = b'"' + b"x\n" * 100_000 + b'"\n'
    parts = list(split(io.BytesIO(b"1\n" + long + b"2\n"), 1))
    assert [b"".join(part.blocks) for part in parts] == [b"1\n", long, b"2\n"]
    assert [part.first_line for part in parts] == [1, 2, 100_003]
