"""Mixins for the usual shapes of a table: what one of them decides need not be said again, and may be said otherwise.

    class Airport(Dimension, Base, comment="One row per airport."): …

    Dimension   ALL, sorted by its primary key
    Fact        says its distribution and its sort key itself
    History     a slowly changing dimension of type 2: valid_from, valid_to, is_current; sorted by key and valid_from
    Staging     EVEN, unsorted, not backed up, encoded by type
    Log         EVEN, sorted by logged_at

The shape is kept in the design (`TableDesign.shape`), so that rules know what a table is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from warehouse.errors import DesignError
from warehouse.schema.options import all_, column, compound, even, unsorted
from warehouse.schema.types import BOOLEAN, TIMESTAMP

# The arguments of `sqlalchemy.Table` that answer a word; one of them in __table_args__ is an answer as well.
_ANSWERS = {
    "dist": ("redshift_diststyle", "redshift_distkey"),
    "sort": ("redshift_sortkey", "redshift_interleaved_sortkey"),
}
# After every column of the model itself.
_LAST = 1000


class _Shape:
    __shape__: ClassVar[str]

    @classmethod
    def __default_words__(cls, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
        """The words that this shape says when the class line does not."""
        columns = [one for one in arguments if isinstance(one, sa.Column)]
        words = {"shape": cls.__shape__, **cls.__answers__([one.name for one in columns if one.primary_key])}
        marked = {word for word in _ANSWERS if any(one.dialect_options["redshift"][f"{word}key"] for one in columns)}
        said = {word for word, names in _ANSWERS.items() if any(name in options for name in names)}
        return {word: value for word, value in words.items() if word not in said | marked}

    @classmethod
    def __answers__(cls, primary_key: list[str]) -> dict[str, Any]:
        return {}


class Dimension(_Shape):
    """Few rows that change seldom and are joined often: a copy on every node, sorted by the key that joins use."""

    __shape__ = "dimension"

    @classmethod
    def __answers__(cls, primary_key: list[str]) -> dict[str, Any]:
        return {"dist": all_(), **({"sort": compound(*primary_key)} if primary_key else {})}


class Fact(_Shape):
    """Many rows about events or states: its distribution and its sort key are decisions that no mixin can take."""

    __shape__ = "fact"


class History(_Shape):
    """A slowly changing dimension of type 2: a row per version, valid from and to.

    `valid_from` is part of the primary key; the class marks the columns of the natural key with primary_key=True.
    """

    __shape__ = "history"

    valid_from: Mapped[datetime] = column(
        TIMESTAMP, primary_key=True, encode="az64", sort_order=_LAST, comment="When this version began to hold, in UTC."
    )
    valid_to: Mapped[datetime | None] = column(
        TIMESTAMP, encode="az64", sort_order=_LAST + 1, comment="When it ceased to hold, in UTC; null while it holds."
    )
    is_current: Mapped[bool] = column(
        BOOLEAN, nullable=False, encode="raw", sort_order=_LAST + 2, comment="Does this version hold today?"
    )

    @classmethod
    def __answers__(cls, primary_key: list[str]) -> dict[str, Any]:
        natural = [name for name in primary_key if name != "valid_from"]
        if not natural:
            raise DesignError(
                f"{cls.__name__}: a history without a natural key: nothing says whose versions its rows are.",
                next_step="Say primary_key=True on the columns that name the thing itself.",
            )
        return {"sort": compound(*natural, "valid_from")}


class Staging(_Shape):
    """Rows as they were delivered, on their way into another table: not backed up, not sorted, encoded by type."""

    __shape__ = "staging"

    @classmethod
    def __answers__(cls, primary_key: list[str]) -> dict[str, Any]:
        return {"dist": even(), "sort": unsorted(), "encode": "by_type", "backup": False}


class Log(_Shape):
    """Events in the order in which they happen, only ever appended: spread evenly, sorted by time."""

    __shape__ = "log"

    logged_at: Mapped[datetime] = column(
        TIMESTAMP, nullable=False, encode="raw", sort_order=_LAST, comment="When it happened, in UTC."
    )

    @classmethod
    def __answers__(cls, primary_key: list[str]) -> dict[str, Any]:
        return {"dist": even(), "sort": compound("logged_at")}
