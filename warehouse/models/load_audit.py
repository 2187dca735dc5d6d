"""The log of loads: what the talk asks for under "quietly record metadata on results of your jobs"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, column, compound, even
from warehouse.schema.types import BIGINT, DOUBLE_PRECISION, INTEGER, TIMESTAMP, VARCHAR


class LoadAudit(
    Base,
    dist=even(),
    sort=compound("started_at"),
    comment="One row per load, upsert or unload, succeeded or not.",
    waive={"WH108": "A list of files has no natural length."},
):
    """EVEN: it is written a row at a time and joined with nothing; ALL would write each row once per node.

    Sorted by time, because the question is always "what ran since". Times are UTC, as everywhere (see
    flight.time_hour). Counts are null while they are not known, which is not the same as 0.
    """

    __tablename__ = "load_audit"

    # Made by the client before anything else happens, so that a run has a name even when it fails; Redshift could not
    # return an identity anyway.
    run_id: Mapped[str] = column(VARCHAR(36), primary_key=True, encode="zstd", comment="UUID of the run.")
    kind: Mapped[str] = column(VARCHAR(16), nullable=False, encode="zstd", comment="load, upsert or unload.")
    # schema.table: two names of at most 127 bytes and a dot.
    table_name: Mapped[str] = column(
        VARCHAR(255), nullable=False, encode="zstd", comment="Table that was written or read; empty for a query."
    )
    actor: Mapped[str] = column(VARCHAR(255), nullable=False, encode="zstd", comment="Who ran it: user, DAG or task.")
    # A list of S3 keys has no natural limit; VARCHAR does, and is not stored at its declared width.
    source: Mapped[str] = column(
        VARCHAR(65535), nullable=False, encode="zstd", comment="Files, prefix or frame read, or the prefix unloaded to."
    )
    files: Mapped[int | None] = column(INTEGER, encode="az64", comment="Number of files.")
    rows_read: Mapped[int | None] = column(BIGINT, encode="az64", comment="Rows found in the source.")
    rows_inserted: Mapped[int | None] = column(BIGINT, encode="az64", comment="Rows that are new in the table.")
    rows_updated: Mapped[int | None] = column(BIGINT, encode="az64", comment="Rows that replaced one of the same key.")
    rows_deleted: Mapped[int | None] = column(BIGINT, encode="az64", comment="Rows removed and not replaced.")
    rows_rejected: Mapped[int | None] = column(BIGINT, encode="az64", comment="Rows of the source that were left out.")
    started_at: Mapped[datetime] = column(TIMESTAMP, nullable=False, encode="raw", comment="Start, in UTC.")
    ended_at: Mapped[datetime | None] = column(TIMESTAMP, encode="az64", comment="End, in UTC.")
    seconds: Mapped[float | None] = column(DOUBLE_PRECISION, encode="zstd", comment="Duration in seconds.")
    outcome: Mapped[str] = column(VARCHAR(16), nullable=False, encode="zstd", comment="succeeded or failed.")
    error: Mapped[str | None] = column(VARCHAR(4096), encode="zstd", comment="Why it failed, without secrets.")
    revision: Mapped[str | None] = column(
        VARCHAR(32), encode="zstd", comment="Alembic revision of the warehouse at that time."
    )
    # Added later, hence at the end: Redshift adds columns nowhere else.
    load_key: Mapped[str | None] = column(
        VARCHAR(512),
        encode="zstd",
        comment="The caller's name for the delivery; a key that succeeded is not loaded twice.",
    )
    rows_unchanged: Mapped[int | None] = column(
        BIGINT, encode="az64", comment="Rows that the table held already, or held newer."
    )
    rows_repeated: Mapped[int | None] = column(
        BIGINT, encode="az64", comment="Rows that were delivered more than once for one key."
    )
    bytes_staged: Mapped[int | None] = column(BIGINT, encode="az64", comment="Bytes staged, or unloaded.")
    attempts: Mapped[int | None] = column(INTEGER, encode="az64", comment="Tries of the transaction that it took.")
