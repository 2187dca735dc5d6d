"""What a run would do, said beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.load.report import Kind
from warehouse.load.source import Source
from warehouse.load.stage import Staged
from warehouse.load.steps import Step


@dataclass(frozen=True)
class Preview:
    """A delivery held against its table, and the statements that would run. Roles are not shown in them."""

    kind: Kind
    table: str
    source: Source
    staged: Staged
    steps: tuple[Step, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the fields of the delivery go to, in their order."""
        return self.staged.columns

    @property
    def files(self) -> tuple[str, ...]:
        return self.source.files

    def sql(self) -> str:
        """The statements as a script, each under a comment that says what it does and when."""
        return "\n\n".join(
            f"-- {step.name}{f', when {step.when}' if step.when else ''}\n{step.sql};" for step in self.steps
        )
