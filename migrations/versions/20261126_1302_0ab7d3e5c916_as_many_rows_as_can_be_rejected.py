"""The number of a row that was set aside is as wide as the count of them

load_audit.rows_rejected is a BIGINT, and number counts up to it. Redshift changes no integer in place.

Revision ID: 0ab7d3e5c916
Revises: e19d64c8a7f5
Create Date: 2026-11-26 13:02:29.610458
"""

import sqlalchemy as sa
from alembic import op

revision = "0ab7d3e5c916"
down_revision = "e19d64c8a7f5"
branch_labels = None
depends_on = None
waive = {"WH108": "A row of a delivery has no natural length."}


def upgrade() -> None:
    op.rebuild_table(
        "load_quarantine",
        sa.Column("run_id", sa.VARCHAR(length=36), nullable=False, comment="UUID of the run.", redshift_encode="zstd"),
        sa.Column(
            "number",
            sa.BIGINT(),
            autoincrement=False,
            nullable=False,
            comment="Counts the rows of the run from 1.",
            redshift_encode="az64",
        ),
        sa.Column(
            "table_name",
            sa.VARCHAR(length=255),
            nullable=False,
            comment="Table that the row was meant for.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "file",
            sa.VARCHAR(length=4096),
            nullable=True,
            comment="File or object of the delivery, as far as it is known.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "line", sa.BIGINT(), nullable=True, comment="Line of the file, counted from 1.", redshift_encode="az64"
        ),
        sa.Column(
            "column_name",
            sa.VARCHAR(length=127),
            nullable=True,
            comment="Column that was at fault.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "reason",
            sa.VARCHAR(length=1024),
            nullable=False,
            comment="Why the row was set aside.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "value", sa.VARCHAR(length=4096), nullable=True, comment="Value that was at fault.", redshift_encode="zstd"
        ),
        sa.Column(
            "row_text", sa.VARCHAR(length=65535), nullable=True, comment="The row as text.", redshift_encode="zstd"
        ),
        sa.Column("quarantined_at", sa.TIMESTAMP(), nullable=False, comment="When, in UTC.", redshift_encode="raw"),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("load_quarantine_pkey")),
        comment="One row per row of a delivery that a load set aside instead of loading it.",
        redshift_diststyle="EVEN",
        redshift_sortkey=["quarantined_at"],
        existing={
            "run_id": "character varying(36)",
            "number": "integer",
            "table_name": "character varying(255)",
            "file": "character varying(4096)",
            "line": "bigint",
            "column_name": "character varying(127)",
            "reason": "character varying(1024)",
            "value": "character varying(4096)",
            "row_text": "character varying(65535)",
            "quarantined_at": "timestamp without time zone",
        },
    )


def downgrade() -> None:
    op.rebuild_table(
        "load_quarantine",
        sa.Column("run_id", sa.VARCHAR(length=36), nullable=False, comment="UUID of the run.", redshift_encode="zstd"),
        sa.Column(
            "number",
            sa.INTEGER(),
            autoincrement=False,
            nullable=False,
            comment="Counts the rows of the run from 1.",
            redshift_encode="az64",
        ),
        sa.Column(
            "table_name",
            sa.VARCHAR(length=255),
            nullable=False,
            comment="Table that the row was meant for.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "file",
            sa.VARCHAR(length=4096),
            nullable=True,
            comment="File or object of the delivery, as far as it is known.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "line", sa.BIGINT(), nullable=True, comment="Line of the file, counted from 1.", redshift_encode="az64"
        ),
        sa.Column(
            "column_name",
            sa.VARCHAR(length=127),
            nullable=True,
            comment="Column that was at fault.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "reason",
            sa.VARCHAR(length=1024),
            nullable=False,
            comment="Why the row was set aside.",
            redshift_encode="zstd",
        ),
        sa.Column(
            "value", sa.VARCHAR(length=4096), nullable=True, comment="Value that was at fault.", redshift_encode="zstd"
        ),
        sa.Column(
            "row_text", sa.VARCHAR(length=65535), nullable=True, comment="The row as text.", redshift_encode="zstd"
        ),
        sa.Column("quarantined_at", sa.TIMESTAMP(), nullable=False, comment="When, in UTC.", redshift_encode="raw"),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("load_quarantine_pkey")),
        comment="One row per row of a delivery that a load set aside instead of loading it.",
        redshift_diststyle="EVEN",
        redshift_sortkey=["quarantined_at"],
        existing={
            "run_id": "character varying(36)",
            "number": "bigint",
            "table_name": "character varying(255)",
            "file": "character varying(4096)",
            "line": "bigint",
            "column_name": "character varying(127)",
            "reason": "character varying(1024)",
            "value": "character varying(4096)",
            "row_text": "character varying(65535)",
            "quarantined_at": "timestamp without time zone",
        },
    )
