"""Views as models: bound, late-binding and materialized, from text or from a SQLAlchemy select.

    class DailyDepartures(View, Base, query=select(…).group_by(…), comment="One row per day."):
        __tablename__ = "daily_departures"

        day: Mapped[date] = column(DATE, primary_key=True, comment="Local date.")
        flights: Mapped[int] = column(BIGINT, comment="Departures of that day.")

    class DailyTotals(MaterializedView, Base, query="SELECT …", dist=key("day"), auto_refresh=True):
        __tablename__ = "daily_totals"

    materialized_view("daily_totals", metadata, "SELECT …", dist=key("day"))    # the same without a class

Columns are for readers: they carry comments and types, and make the class a mapped one, which needs primary_key=True
somewhere; nothing of a key is sent to Redshift. A class without columns is no mapped class: of a select it knows the
columns, of text nothing. `late_binding=True` is WITH NO SCHEMA BINDING. The other words are those of a table (base.py).

SQLAlchemy has a table for each view, in a metadata of its own (`views_of(metadata)`), so that nothing takes it for a
table of the warehouse. `view_designs(metadata)` gives the frozen values in the order in which they must be created.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import dedent
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import MappedColumn

from warehouse.errors import DesignError
from warehouse.schema import places
from warehouse.schema.base import table_arguments
from warehouse.schema.checks import columns_problem, refuse_problems, view_problems
from warehouse.schema.design import INFO, ViewDesign, ViewKind, literal_dialect
from warehouse.schema.reading import read_view

_VIEWS = f"{INFO}.views"
Query = str | sa.sql.expression.SelectBase


class View:
    """Mixin: the class is a view. `late_binding=True` leaves it unbound to what it reads."""

    __view__: ClassVar[dict[str, Any]]
    __kinds__: ClassVar[tuple[str, ...]] = ("late_binding",)

    def __init_subclass__(cls, *, query: Query | None = None, **words: Any) -> None:
        if "__abstract__" in cls.__dict__ or cls.__bases__ == (View,):
            super().__init_subclass__(**words)
            return
        if query is None:
            raise DesignError(f"{cls.__name__}: a view without a query.", next_step='Say query="SELECT …".')
        kind, own = _own_words(cls, words)
        cls.__view__ = {"kind": kind, "query": query, "own": own}
        if any(isinstance(value, MappedColumn | sa.Column) for value in vars(cls).values()):
            super().__init_subclass__(**words)
            return
        # Nothing to map: SQLAlchemy leaves an abstract class alone.
        name, arguments = cls.__dict__.get("__tablename__"), cls.__dict__.get("__table_args__", {})
        if not name:
            raise DesignError(f"{cls.__name__}: a view without a name.", next_step='Say __tablename__ = "…".')
        cls.__abstract__ = True  # type: ignore[attr-defined]
        super().__init_subclass__()
        metadata: sa.MetaData = cls.metadata  # type: ignore[attr-defined]
        table = _make(cls.__name__, name, metadata, (), words, arguments, **cls.__view__)
        cls.__table__ = table  # type: ignore[attr-defined]
        places.owners[table] = cls

    @classmethod
    def __table_cls__(cls, name: str, metadata: sa.MetaData, *columns: Any, **options: Any) -> sa.Table:
        words = cls.__dict__.get("__words__", {})
        if not any(isinstance(one, sa.PrimaryKeyConstraint) or getattr(one, "primary_key", False) for one in columns):
            raise DesignError(
                f"{cls.__name__}: no column names a row, which a mapped class needs.",
                next_step="Say primary_key=True on the columns that do; it stays in Python.",
            )
        table = _make(cls.__name__, name, metadata, columns, words, options, **cls.__view__)
        places.owners[table] = cls
        return table


class MaterializedView(View):
    """Mixin: the class is a materialized view. dist=, sort=, backup= as for a table; `auto_refresh=True`."""

    __kinds__ = ("auto_refresh",)


def view(
    name: str, metadata: sa.MetaData, query: Query, *columns: sa.Column[Any], late_binding: bool = False, **words: Any
) -> sa.Table:
    """Declare a view without a class; `words` as in a class line. The table returned is for SELECT."""
    kind = "late_binding" if late_binding else "view"
    return _make(f"view {name}", name, metadata, columns, words, {}, kind=kind, query=query, own={})


def materialized_view(
    name: str, metadata: sa.MetaData, query: Query, *columns: sa.Column[Any], auto_refresh: bool = False, **words: Any
) -> sa.Table:
    """Declare a materialized view without a class; `words` as in a class line. The table returned is for SELECT."""
    own = {"auto_refresh": True} if auto_refresh else {}
    return _make(f"view {name}", name, metadata, columns, words, {}, kind="materialized", query=query, own=own)


def views_of(metadata: sa.MetaData) -> sa.MetaData:
    """The metadata that holds the views declared beside `metadata`'s tables, as SQLAlchemy tables."""
    found: sa.MetaData = metadata.info.setdefault(_VIEWS, sa.MetaData(schema=metadata.schema))
    return found


def view_designs(metadata: sa.MetaData) -> tuple[ViewDesign, ...]:
    """The views declared beside `metadata`'s tables, in the order of their declaration: one may read those before."""
    return tuple(map(read_view, views_of(metadata).tables.values()))


def _own_words(cls: type[View], words: dict[str, Any]) -> tuple[ViewKind, dict[str, Any]]:
    """The kind of view, and the words that only it has, taken out of the class line."""
    said = {word: words.pop(word) for word in ("late_binding", "auto_refresh") if word in words}
    if wrong := sorted(set(said) - set(cls.__kinds__)):
        raise DesignError(
            f"{cls.__name__}: {wrong[0]} is no word of this kind of view.",
            next_step="late_binding= belongs to View, auto_refresh= to MaterializedView.",
        )
    if issubclass(cls, MaterializedView):
        return "materialized", {"auto_refresh": True} if said.get("auto_refresh") else {}
    return "late_binding" if said.get("late_binding") else "view", {}


def _make(
    owner: str,
    name: str,
    metadata: sa.MetaData,
    columns: tuple[Any, ...],
    words: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    kind: str,
    query: Query,
    own: Mapping[str, Any],
) -> sa.Table:
    arguments = table_arguments(owner, words, options)
    arguments["info"][INFO] = {"view": kind, "query": _text(query), **own, **arguments["info"].get(INFO, {})}
    selected = [] if isinstance(query, str) else [sa.Column(c.name, c.type) for c in query.selected_columns]
    table = sa.Table(name, views_of(metadata), *(columns or selected), **arguments)
    try:
        design = read_view(table)
        declared = [column.name for column in columns if isinstance(column, sa.Column)]
        found = [column.name for column in selected]
        problems = [*view_problems(design, words), *columns_problem(declared, found)]
        refuse_problems(problems, where=f"{owner} (view {table.fullname})")
        if table.key in metadata.tables:
            raise DesignError(f"{owner}: {table.fullname} is a table already.", next_step="Rename one of the two.")
    except Exception:
        table.metadata.remove(table)
        raise
    return table


def _text(query: Query) -> str:
    """The query as Redshift reads it, without a semicolon at its end."""
    if isinstance(query, str):
        return re.sub(r"[\s;]+\Z", "", dedent(query)).lstrip()
    return str(query.compile(dialect=literal_dialect(), compile_kwargs={"literal_binds": True}))
