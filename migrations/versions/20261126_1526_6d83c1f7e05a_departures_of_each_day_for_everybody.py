"""The departures of each day tell the mean delay, are late-binding, and open to everybody

The figures are those that the Bureau of Transportation Statistics publishes. A view that is bound to flight would have
to make way for every change of flight, and reports would wait for it.

Revision ID: 6d83c1f7e05a
Revises: 94fe0a6bd2c8
Create Date: 2026-11-26 15:26:34.907513
"""

from alembic import op

revision = "6d83c1f7e05a"
down_revision = "94fe0a6bd2c8"
branch_labels = None
depends_on = None
waive = {"WH226": "The figures are published ones."}


def upgrade() -> None:
    op.replace_view(
        "daily_departure",
        """
        SELECT
            year,
            month,
            day,
            origin,
            COUNT(*) AS flights,
            SUM(CASE WHEN dep_time IS NULL THEN 1 ELSE 0 END) AS cancelled,
            AVG(CAST(dep_delay AS DOUBLE PRECISION)) AS mean_dep_delay
        FROM public.flight
        GROUP BY year, month, day, origin
        """,
        kind="late_binding",
        existing_kind="view",
        comment="One row per day and airport of New York City: its departures.",
    )
    op.grant("daily_departure", "public", "select")


def downgrade() -> None:
    op.revoke("daily_departure", "public", "select")
    op.replace_view(
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
        existing_kind="late_binding",
        comment="One row per day and airport of New York City: its departures.",
    )
