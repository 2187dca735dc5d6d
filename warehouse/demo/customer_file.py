"""The talk's customer file: made from real flights, and as untidy as the talk's COPY options expect.

Nobody publishes customers, so these are derived: every three-hundredth flight gives one, whose home base is the airport
that it left from, so that the three bases occur as often as in the data. The home base's number is the airport's line
in airports.csv, and the UUID is computed from the customer's number: the file is the same on every machine.

It is plain delimited text without a header, as an old export would be. Some fields are in quotes, single or double, an
unknown home base is written None, left empty, or filled with blanks. REMOVEQUOTES, NULL 'None', EMPTYASNULL and
BLANKSASNULL make sense of that.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from warehouse.demo.files import FLIGHTS, data_file, records
from warehouse.demo.samples import Sample, written

# customer_key is not among them: Redshift numbers the customers.
COLUMNS = ("customer_uuid", "customer_home_base", "customer_home_base_key")
# The talk's COPY, word by word: it names no date format, and its file has no header.
OPTIONS = {
    "csv": False,
    "delimiter": ",",
    "removequotes": True,
    "null_as": "None",
    "emptyasnull": True,
    "blanksasnull": True,
    "ignoreheader": 0,
    "dateformat": None,
    "timeformat": None,
}
_EVERY = 300
_UUIDS = uuid.uuid5(uuid.NAMESPACE_DNS, "customer.warehouse.example")


def customers(folder: Path) -> Sample:
    """Write the customers to `folder`. Raises SourceError when the data is not installed or nothing can be written."""
    path = folder / "customers.csv"
    bases = _bases()
    with written(path) as file:
        lines = [_line(number, *bases[origin]) for number, origin in enumerate(_origins(), 1)]
        file.writelines(f"{line}\n" for line in lines)
    # The number is Redshift's, so a customer is known by the UUID.
    return Sample("customer", path, len(lines), OPTIONS, columns=COLUMNS, keys=("customer_uuid",))


def _bases() -> dict[str, tuple[str, int]]:
    """FAA code -> the airport's name and its line number in airports.csv."""
    return {row[0]: (row[1], number) for number, row in enumerate(records(data_file("airports.csv")))}


def _origins() -> Iterator[str]:
    """Where every three-hundredth flight left from."""
    flights = records(data_file(FLIGHTS))
    origin = next(flights).index("origin")
    return (row[origin] for row in islice(flights, 0, None, _EVERY))


def _line(number: int, base: str, key: int) -> str:
    """One customer. The numbers are primes, so that the habits of the file mix."""
    name = str(uuid.uuid5(_UUIDS, str(number)))
    if number % 11 == 0:
        return f"{name},None,None"
    if number % 13 == 0:
        return f'"{name}",,'
    if number % 17 == 0:
        return f"{name},   ,None"
    if number % 3 == 0:
        return f"'{name}','{base}',{key}"
    if number % 2 == 0:
        return f'"{name}","{base}","{key}"'
    return f"{name},{base},{key}"
