"""What a load tells: while it runs (progress) and when it is done (LoadReport)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

Kind = Literal["load", "upsert", "unload"]


class Progress(Protocol):
    """Called as a load advances: `done` of `total` units of a phase (bytes when staging); None when the end is
    unknown."""

    def __call__(self, phase: str, done: int, total: int | None) -> None: ...


def silent(phase: str, done: int, total: int | None) -> None:
    """The progress of nobody watching."""


@dataclass(frozen=True)
class LoadReport:
    """One load, upsert or unload that succeeded, proved before it was committed.

    rows_read = inserted + updated + repeated + rejected. `repeated` rows were delivered more than once for one key;
    `deleted` rows left the target to be replaced; `bytes` is what was staged (or unloaded); `seconds` goes by phase.
    """

    run_id: str
    table: str
    kind: Kind
    files: tuple[str, ...] = ()
    rows_read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    repeated: int = 0
    rejected: int = 0
    bytes: int = 0
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    outcome: Literal["succeeded"] = "succeeded"

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())

    def summary(self) -> str:
        """One line for logs."""
        counts = [("inserted", self.inserted), ("updated", self.updated), ("repeated", self.repeated)]
        counts.append(("rejected", self.rejected))
        said = ", ".join(f"{count:,} {what}" for what, count in counts if count) or "nothing to change"
        if self.kind == "unload":
            said = f"{len(self.files)} files, {self.bytes:,} bytes"
        phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in self.seconds.items() if seconds >= 0.05)
        took = f"{self.total_seconds:.1f} s" + (f" ({phases})" if phases else "")
        return f"{self.kind} {self.table}: {self.rows_read:,} rows, {said}, in {took}"
