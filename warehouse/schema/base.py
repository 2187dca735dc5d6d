"""The declarative base: a model's class line says its physical design, checked when the class is defined.

    class Sale(Base, dist=key("customer_key"), sort=compound("sold_at"), comment="One row per line of a receipt."):
        __tablename__ = "fact_sale"

        sold_at: Mapped[datetime] = column(TIMESTAMP, primary_key=True, encode="raw", comment="When, in UTC.")
        ...

Words of the class line, all optional to Python, none of the first three to `warehouse lint`:

    dist=     key("…"), even(), all_(), auto()
    sort=     compound("…"), interleaved("…"), auto_sort(), unsorted()
    comment=  what a row is; it becomes the table's comment in the warehouse
    encode=   "auto" (ENCODE AUTO of the table), or "by_type": columns without an encoding get the usual one
    schema=   where it lies, unless in public
    backup=   False for BACKUP NO
    owner=    the user that owns it
    grants=   {"role analyst": "select", "group etl": ("select", "insert")}: who may do what, the whole list
    doc=      documentation beyond the comment, for the data dictionary
    waive=    {"WH003": "why this table may break the rule"}

Views take these words too (views.py), and shapes fill some of them in (shapes.py). A design that Redshift cannot have
raises DesignError, and the class does not come to be: neither a table nor a mapper is left behind. What Redshift can
have but should not is left to the rules (`warehouse.discipline`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from warehouse.errors import DesignError
from warehouse.schema import places
from warehouse.schema.checks import check_table
from warehouse.schema.design import Distribution, SortKey
from warehouse.schema.grants import Grants
from warehouse.schema.options import Encode, table_options

# The names that Redshift gives by itself, so that a table made elsewhere compares equal. DROP CONSTRAINT needs a name.
NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
}
# Words of the class line that `Table` knows by itself.
_OF_TABLE = ("comment", "schema")


class Base(DeclarativeBase):
    """Base of every model. `Base.metadata` is the warehouse as declared."""

    metadata = sa.MetaData(naming_convention=NAMING)

    __words__: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(
        cls,
        *,
        dist: Distribution | None = None,
        sort: SortKey | None = None,
        comment: str | None = None,
        encode: Encode | None = None,
        schema: str | None = None,
        backup: bool | None = None,
        owner: str | None = None,
        grants: Grants | None = None,
        doc: str | None = None,
        waive: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        said = {
            "dist": dist,
            "sort": sort,
            "comment": comment,
            "encode": encode,
            "schema": schema,
            "backup": backup,
            "owner": owner,
            "grants": grants,
            "doc": doc,
            "waive": waive,
        }
        # Belongs to this class alone: a subclass with a table of its own decides anew.
        cls.__words__ = {word: value for word, value in said.items() if value is not None}
        try:
            super().__init_subclass__(**options)
        except DesignError:
            # SQLAlchemy lists the name before the table is made; a second, mended try must not meet the first.
            cls.registry._dispose_cls(cls)
            raise
        if cls.__words__ and "__table__" not in cls.__dict__:
            raise DesignError(
                f"{cls.__name__}: a design is given, but the class makes no table of its own.",
                next_step="Give it a __tablename__, or say the design where the table is made.",
            )

    @classmethod
    def __table_cls__(cls, *arguments: Any, **options: Any) -> sa.Table:
        """Make the class's table with its design, and check it before anything is mapped onto it."""
        words = {**cls.__default_words__(arguments, options), **cls.__dict__.get("__words__", {})}
        table = sa.Table(*arguments, **table_arguments(cls.__name__, words, options))
        try:
            check_table(table, owner=cls.__name__)
        except Exception:
            table.metadata.remove(table)
            raise
        places.owners[table] = cls
        return table

    @classmethod
    def __default_words__(cls, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
        """What the class line need not say: a shape's answers (shapes.py), given the table's own arguments."""
        return {}


def table_arguments(owner: str, words: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a class line and the options of `__table_args__` as arguments of `sqlalchemy.Table`.

    Raises DesignError naming the class (`owner`) when a word is not understood or said twice.
    """
    try:
        design = table_options(**{word: value for word, value in words.items() if word not in _OF_TABLE})
    except DesignError as error:
        raise DesignError(f"{owner}: {error.message}", next_step=error.next_step) from error
    design |= {word: words[word] for word in _OF_TABLE if word in words}
    given = dict(options)
    design["info"] = {**given.pop("info", {}), **design.get("info", {})}
    twice = sorted(set(design) & set(given))
    if twice:
        raise DesignError(
            f"{owner}: {', '.join(twice)} is said in the class line and in __table_args__.", next_step="Keep one."
        )
    return {**given, **design}
