"""A table's design is read from any SQLAlchemy table, whoever made it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.schema import CreateTable
from sqlalchemy_redshift.dialect import GEOMETRY, HLLSKETCH, SUPER, TIMESTAMPTZ

from warehouse.errors import DesignError
from warehouse.schema import (
    ColumnDesign,
    Distribution,
    ForeignKeyDesign,
    SortKey,
    TableDesign,
    auto,
    check_column,
    check_table,
    compound,
    even,
    key,
    table_options,
    unsorted,
)
from warehouse.schema.design import redshift_dialect
from warehouse.schema.options import column_options
from warehouse.schema.types import GEOGRAPHY, VARBYTE


def core(*columns: sa.Column[object], **options: object) -> sa.Table:
    return sa.Table("sale", sa.MetaData(), *(columns or (sa.Column("a", sa.Integer),)), **options)  # type: ignore[arg-type]


def test_a_plain_core_table_is_understood() -> None:
    table = sa.Table(
        "sale",
        sa.MetaData(),
        sa.Column("sale_key", sa.BigInteger, primary_key=True, redshift_identity=(10, 5), redshift_encode="AZ64"),
        sa.Column("buyer", sa.Integer, sa.ForeignKey("crm.buyer.id"), nullable=False, comment="Who."),
        sa.Column("shop", sa.String(9), sa.ForeignKey("public.shop.code", name="to_shop"), server_default="none"),
        sa.Column("at", TIMESTAMPTZ, server_default=sa.func.getdate()),
        sa.UniqueConstraint("shop", "at"),
        schema="mart",
        comment="One row per sale.",
        redshift_diststyle="key",
        redshift_distkey="buyer",
        redshift_interleaved_sortkey=["at", "shop"],
        info={"warehouse": {"waivers": {"WH101": "loaded from elsewhere"}}},
    )
    assert TableDesign.from_table(table) == TableDesign(
        name="sale",
        schema="mart",
        columns=(
            ColumnDesign("sale_key", "bigint", nullable=False, encode="az64", identity=(10, 5)),
            ColumnDesign("buyer", "integer", nullable=False, comment="Who."),
            ColumnDesign("shop", "character varying(9)", default="'none'"),
            ColumnDesign("at", "timestamp with time zone", default="getdate()"),
        ),
        primary_key=("sale_key",),
        unique_keys=(("shop", "at"),),
        foreign_keys=(
            ForeignKeyDesign(("buyer",), "crm.buyer", ("id",)),
            ForeignKeyDesign(("shop",), "shop", ("code",), "to_shop"),
        ),
        dist=Distribution("key", "buyer"),
        sort=SortKey("interleaved", ("at", "shop")),
        comment="One row per sale.",
        waivers={"WH101": "loaded from elsewhere"},
    )


def test_column_level_keys_are_understood() -> None:
    table = core(sa.Column("a", sa.Integer, redshift_distkey=True, redshift_sortkey=True), sa.Column("b", sa.Integer))
    design = TableDesign.from_table(table)
    assert (design.dist, design.sort) == (key("a"), compound("a"))


def test_keys_may_be_columns_or_one_name() -> None:
    a = sa.Column("a", sa.Integer)
    design = TableDesign.from_table(core(a, redshift_distkey=a, redshift_sortkey="a"))
    assert (design.dist, design.sort) == (key("a"), compound("a"))


def test_saying_nothing_is_not_saying_auto() -> None:
    design = TableDesign.from_table(core())
    assert (design.dist, design.sort, design.columns[0].encode) == (None, None, None)
    said = TableDesign.from_table(core(**table_options(dist=auto(), sort=unsorted())))
    assert (said.dist, said.sort) == (auto(), unsorted())


def test_the_dialects_auto_is_read_as_auto() -> None:
    assert TableDesign.from_table(core(redshift_diststyle="AUTO")).dist == auto()


def test_public_is_the_default_schema() -> None:
    table = core(schema="public")
    assert TableDesign.from_table(table) == TableDesign.from_table(core())
    assert TableDesign("a", "mart").qualified_name == "mart.a"


def test_an_identity_column_is_not_null_whatever_was_said() -> None:
    assert not ColumnDesign.from_column(sa.Column("a", sa.Integer, nullable=True, redshift_identity=(1, 1))).nullable


def test_a_reflected_encoding_is_read_where_the_inspector_puts_it() -> None:
    assert ColumnDesign.from_column(sa.Column("a", sa.Integer, info={"encode": "az64"})).encode == "az64"


@pytest.mark.parametrize(
    ("type_", "spelled"),
    [
        (sa.String(20), "character varying(20)"),
        (sa.String(), "character varying(256)"),
        (sa.Text(), "character varying(256)"),
        (sa.CHAR(3), "character(3)"),
        (sa.SmallInteger(), "smallint"),
        (sa.Integer(), "integer"),
        (sa.BigInteger(), "bigint"),
        (sa.Numeric(), "numeric(18,0)"),
        (sa.Numeric(8, 2), "numeric(8,2)"),
        (sa.Float(), "double precision"),
        (sa.Float(24), "real"),
        (sa.REAL(), "real"),
        (sa.Double(), "double precision"),
        (sa.Boolean(), "boolean"),
        (sa.Date(), "date"),
        (sa.DateTime(), "timestamp without time zone"),
        (sa.DateTime(timezone=True), "timestamp with time zone"),
        (sa.Time(), "time without time zone"),
        (SUPER(), "super"),
        (GEOMETRY(), "geometry"),
        (HLLSKETCH(), "hllsketch"),
        (GEOGRAPHY(), "geography"),
        (VARBYTE(16), "binary varying(16)"),
    ],
)
def test_types_are_spelled_as_the_catalog_does(type_: sa.types.TypeEngine[object], spelled: str) -> None:
    assert ColumnDesign.from_column(sa.Column("a", type_)).type == spelled


def test_a_type_that_redshift_has_not_names_table_and_column() -> None:
    with pytest.raises(DesignError, match=r"sale: column a: Redshift has no type UUID\. Write CHAR\(36\)"):
        TableDesign.from_table(core(sa.Column("a", sa.UUID)))


def test_a_column_without_a_type_is_refused() -> None:
    with pytest.raises(DesignError, match=r"sale: column a: NullType\(\) is no type of Redshift"):
        TableDesign.from_table(core(sa.Column("a")))


def test_designs_are_frozen_and_hashable() -> None:
    design = TableDesign.from_table(core())
    with pytest.raises(dataclasses.FrozenInstanceError):
        design.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        design.waivers["WH001"] = "x"  # type: ignore[index]
    assert design in {design}


def test_distribution_and_sort_key_cannot_contradict_themselves() -> None:
    for wrong in (
        lambda: Distribution("key"),
        lambda: Distribution("even", "a"),
        lambda: Distribution("spread"),  # type: ignore[arg-type]
        lambda: SortKey("compound"),
        lambda: SortKey("auto", ("a",)),
        lambda: SortKey("sorted", ("a",)),  # type: ignore[arg-type]
    ):
        with pytest.raises(DesignError):
            wrong()


def test_core_tables_are_judged_when_asked() -> None:
    with pytest.raises(DesignError, match=r"table sale: Redshift has no indexes"):
        check_table(core(sa.Column("a", sa.Integer, index=True)))
    with pytest.raises(DesignError, match=r"table mart\.sale: two columns are DISTKEY"):
        check_table(
            core(
                sa.Column("a", sa.Integer, redshift_distkey=True),
                sa.Column("b", sa.Integer, redshift_distkey=True),
                schema="mart",
            )
        )
    assert check_table(core(**table_options(dist=even()))).dist == even()


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (
            sa.Column("a", sa.Integer, redshift_encode="text255"),
            "sale: column a: encoding text255 does not take",
        ),
        (sa.Column("a", sa.Integer, sa.Identity()), "sale: column a: the dialect drops sa.Identity"),
        (sa.Column("a", sa.Integer, sa.Computed("b")), "sale: column a: Redshift has no generated columns"),
        (sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0")), "sale: column a: Redshift has no CHECK"),
        (sa.Column("ctid", sa.Integer), "sale: column ctid: the name is one of"),
        (sa.Column("a", sa.UUID), "column a: Redshift has no type UUID"),
        (sa.Column("a", sa.VARCHAR(0)), "column a: a length of 0"),
        (sa.Column("a", sa.Integer, server_default=sa.text("(SELECT 1)")), "column a: its default is a query"),
    ],
)
def test_a_column_that_is_added_is_judged_alone(column: sa.Column[object], says: str) -> None:
    with pytest.raises(DesignError, match=says):
        check_column(column, where="sale")


def test_a_possible_column_gives_its_design() -> None:
    assert check_column(sa.Column("a", sa.Integer, redshift_encode="AZ64")) == ColumnDesign(
        "a", "integer", encode="az64"
    )


names = st.sampled_from(["a", "b", "c", "order", "datum"])
distributions = st.none() | st.sampled_from([Distribution(style) for style in ("auto", "even", "all")]) | names.map(key)
sort_keys = (
    st.none()
    | st.sampled_from([SortKey("auto"), SortKey("none")])
    | st.builds(
        SortKey,
        st.sampled_from(["compound", "interleaved"]),
        st.lists(names, min_size=1, unique=True).map(tuple),
    )
)


@settings(deadline=None)  # shared machines stall
@given(distributions, sort_keys)
def test_what_is_declared_is_read_back_and_compiles(dist: Distribution | None, sort: SortKey | None) -> None:
    columns = [sa.Column(name, sa.Integer) for name in ("a", "b", "c", "order", "datum")]
    table = core(*columns, **table_options(dist=dist, sort=sort))
    design = check_table(table)
    assert (design.dist, design.sort) == (dist, sort)
    ddl = str(CreateTable(table).compile(dialect=redshift_dialect()))
    assert ("DISTKEY" in ddl) == (dist is not None and dist.key is not None)
    assert ("SORTKEY" in ddl) == (sort is not None and bool(sort.columns))


def test_the_default_of_a_python_side_value_is_not_the_tables() -> None:
    assert ColumnDesign.from_column(sa.Column("a", sa.DateTime, default=datetime(2013, 1, 1))).default is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: table_options(backup="no"), "backup='no' is not understood"),  # type: ignore[arg-type]
        (lambda: column_options(pii=3), "pii=3 is not understood"),  # type: ignore[arg-type]
        (lambda: column_options(identity=5), r"identity=5 is not understood.*seed, step"),  # type: ignore[arg-type]
        (lambda: column_options(identity=(1, "a")), "identity="),  # type: ignore[arg-type]
    ],
)
def test_words_are_of_their_kind(make: Callable[[], object], says: str) -> None:
    with pytest.raises(DesignError, match=says):
        make()
