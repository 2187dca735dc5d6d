"""The departures of each day say which day they mean

A reader in another time zone cannot tell from "day" whose midnight ends it.

Revision ID: f1a90b37c6d4
Revises: 6d83c1f7e05a
Create Date: 2026-11-27 09:05:18.402291
"""

from alembic import op

revision = "f1a90b37c6d4"
down_revision = "6d83c1f7e05a"
branch_labels = None
depends_on = None

BEFORE = "One row per day and airport of New York City: its departures."
AFTER = f"{BEFORE} Days are local ones, as scheduled."


def upgrade() -> None:
    op.alter_view_comment("daily_departure", AFTER, existing_comment=BEFORE)


def downgrade() -> None:
    op.alter_view_comment("daily_departure", BEFORE, existing_comment=AFTER)
