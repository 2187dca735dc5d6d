"""Daylight saving time is one of three letters: a dictionary of one byte a row

ANALYZE COMPRESSION cannot know it, but no fourth value will come: zstd has nothing to gain there.

Revision ID: 8d41e7c60f2b
Revises: 3f0c9a52be14
Create Date: 2026-11-26 08:31:40.518830
"""

from alembic import op

revision = "8d41e7c60f2b"
down_revision = "3f0c9a52be14"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_encoding("airport", "dst", "bytedict", existing_encode="zstd")


def downgrade() -> None:
    op.alter_encoding("airport", "dst", "zstd", existing_encode="bytedict")
