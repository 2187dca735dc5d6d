"""The talk's table: customers, numbered by Redshift, compressed, sorted by their key."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, auto, column, compound
from warehouse.schema.types import CHAR, INTEGER


class Customer(
    Base,
    dist=auto(),
    sort=compound("customer_key"),
    comment="One row per customer.",
    waive={"WH104": "The talk encodes the sort key; its wording is kept."},
):
    """As the talk declares it. It names no distribution, and AUTO is what Redshift then takes: said aloud here.

    It encodes the sort key with zstd, where today's advice is to leave a leading sort column raw. The talk's wording
    is kept.
    """

    __tablename__ = "customer"

    # Unique, but neither dense nor in order of arrival: slices draw numbers from ranges of their own.
    customer_key: Mapped[int] = column(
        INTEGER, primary_key=True, identity=(1, 1), encode="zstd", comment="Number of the customer, given by Redshift."
    )
    # 36 characters is a UUID in text, always full, so CHAR wastes nothing.
    customer_uuid: Mapped[str | None] = column(CHAR(36), encode="zstd", comment="The customer's UUID at its source.")
    # CHAR pads with blanks and takes single-byte characters only; the talk's choice.
    customer_home_base: Mapped[str | None] = column(
        CHAR(20), encode="zstd", comment="Name of the customer's home base."
    )
    customer_home_base_key: Mapped[int | None] = column(
        INTEGER, encode="zstd", comment="Number of the customer's home base."
    )
