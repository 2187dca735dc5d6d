"""What a rule says (`Fault`) and what the engine makes of it (`Finding`).

A message says what is wrong, a help says what to do; neither ends with a full stop, `str()` sets them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Place:
    """A line of a file, counted from 1."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Fault:
    """A rule's answer about one subject."""

    message: str
    help: str = ""


# What a rule's `check` gives.
Faults: TypeAlias = Iterator[Fault]


@dataclass(frozen=True)
class Finding:
    """A fault with its rule and its place. `table` is what findings are grouped by; `place` is None when no file is
    known."""

    code: str
    severity: Severity
    subject: str
    message: str
    help: str = ""
    table: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        subject = f" {self.subject}" if self.subject else ""
        return f"{place}{self.code}{subject}: {self.told}"

    @property
    def told(self) -> str:
        """Message and help as sentences, ending with where to read more."""
        see = f'see "warehouse rule {self.code}".'
        return f"{self.message}. {self.help}; {see}" if self.help else f"{self.message}; {see}"
