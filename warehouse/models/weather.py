"""Hourly weather at the three airports of New York (weather.csv, 26,115 rows)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, column, compound, key
from warehouse.schema.types import CHAR, DOUBLE_PRECISION, SMALLINT, TIMESTAMP


class Weather(
    Base,
    dist=key("time_hour"),
    sort=compound("time_hour", "origin"),
    comment="One row per airport of New York and hour: the weather observed.",
    waive={"WH007": "It lies with flight, which it is joined with by the hour."},
):
    """Same distribution key and same sort key as flight: the only join it exists for is (origin, time_hour), and it
    is the one dimension that grows with the fact. Both tables keyed and sorted by the join column let Redshift merge
    them without a hash table and without the network. The columns of the keys are NOT NULL, which a merge join needs
    too.
    """

    __tablename__ = "weather"

    # The measurements are binary floating point: converted units with up to 16 decimals (8.05546 mph), pressures as
    # 1e+03, and a known wrong value, 1048.36 mph, which a tight DECIMAL would refuse together with the whole file.
    origin: Mapped[str] = column(CHAR(3), primary_key=True, encode="zstd", comment="FAA code of the airport.")
    # Local date and hour, as delivered; time_hour is the same hour in UTC.
    year: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Year, local time.")
    month: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Month 1 to 12, local time.")
    day: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Day of the month, local time.")
    hour: Mapped[int] = column(SMALLINT, nullable=False, encode="az64", comment="Hour 0 to 23, local time.")
    temp: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Temperature in degrees Fahrenheit.")
    dewp: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Dew point in degrees Fahrenheit.")
    humid: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Relative humidity in percent.")
    wind_dir: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Wind direction in degrees, 0 to 360.")
    wind_speed: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Wind speed in miles per hour.")
    wind_gust: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Gust speed in miles per hour.")
    precip: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Precipitation in inches.")
    pressure: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Sea level pressure in millibars.")
    visib: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Visibility in miles.")
    # See flight.time_hour for why TIMESTAMP and why raw.
    time_hour: Mapped[datetime] = column(TIMESTAMP, primary_key=True, encode="raw", comment="The hour, in UTC.")
