"""The log of loads knows load keys; rows that were set aside have a table

Revision ID: af03373da453
Revises: d13d79865855
Create Date: 2026-11-25 17:51:42.167930
"""

import sqlalchemy as sa
from alembic import op

revision = "af03373da453"
down_revision = "d13d79865855"
branch_labels = None
depends_on = None
waive = {"WH108": "A row of a delivery has no natural length."}


def upgrade() -> None:
    op.create_table(
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
    )
    op.add_column(
        "load_audit",
        sa.Column(
            "load_key",
            sa.VARCHAR(length=512),
            nullable=True,
            comment="The caller's name for the delivery; a key that succeeded is not loaded twice.",
            redshift_encode="zstd",
        ),
    )
    op.add_column(
        "load_audit",
        sa.Column(
            "rows_unchanged",
            sa.BIGINT(),
            nullable=True,
            comment="Rows that the table held already, or held newer.",
            redshift_encode="az64",
        ),
    )
    op.add_column(
        "load_audit",
        sa.Column(
            "rows_repeated",
            sa.BIGINT(),
            nullable=True,
            comment="Rows that were delivered more than once for one key.",
            redshift_encode="az64",
        ),
    )
    op.add_column(
        "load_audit",
        sa.Column(
            "bytes_staged", sa.BIGINT(), nullable=True, comment="Bytes staged, or unloaded.", redshift_encode="az64"
        ),
    )
    op.add_column(
        "load_audit",
        sa.Column(
            "attempts",
            sa.INTEGER(),
            nullable=True,
            comment="Tries of the transaction that it took.",
            redshift_encode="az64",
        ),
    )


def downgrade() -> None:
    op.drop_column("load_audit", "attempts")
    op.drop_column("load_audit", "bytes_staged")
    op.drop_column("load_audit", "rows_repeated")
    op.drop_column("load_audit", "rows_unchanged")
    op.drop_column("load_audit", "load_key")
    op.drop_table("load_quarantine")
