"""The flights, cut into two deliveries.

A source delivers what it knows. The first delivery is written in the evening of 24 December 2013: the flights of the
year so far; those of that day have left, and their arrival is not known yet. The second comes in the new year:

    the flights of 24 December again, now with their arrival     known already, with changed values
    the flights from 25 December on                              held back until now
    every tenth of its rows a second time                        repeated, the same in every field
    some of the new flights a second time, as still in the air   repeated, and differing

The last kind is what `latest_by` is for: a row that knows an arrival time wins over one that does not. After both, the
warehouse holds every flight once, with the values of the original file. All of it is decided by date and position, so
the deliveries are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.demo.files import FLIGHTS, OPTIONS, data_file, records
from warehouse.demo.samples import Sample, write_csv, written

# Month and day of the flights that were in the air when the first delivery was written.
CUT = (12, 24)
# What nobody knows before a flight has landed.
UNKNOWN_IN_THE_AIR = ("arr_time", "arr_delay", "air_time")
LATEST_BY = ("arr_time",)
MISSING = "NA"
_REPEAT_EVERY = 10
_IN_THE_AIR_EVERY = 25


@dataclass(frozen=True)
class Deliveries:
    """Two deliveries of flights, and what is in them.

    rows       flights in the original file, which is what the warehouse holds after both
    held_back  flights that only the second delivery has
    corrected  flights of the first delivery that the second brings with other values
    known      flights of the first delivery that the second brings again, corrected or not
    repeated   rows of the second delivery beyond the first for their flight
    """

    first: Sample
    second: Sample
    rows: int
    held_back: int
    known: int
    corrected: int
    repeated: int


class _Flights:
    """Records of the file, judged by its header."""

    def __init__(self, header: list[str]) -> None:
        self._date = (header.index("month"), header.index("day"))
        self._unknown = [header.index(name) for name in UNKNOWN_IN_THE_AIR]

    def date(self, row: list[str]) -> tuple[int, int]:
        month, day = self._date
        return int(row[month]), int(row[day])

    def in_the_air(self, row: list[str]) -> list[str]:
        """The row as it was before the flight had landed."""
        earlier = row.copy()
        for position in self._unknown:
            earlier[position] = MISSING
        return earlier


def flights(folder: Path) -> Deliveries:
    """Write both deliveries to `folder`; the same files every time.

    Raises SourceError when the data is not installed or the folder cannot be written.
    """
    source = records(data_file(FLIGHTS))
    header = next(source)
    form = _Flights(header)
    late: list[list[str]] = []
    first = folder / "flights_first_delivery.csv"
    with written(first) as file:
        write_csv(file, [header])
        rows_first = write_csv(file, _first(source, form, late))
    known = [row for row in late if form.date(row) == CUT]
    held_back = len(late) - len(known)
    second = folder / "flights_second_delivery.csv"
    with written(second) as file:
        write_csv(file, [header])
        rows_second = write_csv(file, _second(late, form))
    return Deliveries(
        first=Sample("flight", first, rows_first, OPTIONS),
        second=Sample("flight", second, rows_second, OPTIONS, latest_by=LATEST_BY),
        rows=rows_first + held_back,
        held_back=held_back,
        known=len(known),
        corrected=sum(1 for row in known if form.in_the_air(row) != row),
        repeated=rows_second - len(late),
    )


def _first(source: Iterator[list[str]], form: _Flights, late: list[list[str]]) -> Iterator[list[str]]:
    """The rows of the first delivery; what the second is made of is kept in `late`."""
    for row in source:
        date = form.date(row)
        if date >= CUT:
            late.append(row)
        if date <= CUT:
            yield row if date < CUT else form.in_the_air(row)


def _second(late: list[list[str]], form: _Flights) -> Iterator[list[str]]:
    """The rows of the second delivery, repetitions apart from what they repeat, as in a file put together from two."""
    yield from late
    yield from late[::_REPEAT_EVERY]
    new = [row for row in late if form.date(row) > CUT]
    # A flight that never landed has no other version of itself.
    yield from (earlier for row in new[::_IN_THE_AIR_EVERY] if (earlier := form.in_the_air(row)) != row)
