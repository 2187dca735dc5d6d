"""Fact: every flight that left New York City in 2013 (flights.csv, 336,776 rows). The star's centre."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped

from warehouse.schema import Base, Fact, column, compound, key
from warehouse.schema.types import CHAR, INTEGER, SMALLINT, TIMESTAMP, VARCHAR


class Flight(
    Fact,
    Base,
    dist=key("time_hour"),
    sort=compound("time_hour", "origin"),
    comment="One row per scheduled departure from New York City.",
    waive={
        "WH007": "Questions span days, which spread over the slices, and weather is joined by the hour.",
        "WH016": "origin, in no order here, suits a dictionary; in weather it follows the sort key.",
    },
):
    """*Distribution.* time_hour: 6,936 distinct hours, the fullest with 94 flights, so the slices fill evenly. It is
    part of the primary key, so an upsert's staging table (made LIKE this one) finds the rows to replace on its own
    slice, and it is half of the join with weather, whose rows lie on the same slice. The dimensions are copied to
    every node and need no key. Not origin (three values: three busy slices), not tailnum (nullable, and a correction
    would move the row). The price: a query for one single hour reads one slice; a day already spreads.

    *Sort.* Whoever asks about flights names a period first; origin comes second so that the order equals weather's.

    *Keys.* Redshift enforces neither primary nor foreign keys, but the planner believes them. The primary key is
    guaranteed by the upsert. The foreign keys have real orphans, which stay loadable and which `warehouse check`
    reports: 7,602 flights to 4 unlisted airports, 50,094 of 721 unlisted planes, 1,556 in hours without weather.

    *Columns* are the file's, in the file's order, so COPY needs no column list.
    """

    __tablename__ = "flight"
    __table_args__ = (
        # An airport and an hour together name an observation.
        ForeignKeyConstraint(["origin", "time_hour"], ["weather.origin", "weather.time_hour"]),
        ForeignKeyConstraint(["carrier"], ["airline.carrier"]),
        ForeignKeyConstraint(["tailnum"], ["plane.tailnum"]),
        ForeignKeyConstraint(["origin"], ["airport.faa"]),
        ForeignKeyConstraint(["dest"], ["airport.faa"]),
    )

    year: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Year of departure, local time.")
    month: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Month of departure, local time.")
    day: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Day of departure, local time.")
    # Clock times are numbers as delivered: 517 is 05:17, and 2400 occurs, which no TIME would take.
    dep_time: Mapped[int | None] = column(
        SMALLINT, encode="az64", comment="Actual departure, local time as HHMM; null when the flight was cancelled."
    )
    sched_dep_time: Mapped[int] = column(
        SMALLINT, nullable=False, encode="az64", comment="Scheduled departure, local time as HHMM."
    )
    dep_delay: Mapped[int | None] = column(
        SMALLINT, encode="az64", comment="Departure delay in minutes, negative when early."
    )
    arr_time: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Actual arrival, local time as HHMM.")
    sched_arr_time: Mapped[int] = column(
        SMALLINT, nullable=False, encode="az64", comment="Scheduled arrival, local time as HHMM."
    )
    arr_delay: Mapped[int | None] = column(
        SMALLINT, encode="az64", comment="Arrival delay in minutes, negative when early."
    )
    # Sixteen carriers and 105 destinations: a dictionary of one byte per row, well below its limit of 256 values a
    # block.
    carrier: Mapped[str] = column(CHAR(2), primary_key=True, encode="bytedict", comment="IATA code of the airline.")
    # INTEGER, autoincrement off: a number that the airline gives, not one that we count.
    flight: Mapped[int] = column(
        INTEGER, primary_key=True, autoincrement=False, encode="az64", comment="Flight number of the airline."
    )
    # Thousands of distinct values: too many for a dictionary.
    tailnum: Mapped[str | None] = column(
        VARCHAR(10), encode="zstd", comment="Tail number of the aeroplane; null when none was assigned."
    )
    origin: Mapped[str] = column(
        CHAR(3), nullable=False, encode="bytedict", comment="FAA code of the airport of departure."
    )
    dest: Mapped[str] = column(
        CHAR(3), nullable=False, encode="bytedict", comment="FAA code of the airport of arrival."
    )
    air_time: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Time in the air in minutes.")
    distance: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Distance in miles.")
    hour: Mapped[int] = column(
        SMALLINT, nullable=False, encode="az64", comment="Hour of the scheduled departure, local time."
    )
    minute: Mapped[int] = column(
        SMALLINT, nullable=False, encode="az64", comment="Minute of the scheduled departure, local time."
    )
    # TIMESTAMP, holding UTC, not TIMESTAMPTZ: a TIMESTAMPTZ is shown in, and cut to days by, the time zone of whoever
    # asks, so the same query would count differently in two sessions; Parquet files carry no zone into COPY or out of
    # UNLOAD; and Redshift's own clock (SYSDATE, the system views) is a TIMESTAMP in UTC. The price: an offset other
    # than Z in a file would be dropped unseen. Raw: the leading sort column, whose zone maps every query with a
    # period reads.
    time_hour: Mapped[datetime] = column(
        TIMESTAMP, primary_key=True, encode="raw", comment="Hour of the scheduled departure, in UTC."
    )
