"""Rows that a load was told to set aside instead of refusing the delivery, each with the reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, auto, column, compound
from warehouse.schema.types import BIGINT, TIMESTAMP, VARCHAR


class LoadQuarantine(
    Base,
    dist=auto(),
    sort=compound("quarantined_at", "table_name"),
    comment="One row per row of a delivery that a load set aside instead of loading it.",
    waive={"WH108": "A row of a delivery has no natural length."},
):
    """AUTO: few rows as a rule, which Redshift then keeps whole on every node; after a bad delivery it spreads them.

    By time, as load_audit, and within it by table, because whoever mends a delivery asks for one table's rows of a day.
    Written in the transaction of the data: a row is in the table or here.
    """

    __tablename__ = "load_quarantine"

    run_id: Mapped[str] = column(VARCHAR(36), primary_key=True, encode="zstd", comment="UUID of the run.")
    # As wide as load_audit.rows_rejected, which it counts up to.
    number: Mapped[int] = column(
        BIGINT, primary_key=True, autoincrement=False, encode="az64", comment="Counts the rows of the run from 1."
    )
    table_name: Mapped[str] = column(
        VARCHAR(255), nullable=False, encode="zstd", comment="Table that the row was meant for."
    )
    file: Mapped[str | None] = column(
        VARCHAR(4096), encode="zstd", comment="File or object of the delivery, as far as it is known."
    )
    line: Mapped[int | None] = column(BIGINT, encode="az64", comment="Line of the file, counted from 1.")
    column_name: Mapped[str | None] = column(VARCHAR(127), encode="zstd", comment="Column that was at fault.")
    reason: Mapped[str] = column(VARCHAR(1024), nullable=False, encode="zstd", comment="Why the row was set aside.")
    value: Mapped[str | None] = column(VARCHAR(4096), encode="zstd", comment="Value that was at fault.")
    # What the load-error views keep of a line: its first 1,024 characters. A row that was staged is written out whole.
    row_text: Mapped[str | None] = column(VARCHAR(65535), encode="zstd", comment="The row as text.")
    quarantined_at: Mapped[datetime] = column(TIMESTAMP, nullable=False, encode="raw", comment="When, in UTC.")
