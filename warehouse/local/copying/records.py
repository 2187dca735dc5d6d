"""What a format makes of a file that is read record by record: the seam between reading and converting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: a line of text, an object of JSON.

    line    where it begins, from 1 (for JSON, AWS says, where it ends)
    raw     its text, for the load errors
    values  a text for each column, in the order of Target.columns; None is NULL. There may be fewer (FILLRECORD) or
            more: the converter judges that. Bytes that are no UTF-8 stand in a value as lone surrogates, U+DC80 to
            U+DCFF, as Python's surrogateescape makes them
    places  where each value begins in `raw`, in bytes; () when that means nothing
    """

    line: int
    raw: str
    values: Sequence[str | None]
    places: Sequence[int] = ()

    def place(self, index: int) -> int:
        return self.places[index] if index < len(self.places) else len(self.raw.encode("utf-8", "surrogateescape"))
