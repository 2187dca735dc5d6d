"""Conditions that every row of a delivery has to meet before it is published.

They are asked of the staged rows, inside the transaction: what breaks one stops the load, or is set aside when the
caller allows a quarantine. Write, audit, publish.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import LoadError


@dataclass(frozen=True)
class Must:
    """A boolean SQL expression over the delivered columns: `Must("price >= 0")`. NULL is not enough: a row passes when
    the expression is true. The text is the caller's own SQL and goes into the statement as it is.
    """

    condition: str
    name: str = ""

    def __post_init__(self) -> None:
        if not self.condition.strip() or ";" in self.condition or "--" in self.condition:
            raise LoadError(
                f"Must({self.condition!r}) is no single condition.",
                next_step='Say one boolean expression, such as Must("price >= 0").',
            )

    def broken(self) -> str:
        """The condition under which a row breaks it."""
        return f"NOT COALESCE(({self.condition}), FALSE)"

    def __str__(self) -> str:
        return self.name or self.condition
