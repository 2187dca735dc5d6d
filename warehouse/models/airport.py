"""Dimension: the airports of the United States, by their FAA code (airports.csv, 1,458 rows)."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, Dimension, column
from warehouse.schema.types import CHAR, DOUBLE_PRECISION, SMALLINT, VARCHAR


class Airport(Dimension, Base, comment="One row per airport known to the FAA."):
    """ALL: small and nearly constant, and flight joins it twice (origin, dest): one distribution key could serve one
    of the two.

    The list is incomplete: flights go to BQN, PSE, SJU and STT, which it lacks. The checks report them; the load
    accepts them.
    """

    __tablename__ = "airport"

    faa: Mapped[str] = column(CHAR(3), primary_key=True, encode="raw", comment="FAA code of the airport.")
    # The longest name has 51 bytes.
    name: Mapped[str] = column(VARCHAR(100), nullable=False, encode="zstd", comment="Name of the airport.")
    # Up to 15 decimals in the file: a measured position, so binary floating point, not DECIMAL.
    lat: Mapped[float | None] = column(
        DOUBLE_PRECISION, encode="zstd", comment="Latitude in degrees, north is positive."
    )
    lon: Mapped[float | None] = column(
        DOUBLE_PRECISION, encode="zstd", comment="Longitude in degrees, east is positive."
    )
    # -54 to 9078 in the file, and no airport is higher than SMALLINT's 32,767 feet.
    alt: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Altitude in feet above sea level.")
    tz: Mapped[int | None] = column(
        SMALLINT, encode="az64", comment="Offset from UTC in hours, without daylight saving time."
    )
    # Three values, and no more to come: a dictionary of one byte a row.
    dst: Mapped[str | None] = column(
        CHAR(1), encode="bytedict", comment="Daylight saving time: A as in the US, U unknown, N none."
    )
    # Few distinct values, but the IANA database keeps adding names: zstd needs no limit of 256 values, as bytedict
    # does.
    tzone: Mapped[str | None] = column(VARCHAR(64), encode="zstd", comment="IANA time zone, such as America/New_York.")
