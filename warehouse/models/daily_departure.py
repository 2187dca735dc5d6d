"""View: what a day at an airport came to, for reports and for whoever may not read single flights."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from warehouse.schema import Base, View, column
from warehouse.schema.types import BIGINT, CHAR, DOUBLE_PRECISION, SMALLINT


class DailyDeparture(
    View,
    Base,
    query="""
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
    late_binding=True,
    comment="One row per day and airport of New York City: its departures. Days are local ones, as scheduled.",
    grants={"public": "select"},
):
    """Late-binding: flight can be rebuilt, or its columns changed, without the view standing in the way."""

    __tablename__ = "daily_departure"

    year: Mapped[int] = column(SMALLINT, primary_key=True, autoincrement=False, comment="Year, local time.")
    month: Mapped[int] = column(SMALLINT, primary_key=True, autoincrement=False, comment="Month, local time.")
    day: Mapped[int] = column(SMALLINT, primary_key=True, autoincrement=False, comment="Day of the month, local time.")
    origin: Mapped[str] = column(CHAR(3), primary_key=True, comment="FAA code of the airport of departure.")
    flights: Mapped[int] = column(BIGINT, comment="Scheduled departures.")
    cancelled: Mapped[int] = column(BIGINT, comment="Those of them that did not depart.")
    # Each delay is cast first: Redshift's AVG of integers is an integer.
    mean_dep_delay: Mapped[float | None] = column(
        DOUBLE_PRECISION, comment="Mean departure delay in minutes of those that departed."
    )
