"""Airlines have longer names

Airlines from abroad join the list, under the names that they are registered by: up to 80 letters of two bytes.

Revision ID: 3f0c9a52be14
Revises: af03373da453
Create Date: 2026-11-26 08:05:11.204117
"""

import sqlalchemy as sa
from alembic import op

revision = "3f0c9a52be14"
down_revision = "af03373da453"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.widen_varchar("airline", "name", 160, existing_length=64)
    op.alter_column(
        "airline",
        "name",
        comment="Name of the airline, as it is registered.",
        existing_type=sa.VARCHAR(length=160),
        existing_comment="Name of the airline.",
        existing_nullable=False,
    )


def downgrade() -> None:
    op.alter_column(
        "airline",
        "name",
        comment="Name of the airline.",
        existing_type=sa.VARCHAR(length=160),
        existing_comment="Name of the airline, as it is registered.",
        existing_nullable=False,
    )
    # Redshift refuses when a longer name has arrived meanwhile: nothing is cut.
    op.shrink_varchar("airline", "name", 64, existing_length=160)
