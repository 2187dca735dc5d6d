"""Views as models: a class or a call, text or a select; kept apart from the tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, configure_mappers

from warehouse.errors import DesignError
from warehouse.schema import (
    Base,
    Grant,
    MaterializedView,
    View,
    ViewDesign,
    auto,
    column,
    compound,
    even,
    interleaved,
    key,
    materialized_view,
    view,
    view_designs,
    views_of,
)
from warehouse.schema.statements import create_view, drop_view
from warehouse.schema.types import BIGINT, DATE, INTEGER, VARCHAR

PREPARER = sa.create_engine("sqlite://").dialect.identifier_preparer


@pytest.fixture
def sale(base: type[Base]) -> sa.Table:
    class Sale(base):
        __tablename__ = "sale"
        id: Mapped[int] = column(INTEGER, primary_key=True)
        day: Mapped[date] = column(DATE)
        note: Mapped[str] = column(VARCHAR(9))

    table: Any = Sale.__table__
    return table


def per_day(sale: sa.Table) -> sa.Select[Any]:
    return sa.select(sale.c.day, sa.func.count().label("sales")).where(sale.c.note != r"a\%").group_by(sale.c.day)


def test_a_mapped_view_of_a_select(base: type[Base], sale: sa.Table) -> None:
    class Daily(View, base, query=per_day(sale), comment="One row per day.", owner="o", grants={"public": "select"}):
        __tablename__ = "daily"
        day: Mapped[date] = column(DATE, primary_key=True, comment="Day.")
        sales: Mapped[int] = column(BIGINT)

    configure_mappers()
    (read,) = view_designs(base.metadata)
    assert (read.name, read.kind, read.schema, read.comment, read.owner) == (
        "daily",
        "view",
        None,
        "One row per day.",
        "o",
    )
    assert read.grants == (Grant("public", ("select",)),)
    assert [one.type for one in read.columns] == ["date", "bigint"]
    assert " ".join(read.query.split()) == (
        r"SELECT sale.day, count(*) AS sales FROM sale WHERE sale.note != 'a\\%' GROUP BY sale.day"
    )
    assert "FROM daily" in str(sa.select(Daily.day))
    assert list(base.metadata.tables) == ["sale"]


def test_a_view_without_columns_is_not_mapped(base: type[Base], sale: sa.Table) -> None:
    class Text(View, base, query="  SELECT 1 AS a;\n", late_binding=True, schema="mart"):
        __tablename__ = "text_"

    class Selected(View, base, query=per_day(sale)):
        __tablename__ = "selected"

    text, selected = view_designs(base.metadata)
    assert text == ViewDesign("text_", "SELECT 1 AS a", "late_binding", schema="mart")
    assert [(one.name, one.type) for one in selected.columns] == [("day", "date"), ("sales", "integer")]
    assert not hasattr(Text, "__mapper__")
    assert "selected.day" in str(sa.select(Selected.__table__.c.day))


def test_a_materialized_view_has_a_design(base: type[Base], sale: sa.Table) -> None:
    class Totals(
        MaterializedView,
        base,
        query=per_day(sale),
        dist=key("day"),
        sort=compound("day"),
        auto_refresh=True,
        backup=False,
    ):
        __tablename__ = "totals"

    (read,) = view_designs(base.metadata)
    assert (read.kind, read.dist, read.sort, read.auto_refresh, read.backup) == (
        "materialized",
        key("day"),
        compound("day"),
        True,
        False,
    )


def test_the_same_without_a_class(sale: sa.Table) -> None:
    metadata = sale.metadata
    daily = view("daily", metadata, per_day(sale), schema="mart", comment="One row per day.")
    materialized_view("totals", metadata, "SELECT day FROM mart.daily", sa.Column("day", sa.Date), dist=even())
    assert [(one.qualified_name, one.kind) for one in view_designs(metadata)] == [
        ("mart.daily", "view"),
        ("totals", "materialized"),
    ]
    assert "FROM mart.daily" in str(sa.select(daily.c.sales))
    assert sorted(views_of(metadata).tables) == ["mart.daily", "totals"]


def test_the_statements(sale: sa.Table) -> None:
    metadata = sale.metadata
    materialized_view(
        "m", metadata, "SELECT 1 a", dist=key("a"), sort=compound("a"), auto_refresh=True, backup=False, schema="s"
    )
    view("l", metadata, "SELECT 1 a", late_binding=True)
    materialized, late = view_designs(metadata)
    assert create_view(PREPARER, materialized) == (
        "CREATE MATERIALIZED VIEW s.m BACKUP NO DISTSTYLE KEY DISTKEY (a) SORTKEY (a) AUTO REFRESH YES AS\nSELECT 1 a"
    )
    assert create_view(PREPARER, late) == "CREATE VIEW l AS\nSELECT 1 a\nWITH NO SCHEMA BINDING"
    assert drop_view(PREPARER, materialized, if_exists=True) == "DROP MATERIALIZED VIEW IF EXISTS s.m"


@pytest.mark.parametrize(
    ("kind", "words", "says"),
    [
        (View, {}, r"Daily: a view without a query\. Say query="),
        (View, {"query": "DELETE FROM sale"}, r"Daily \(view daily\): the query is no SELECT"),
        (View, {"query": "SELECT 1 a", "dist": even()}, "a view stores nothing, so dist= says nothing"),
        (View, {"query": "SELECT 1 a", "encode": "auto"}, "a view takes no encode="),
        (View, {"query": "SELECT 1 a", "auto_refresh": True}, r"auto_refresh is no word of this kind of view"),
        (MaterializedView, {"query": "SELECT 1 a", "late_binding": True}, "late_binding is no word of this kind"),
        (MaterializedView, {"query": "SELECT 1 a", "dist": auto()}, "takes no DISTSTYLE AUTO"),
        (MaterializedView, {"query": "SELECT 1 a", "sort": interleaved("a")}, "no sort key of style interleaved"),
        (View, {"query": "SELECT 1 a", "waive": {"WH001": " "}}, "waiver of WH001 gives no reason"),
        (View, {"query": "SELECT 1 a", "owner": "o", "grants": {"x": "fly"}}, "fly cannot be granted"),
    ],
)
def test_an_impossible_view_is_refused(base: type[Base], kind: type, words: dict[str, Any], says: str) -> None:
    with pytest.raises(DesignError, match=says):
        type(base)("Daily", (kind, base), {"__tablename__": "daily"}, **words)
    assert view_designs(base.metadata) == ()


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (
            ("day", "price"),
            r"Daily \(view daily\): column price: the query does not select it\. It selects: day",
        ),
        (("day",), "column sales: the query selects it, the class does not declare it"),
        (("sales", "day"), "column sales: the columns stand in another order than the query's"),
    ],
)
def test_columns_are_held_against_the_select(
    base: type[Base], sale: sa.Table, names: tuple[str, ...], says: str
) -> None:
    body = {name: column(DATE, primary_key=True) for name in names}
    with pytest.raises(DesignError, match=says):
        type(base)("Daily", (View, base), {"__tablename__": "daily", **body}, query=per_day(sale))


def test_a_key_of_a_materialized_view_is_a_column(base: type[Base], sale: sa.Table) -> None:
    with pytest.raises(DesignError, match="column x: the DISTKEY names a column that the table has not"):
        materialized_view("m", base.metadata, per_day(sale), dist=key("x"))


def test_a_mapped_view_needs_to_know_a_row(base: type[Base]) -> None:
    with pytest.raises(DesignError, match="Daily: no column names a row"):
        type(base)("Daily", (View, base), {"__tablename__": "daily", "a": column(INTEGER)}, query="SELECT 1 a")


def test_a_view_has_a_name_of_its_own(base: type[Base], sale: sa.Table) -> None:
    with pytest.raises(DesignError, match="view sale: sale is a table already"):
        view("sale", base.metadata, "SELECT 1 a")
    with pytest.raises(DesignError, match="Daily: a view without a name"):
        type(base)("Daily", (View, base), {}, query="SELECT 1 a")


def test_a_percent_sign_of_a_select_stays_one(sale: sa.Table) -> None:
    metadata = sa.MetaData()
    odd = (sale.c.id % 2).label("odd")
    view("odds", metadata, sa.select(odd).where(sa.text("note LIKE '5%'")), comment="Odd ones.")
    (design,) = view_designs(metadata)
    assert "sale.id % 2 AS odd" in design.query
    assert design.query.endswith("note LIKE '5%'")
