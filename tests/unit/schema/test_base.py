"""A class line becomes the dialect's own arguments; an impossible design makes no class and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, configure_mappers, registry
from sqlalchemy.schema import CreateTable

from warehouse.errors import DesignError
from warehouse.schema import (
    Base,
    TableDesign,
    all_,
    auto,
    auto_sort,
    column,
    compound,
    even,
    interleaved,
    key,
    unsorted,
)
from warehouse.schema.design import redshift_dialect
from warehouse.schema.types import BIGINT, INTEGER, SMALLINT, SUPER, VARBYTE, VARCHAR


def ddl(table: sa.Table) -> str:
    return " ".join(str(CreateTable(table).compile(dialect=redshift_dialect())).split())


def define(base: type[Base], columns: dict[str, Any], **design: Any) -> type[Base]:
    body = {"__tablename__": "sale", **columns}
    model: type[Base] = type(base)("Sale", (base,), body, **design)
    return model


def test_the_unmodified_dialect_compiles_what_the_class_line_says(base: type[Base]) -> None:
    class Sale(base, dist=key("buyer"), sort=compound("sold", "buyer"), comment="One row per sale."):
        __tablename__ = "sale"
        sale_key: Mapped[int] = column(BIGINT, primary_key=True, identity=(1, 1), encode="az64", comment="Number.")
        buyer: Mapped[int] = column(INTEGER, encode="zstd")
        sold: Mapped[int] = column(INTEGER, encode="raw")
        note: Mapped[str | None] = column(VARCHAR(80), encode="lzo")

    assert ddl(Sale.__table__) == (
        "CREATE TABLE sale ( "
        "sale_key BIGINT IDENTITY(1,1) ENCODE az64 NOT NULL, "
        "buyer INTEGER ENCODE zstd NOT NULL, "
        "sold INTEGER ENCODE raw NOT NULL, "
        "note VARCHAR(80) ENCODE lzo, "
        "CONSTRAINT sale_pkey PRIMARY KEY (sale_key) "
        ") DISTSTYLE KEY DISTKEY (buyer) SORTKEY (sold, buyer)"
    )
    assert Sale.__table__.comment == "One row per sale."


@pytest.mark.parametrize(
    ("design", "clause"),
    [
        ({"dist": even()}, "DISTSTYLE EVEN"),
        ({"dist": all_()}, "DISTSTYLE ALL"),
        ({"dist": auto()}, ""),
        ({"sort": interleaved("a", "b")}, "INTERLEAVED SORTKEY (a, b)"),
        ({"sort": auto_sort()}, ""),
        ({"sort": unsorted()}, ""),
        ({}, ""),
    ],
)
def test_every_word_has_its_clause(base: type[Base], design: dict[str, Any], clause: str) -> None:
    columns = {"a": column(INTEGER, primary_key=True, autoincrement=False), "b": column(INTEGER)}
    model = define(base, columns, **design)
    assert ddl(model.__table__).partition(" ) ")[2] == clause
    read = TableDesign.from_table(model.__table__)
    assert (read.dist, read.sort) == (design.get("dist"), design.get("sort"))


def test_an_insert_leaves_the_identity_to_redshift(base: type[Base]) -> None:
    model = define(base, {"k": column(INTEGER, primary_key=True, identity=(1, 1)), "v": column(INTEGER)})
    dialect = redshift_dialect().__class__()
    dialect.insert_returning = False
    # Warnings are errors here: SQLAlchemy would warn of a primary key that nobody fills.
    assert str(sa.insert(model.__table__).values(v=1).compile(dialect=dialect)) == "INSERT INTO sale (v) VALUES (%s)"


IMPOSSIBLE: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "distkey missing": (
        {"a": lambda: column(INTEGER, primary_key=True)},
        {"dist": key("b")},
        ["column b", "DISTKEY names a column that the table has not", "one of: a"],
    ),
    "sort column missing": (
        {"a": lambda: column(INTEGER, primary_key=True)},
        {"sort": compound("a", "b")},
        ["column b", "SORTKEY names a column", "one of: a"],
    ),
    "two distkeys": (
        {
            "a": lambda: column(INTEGER, primary_key=True, redshift_distkey=True),
            "b": lambda: column(INTEGER, redshift_distkey=True),
        },
        {},
        ["two columns are DISTKEY (a, b)", "Keep one"],
    ),
    "distkey with EVEN": (
        {"a": lambda: column(INTEGER, primary_key=True, redshift_distkey=True)},
        {"dist": even()},
        ["DISTKEY(a) and DISTSTYLE EVEN exclude each other", 'dist=key("a")'],
    ),
    "sort column twice": (
        {"a": lambda: column(INTEGER, primary_key=True)},
        {"sort": compound("a", "a")},
        ["column a", "named twice"],
    ),
    "nine interleaved": (
        {name: (lambda: column(SMALLINT, primary_key=True, autoincrement=False)) for name in "abcdefghi"},
        {"sort": interleaved(*"abcdefghi")},
        ["9 columns in the sort key", "at most 8"],
    ),
    "401 compound": (
        {f"c{n}": (lambda: column(SMALLINT, primary_key=True, autoincrement=False)) for n in range(401)},
        {"sort": compound(*(f"c{n}" for n in range(401)))},
        ["401 columns in the sort key", "at most 400"],
    ),
    "1601 columns": (
        {f"c{n}": (lambda: column(SMALLINT, primary_key=True, autoincrement=False)) for n in range(1601)},
        {},
        ["1601 columns", "at most 1600"],
    ),
    "unknown encoding": (
        {"a": lambda: column(INTEGER, primary_key=True, encode="mostly99")},
        {},
        ["column a", "no encoding 'mostly99'", "az64"],
    ),
    "encoding not of the type": (
        {"a": lambda: column(VARCHAR(9), primary_key=True, encode="az64")},
        {},
        ["column a", "encoding az64 does not take character varying", "one of: raw, bytedict, lzo"],
    ),
    "MOSTLY too wide": (
        {"a": lambda: column(SMALLINT, primary_key=True, encode="mostly16")},
        {},
        ["column a", "encoding mostly16 does not take smallint"],
    ),
    "VARCHAR too long": (
        {"a": lambda: column(VARCHAR(65536), primary_key=True)},
        {},
        ["column a", "VARCHAR(65536)", "1 to 65535 bytes"],
    ),
    "CHAR too long": (
        {"a": lambda: column(sa.CHAR(4097), primary_key=True)},
        {},
        ["column a", "CHAR(4097)", "1 to 4096 bytes"],
    ),
    "UUID": ({"a": lambda: column(sa.UUID, primary_key=True)}, {}, ["column a", "no type UUID", "CHAR(36)"]),
    "JSON": ({"a": lambda: column(sa.JSON, primary_key=True)}, {}, ["column a", "no type JSON", "SUPER"]),
    "BYTEA": ({"a": lambda: column(sa.LargeBinary, primary_key=True)}, {}, ["column a", "no type BYTEA", "VARBYTE"]),
    "ARRAY": (
        {"a": lambda: column(sa.ARRAY(sa.Integer), primary_key=True)},
        {},
        ["column a", "no arrays", "SUPER"],
    ),
    "interval": ({"a": lambda: column(sa.Interval, primary_key=True)}, {}, ["column a", "no type INTERVAL", "BIGINT"]),
    "sa.Identity": (
        {"a": lambda: column(INTEGER, sa.Identity(), primary_key=True)},
        {},
        ["column a", "drops sa.Identity", "identity=(seed, step)"],
    ),
    "sa.Computed": (
        {"a": lambda: column(INTEGER, primary_key=True), "b": lambda: column(INTEGER, sa.Computed("a + 1"))},
        {},
        ["column b", "no generated columns"],
    ),
    "sequence": (
        {"a": lambda: column(INTEGER, sa.Sequence("s"), primary_key=True)},
        {},
        ["column a", "no sequences", "identity="],
    ),
    "identity on text": (
        {"a": lambda: column(VARCHAR(9), primary_key=True, identity=(1, 1))},
        {},
        ["column a", "identity on character varying(9)", "INTEGER or BIGINT"],
    ),
    "identity on SMALLINT": (
        {"a": lambda: column(SMALLINT, primary_key=True, identity=(1, 1))},
        {},
        ["column a", "identity on smallint"],
    ),
    "identity that stands still": (
        {"a": lambda: column(INTEGER, primary_key=True, identity=(1, 0))},
        {},
        ["column a", "step of 0"],
    ),
    "identity with a default": (
        {"a": lambda: column(INTEGER, primary_key=True, identity=(1, 1), server_default="7")},
        {},
        ["column a", "identity and a default"],
    ),
    "two identities": (
        {
            "a": lambda: column(INTEGER, primary_key=True, identity=(1, 1)),
            "b": lambda: column(INTEGER, identity=(1, 1)),
        },
        {},
        ["two identity columns (a, b)"],
    ),
    "super as distkey": (
        {"a": lambda: column(INTEGER, primary_key=True), "b": lambda: column(SUPER)},
        {"dist": key("b")},
        ["column b", "super cannot be a DISTKEY"],
    ),
    "varbyte as sort key": (
        {"a": lambda: column(INTEGER, primary_key=True), "b": lambda: column(VARBYTE(9))},
        {"sort": compound("b")},
        ["column b", "binary varying cannot be a SORTKEY"],
    ),
    "index": (
        {"a": lambda: column(INTEGER, primary_key=True), "b": lambda: column(INTEGER, index=True)},
        {},
        ["no indexes (index on b)", "sort key"],
    ),
    "check constraint": (
        {"a": lambda: column(INTEGER, sa.CheckConstraint("a > 0"), primary_key=True)},
        {},
        ["no CHECK constraints"],
    ),
    "cascade": (
        {"a": lambda: column(INTEGER, sa.ForeignKey("other.a", ondelete="CASCADE"), primary_key=True)},
        {},
        ["column a", "takes no ondelete"],
    ),
    "capital letters": (
        {"Amount": lambda: column(INTEGER, primary_key=True)},
        {},
        ["column Amount", "folds the name Amount to amount", "lower case"],
    ),
    "long name": (
        {"a" * 128: lambda: column(INTEGER, primary_key=True)},
        {},
        ["longer than 127 bytes"],
    ),
    "system column": (
        {"xmin": lambda: column(INTEGER, primary_key=True)},
        {},
        ["column xmin", "system columns", "Rename"],
    ),
    "SORTKEY AUTO as a column": (
        {"a": lambda: column(INTEGER, primary_key=True)},
        {"sort": compound("AUTO")},
        ["column AUTO", "SORTKEY names a column", "sort=auto_sort()"],
    ),
    "a word that is none": (
        {"a": lambda: column(INTEGER, primary_key=True)},
        {"dist": "even"},
        ["dist='even' is not understood", "even()"],
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_design_is_refused(base: type[Base], name: str) -> None:
    columns, design, says = IMPOSSIBLE[name]
    with pytest.raises(DesignError) as refused:
        define(base, {name: make() for name, make in columns.items()}, **design)
    told = str(refused.value)
    assert [part for part in ["Sale", *says] if part not in told] == []


def test_nothing_is_left_of_a_refused_class(base: type[Base]) -> None:
    columns = {"a": lambda: column(INTEGER, primary_key=True)}
    with pytest.raises(DesignError):
        define(base, {"a": columns["a"]()}, dist=key("b"))
    assert not base.metadata.tables
    # The mended class takes the name without a warning (which would be an error here), and mappers still configure.
    mended = define(base, {"a": columns["a"]()}, dist=key("a"))
    configure_mappers()
    assert base.metadata.tables["sale"] is mended.__table__


def test_an_identity_that_callers_may_override_says_so(base: type[Base]) -> None:
    model = define(base, {"a": column(INTEGER, primary_key=True, identity=(1, 1), identity_by_default=True)})
    assert TableDesign.from_table(model.__table__).columns[0].identity_by_default
    with pytest.raises(DesignError, match="identity_by_default without identity"):
        column(INTEGER, identity_by_default=True)


def test_several_faults_are_told_at_once(base: type[Base]) -> None:
    with pytest.raises(DesignError) as refused:
        define(base, {"a": column(INTEGER, primary_key=True, encode="text255")}, dist=key("x"), sort=compound("y"))
    told = str(refused.value)
    assert "3 faults" in told
    assert all(part in told for part in ("(1) column x", "(2) column y", "(3) column a"))


def test_two_distribution_keys_said_in_two_places(base: type[Base]) -> None:
    columns = {"a": column(INTEGER, primary_key=True), "b": column(INTEGER, redshift_distkey=True)}
    with pytest.raises(DesignError, match=r"two columns are DISTKEY \(a, b\)"):
        define(base, columns, dist=key("a"))


def test_a_sort_key_said_in_two_places(base: type[Base]) -> None:
    columns = {"a": column(INTEGER, primary_key=True, redshift_sortkey=True)}
    with pytest.raises(DesignError, match="declared in two ways"):
        define(base, columns, sort=unsorted())


def test_the_class_line_and_table_args_must_not_both_say_it(base: type[Base]) -> None:
    columns = {"a": column(INTEGER, primary_key=True), "__table_args__": {"redshift_diststyle": "ALL"}}
    with pytest.raises(DesignError, match="redshift_diststyle is said in the class line and in __table_args__"):
        define(base, columns, dist=even())


def test_plain_table_args_of_the_dialect_keep_working(base: type[Base]) -> None:
    columns = {
        "a": column(INTEGER, primary_key=True),
        "__table_args__": {"redshift_diststyle": "KEY", "redshift_distkey": "a", "info": {"owner": "finance"}},
    }
    model = define(base, columns, sort=unsorted())
    read = TableDesign.from_table(model.__table__)
    assert (read.dist, read.sort) == (key("a"), unsorted())
    assert model.__table__.info["owner"] == "finance"


def test_a_design_without_a_table_is_refused(base: type[Base]) -> None:
    with pytest.raises(DesignError, match=r"Mixin: a design is given, but the class makes no table"):
        type(base)("Mixin", (base,), {"__abstract__": True}, dist=even())


def test_a_subclass_with_its_own_table_decides_anew(base: type[Base]) -> None:
    parent = define(base, {"a": column(INTEGER, primary_key=True)}, dist=even(), comment="Parent.")
    child = type(base)(
        "Child",
        (parent,),
        {"__tablename__": "child", "a": column(INTEGER, sa.ForeignKey("sale.a"), primary_key=True)},
        sort=unsorted(),
    )
    read = TableDesign.from_table(child.__table__)
    assert (read.dist, read.sort, read.comment) == (None, unsorted(), None)


def test_a_waiver_without_a_reason_is_refused(base: type[Base]) -> None:
    with pytest.raises(DesignError, match=r"waiver of WH001 gives no reason"):
        define(base, {"a": column(INTEGER, primary_key=True)}, waive={"WH001": "  "})


def test_the_base_has_one_registry() -> None:
    assert isinstance(Base.registry, registry)
    assert Base.registry.metadata is Base.metadata
