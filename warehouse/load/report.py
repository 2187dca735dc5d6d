"""What a load tells: while it runs (progress) and when it is done (LoadReport)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

Kind = Literal["load", "upsert", "history", "unload"]


class Progress(Protocol):
    """Called as a load advances: `done` of `total` units of a phase (bytes when staging); None when the end is
    unknown. A phase is one word; "lock: session 7 of …" says on whom a run waits, and comes from another thread."""

    def __call__(self, phase: str, done: int, total: int | None) -> None: ...


def silent(phase: str, done: int, total: int | None) -> None:
    """The progress of nobody watching."""


@dataclass(frozen=True)
class Upkeep:
    """One statement that a table needs after a run, and why."""

    statement: str
    reason: str

    def __str__(self) -> str:
        return f"{self.statement}: {self.reason}"


@dataclass(frozen=True)
class LoadReport:
    """One load, upsert or unload that succeeded, proved before it was committed.

    rows_read = inserted + updated + unchanged + marked + repeated + rejected.

    inserted   rows whose key is new in the table
    updated    rows that took the place of one of the same key
    marked     delete markers that were read
    unchanged  rows that the table holds as they are, or holds newer, and that were left alone
    repeated   rows that were delivered more than once for one key
    rejected   rows that were left out: quarantined, or skipped under MAXERROR
    deleted    rows of the table that are gone: by a delete marker, or because a load replaced them
    bytes      what was staged, or unloaded
    attempts   tries of the transaction that it took
    table_rows rows of the table afterwards; None where they were not counted
    advice     what the table needs now: VACUUM, ANALYZE; empty when that was done, or is not worth it
    outcome    "skipped" when a run of the same load key had succeeded before: then the counts are that run's
    """

    run_id: str
    table: str
    kind: Kind
    files: tuple[str, ...] = ()
    rows_read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    marked: int = 0
    unchanged: int = 0
    repeated: int = 0
    rejected: int = 0
    bytes: int = 0
    attempts: int = 1
    table_rows: int | None = None
    advice: tuple[Upkeep, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    outcome: Literal["succeeded", "skipped"] = "succeeded"

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())

    def summary(self) -> str:
        """One line for logs."""
        names = ("inserted", "updated", "deleted", "unchanged", "repeated", "rejected")
        counts = [(name, int(getattr(self, name))) for name in names]
        said = ", ".join(f"{count:,} {what}" for what, count in counts if count) or "nothing to change"
        if self.kind == "unload":
            said = f"{len(self.files)} files, {self.bytes:,} bytes"
        if self.outcome == "skipped":
            return f"{self.kind} {self.table}: nothing done, run {self.run_id} of the same load key did it: {said}"
        phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in self.seconds.items() if seconds >= 0.05)
        took = f"{self.total_seconds:.1f} s" + (f" ({phases})" if phases else "")
        advised = f"; advised: {', '.join(one.statement for one in self.advice)}" if self.advice else ""
        return f"{self.kind} {self.table}: {self.rows_read:,} rows, {said}, in {took}{advised}"
