"""Conditions that every row of a delivery has to meet before it is published.

They are asked of the staged rows, inside the transaction: what breaks one stops the load, or is set aside when the
caller allows a quarantine. Write, audit, publish. Whether they can be asked at all is tried before a byte is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.errors import LoadError
from warehouse.load.queries import no_condition
from warehouse.load.shape import nothing
from warehouse.schema import TableDesign


@dataclass(frozen=True)
class Must:
    """A boolean SQL expression over the delivered columns: `Must("price >= 0")`. NULL is not enough: a row passes when
    the expression is true. The text is the caller's own SQL and goes into the statement as it is.
    """

    condition: str
    name: str = ""

    def __post_init__(self) -> None:
        if why := no_condition(self.condition):
            raise LoadError(
                f"Must({self.condition!r}) is no single condition: {why}.",
                next_step='Say one boolean expression, such as Must("price >= 0").',
            )

    def broken(self) -> str:
        """The condition under which a row breaks it."""
        return f"NOT COALESCE(({self.condition}), FALSE)"

    def trial(self, design: TableDesign, columns: Sequence[str]) -> str:
        """A query over no rows of these columns, which fails when the condition cannot be asked of them."""
        return f"SELECT 1 FROM (SELECT {nothing(design, columns)}) AS delivered WHERE {self.broken()} AND 1 = 0"

    def __str__(self) -> str:
        return self.name or self.condition
