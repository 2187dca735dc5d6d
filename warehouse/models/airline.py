"""Dimension: the airlines, by their two-letter IATA code (airlines.csv, 16 rows)."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, Dimension, column
from warehouse.schema.types import CHAR, VARCHAR


class Airline(Dimension, Base, comment="One row per airline that flew from New York."):
    """ALL: sixteen rows that change once in years; with a copy on every node the join with flight needs no network.

    Sorted by the key that every join uses.
    """

    __tablename__ = "airline"

    # IATA codes are exactly two ASCII characters, so CHAR loses nothing and says so. Raw: leading sort column, its
    # zone map is read before each scan, and compressing it would put more rows in a block than other columns have.
    carrier: Mapped[str] = column(CHAR(2), primary_key=True, encode="raw", comment="IATA code of the airline.")
    # The longest of 2013 has 27 bytes; registered names abroad are longer and may hold letters of two bytes.
    name: Mapped[str] = column(
        VARCHAR(160), nullable=False, encode="zstd", comment="Name of the airline, as it is registered."
    )
