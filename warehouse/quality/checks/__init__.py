"""The checks: a file each. A check turns a table's design into `Probe`s (queries) and judges what they answer.

A module here defines `probes(design, known)`: the questions that its check has for one table, where `known` are the
designs of all tables by name. `CHECKS` lists them in the order of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from warehouse.quality.report import Severity
from warehouse.schema import TableDesign

# How many examples a result shows.
EXAMPLES = 5


@dataclass(frozen=True)
class Probe:
    """One question to the warehouse.

    `count` answers with one number, the violations. `examples`, asked only when there are some, with a few rows of
    `columns`.
    """

    check: str
    table: str
    columns: tuple[str, ...]
    count: str
    examples: str
    severity: Severity = "error"
    against: str = ""


Check = Callable[[TableDesign, Mapping[str, TableDesign]], Iterable[Probe]]


def checks() -> tuple[Check, ...]:
    """Every check, in the order of the report."""
    from warehouse.quality.checks import no_orphans, not_null_keys, unique_keys

    return (unique_keys.probes, not_null_keys.probes, no_orphans.probes)
