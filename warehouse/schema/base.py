"""The declarative base: a model's class line says its physical design, checked when the class is defined.

    class Sale(Base, dist=key("customer_key"), sort=compound("sold_at"), comment="One row per line of a receipt."):
        __tablename__ = "fact_sale"

        sold_at: Mapped[datetime] = column(TIMESTAMP, primary_key=True, encode="raw", comment="When, in UTC.")
        ...

Words of the class line, all optional to Python, none of the first three to `warehouse lint`:

    dist=     key("…"), even(), all_(), auto()
    sort=     compound("…"), interleaved("…"), auto_sort(), unsorted()
    comment=  what a row is; it becomes the table's comment in the warehouse
    waive=    {"WH003": "why this table may break the rule"}

A design that Redshift cannot have raises DesignError, and the class does not come to be: neither a table nor a mapper
is left behind. What Redshift can have but should not is left to the rules (`warehouse.discipline`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from warehouse.errors import DesignError
from warehouse.schema.checks import check_table
from warehouse.schema.design import Distribution, SortKey
from warehouse.schema.options import table_options

# The names that Redshift gives by itself, so that a table made elsewhere compares equal. DROP CONSTRAINT needs a name.
NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
}


class Base(DeclarativeBase):
    """Base of every model. `Base.metadata` is the warehouse as declared."""

    metadata = sa.MetaData(naming_convention=NAMING)

    __design__: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(
        cls,
        *,
        dist: Distribution | None = None,
        sort: SortKey | None = None,
        comment: str | None = None,
        waive: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        try:
            design = table_options(dist=dist, sort=sort, waive=waive)
        except DesignError as error:
            raise DesignError(f"{cls.__name__}: {error.message}", next_step=error.next_step) from error
        if comment is not None:
            design["comment"] = comment
        # Belongs to this class alone: a subclass with a table of its own decides anew.
        cls.__design__ = design
        try:
            super().__init_subclass__(**options)
        except DesignError:
            # SQLAlchemy lists the name before the table is made; a second, mended try must not meet the first.
            cls.registry._dispose_cls(cls)
            raise
        if design and "__table__" not in cls.__dict__:
            raise DesignError(
                f"{cls.__name__}: a design is given, but the class makes no table of its own.",
                next_step="Give it a __tablename__, or say the design where the table is made.",
            )

    @classmethod
    def __table_cls__(cls, *arguments: Any, **options: Any) -> sa.Table:
        """Make the class's table with its design, and check it before anything is mapped onto it."""
        design = dict(cls.__dict__.get("__design__", {}))
        design["info"] = {**options.pop("info", {}), **design.get("info", {})}
        twice = sorted(set(design) & set(options))
        if twice:
            raise DesignError(
                f"{cls.__name__}: {', '.join(twice)} is said in the class line and in __table_args__.",
                next_step="Keep one.",
            )
        named: dict[str, Any] = {**options, **design}
        table = sa.Table(*arguments, **named)
        try:
            check_table(table, owner=cls.__name__)
        except Exception:
            table.metadata.remove(table)
            raise
        return table
