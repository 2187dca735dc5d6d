"""Dimension: the aeroplanes, by tail number (planes.csv, 3,322 rows)."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, Dimension, column
from warehouse.schema.types import SMALLINT, VARCHAR


class Plane(Dimension, Base, comment="One row per aeroplane in the FAA's register."):
    """ALL: three thousand rows. Sharing flight's distribution key instead would mean to distribute flight by tail
    number, which is missing in 2,512 flights and may be corrected later, so that a corrected row would have to change
    its slice.

    The register is incomplete: 50,094 flights name a plane that it lacks (American and Envoy report fleet numbers).
    """

    __tablename__ = "plane"

    # Five or six characters, so VARCHAR; N-numbers are ASCII, foreign registrations are no longer than ten.
    tailnum: Mapped[str] = column(VARCHAR(10), primary_key=True, encode="raw", comment="Tail number of the aeroplane.")
    year: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Year of manufacture.")
    # Descriptive text of a few distinct values each.
    type: Mapped[str | None] = column(VARCHAR(32), encode="zstd", comment="Kind of aeroplane.")
    manufacturer: Mapped[str | None] = column(VARCHAR(64), encode="zstd", comment="Manufacturer.")
    model: Mapped[str | None] = column(VARCHAR(32), encode="zstd", comment="Model.")
    engines: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Number of engines.")
    seats: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Number of seats.")
    # Known for 23 planes only; a run of nulls costs next to nothing.
    speed: Mapped[int | None] = column(SMALLINT, encode="az64", comment="Average cruising speed in miles per hour.")
    engine: Mapped[str | None] = column(VARCHAR(32), encode="zstd", comment="Kind of engine.")
