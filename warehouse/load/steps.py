"""One statement of a plan, as people read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One statement, with one word for what it does and the condition under which it runs ("" is always)."""

    name: str
    sql: str
    when: str = ""
