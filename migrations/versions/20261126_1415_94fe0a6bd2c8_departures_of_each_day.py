"""The departures of each day, counted in one place

Three reports count flights and cancellations by day, each in its own way.

Revision ID: 94fe0a6bd2c8
Revises: b6c2f98e1d37
Create Date: 2026-11-26 14:15:52.128764
"""

from alembic import op

revision = "94fe0a6bd2c8"
down_revision = "b6c2f98e1d37"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_view(
        "daily_departure",
        """
        SELECT
            year,
            month,
            day,
            origin,
            COUNT(*) AS flights,
            SUM(CASE WHEN dep_time IS NULL THEN 1 ELSE 0 END) AS cancelled
        FROM flight
        GROUP BY year, month, day, origin
        """,
        comment="One row per day and airport of New York City: its departures.",
    )


def downgrade() -> None:
    op.drop_view("daily_departure")
