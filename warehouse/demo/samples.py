"""What a file of sample data is, and how one is written."""

from __future__ import annotations

import contextlib
import csv
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from warehouse.errors import SourceError

# Where the files that are made here go: .warehouse/demo/ of the project.
FOLDER = "demo"


@dataclass(frozen=True)
class Sample:
    """One file of sample data.

    rows       how many rows it holds, counted here and not by what loads it
    options    how COPY reads it: arguments of warehouse.load.CopyOptions
    columns    the table's columns in the order of its fields, when it has no header
    keys       what tells its rows apart, when that is not the primary key
    latest_by  whose greatest value wins when it holds several versions of a row
    """

    table: str
    path: Path
    rows: int
    options: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    latest_by: tuple[str, ...] | None = None


@contextlib.contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """Write a file as a whole or not at all: it gets its name when it is complete. Raises SourceError."""
    # Tasks of a DAG may write the same file at once.
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(
            f"The sample file {path} cannot be written: {error.strerror}.",
            source=str(path),
            next_step="Make room or give yourself write permission, or point WAREHOUSE_HOME at another folder.",
        ) from error


def write_csv(file: TextIO, rows: Iterable[Sequence[str]]) -> int:
    """Write records as CSV, quoted only where they must be; returns how many."""
    count = 0
    writer = csv.writer(file, lineterminator="\n")
    for count, row in enumerate(rows, 1):  # noqa: B007 (the last number is the count)
        writer.writerow(row)
    return count
