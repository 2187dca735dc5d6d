"""What the checks found: a value to print, to store or to fail with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from warehouse.errors import QualityError

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Result:
    """One check of one table. `violations` counts rows (or keys), `examples` shows a few of their values by
    `columns`."""

    check: str
    table: str
    columns: tuple[str, ...]
    violations: int
    examples: tuple[tuple[Any, ...], ...] = ()
    severity: Severity = "error"
    seconds: float = 0.0
    # What the columns are held against, for orphans: table (columns).
    against: str = ""

    @property
    def ok(self) -> bool:
        return self.violations == 0

    def __str__(self) -> str:
        where = f"{self.table} ({', '.join(self.columns)})" + (f" -> {self.against}" if self.against else "")
        if self.ok:
            return f"{self.check} {where}: ok"
        shown = "; ".join("(" + ", ".join(str(value) for value in example) + ")" for example in self.examples)
        return f"{self.check} {where}: {self.violations:,} violations" + (f", such as {shown}" if shown else "")


@dataclass(frozen=True)
class Report:
    """Every result of one run, in the order of tables and checks."""

    results: tuple[Result, ...]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    @property
    def failures(self) -> tuple[Result, ...]:
        """The results that fail a run: violations of severity error."""
        return tuple(result for result in self.results if not result.ok and result.severity == "error")

    @property
    def findings(self) -> tuple[Result, ...]:
        """Every result with violations, warnings included."""
        return tuple(result for result in self.results if not result.ok)

    @property
    def ok(self) -> bool:
        return not self.failures

    def raise_if_failed(self) -> Report:
        """This report, when no check of severity error failed; else QualityError with the report on it."""
        if self.ok:
            return self
        said = " ".join(f"{result}." for result in self.failures)
        raise QualityError(
            f"{len(self.failures)} of {len(self.results)} checks failed: {said}",
            report=self,
            next_step='"warehouse check" shows them all.',
        )
