"""The archive of rows that were set aside is one table with the rest again

The sort key skips old blocks as well as a table of its own does, and every question had to be asked twice. The blocks
change hands, so the archive's size does not matter.

Revision ID: e19d64c8a7f5
Revises: 52e8f1b3d70c
Create Date: 2026-11-26 11:20:18.335271
"""

import sqlalchemy as sa
from alembic import op

revision = "e19d64c8a7f5"
down_revision = "52e8f1b3d70c"
branch_labels = None
depends_on = None
waive = {
    "WH201": "Its rows are in load_quarantine before it goes.",
}

COLUMNS = "run_id, number, table_name, file, line, column_name, reason, value, row_text, quarantined_at"


def upgrade() -> None:
    op.append_table("load_quarantine", "load_quarantine_archive")
    op.drop_table("load_quarantine_archive")


def downgrade() -> None:
    op.create_table(
        "load_quarantine_archive",
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
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("load_quarantine_archive_pkey")),
        comment="One row per row that a load set aside more than 90 days ago.",
        redshift_diststyle="EVEN",
        redshift_sortkey=["quarantined_at"],
    )
    op.execute(
        f"INSERT INTO load_quarantine_archive ({COLUMNS})"
        f" SELECT {COLUMNS} FROM load_quarantine WHERE quarantined_at < DATEADD(day, -90, SYSDATE)"
    )
    # Written before it is deleted, and by what was written: the clock may not decide twice.
    op.execute(
        "DELETE FROM load_quarantine USING load_quarantine_archive AS old"
        " WHERE load_quarantine.run_id = old.run_id AND load_quarantine.number = old.number"
    )
    op.alter_owner("load_quarantine_archive", "auditor", if_exists=True)
