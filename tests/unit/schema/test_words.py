"""Every word of the class line and of a column: read back, plain in `info`, the same for Core tables."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from warehouse.errors import DesignError
from warehouse.schema import Base, Grant, TableDesign, column, column_options, compound, even, key, table_options
from warehouse.schema.types import (
    BIGINT,
    BOOLEAN,
    DECIMAL,
    GEOMETRY,
    INTEGER,
    INTERVAL_DAY_TO_SECOND,
    INTERVAL_YEAR_TO_MONTH,
    SUPER,
    TIMESTAMP,
    TIMETZ,
    VARBYTE,
    VARCHAR,
)


def define(base: type[Base], columns: dict[str, Any] | None = None, **words: Any) -> TableDesign:
    body = {"__tablename__": "sale", **(columns or {"a": column(INTEGER, primary_key=True)})}
    return TableDesign.from_table(type(base)("Sale", (base,), body, **words).__table__)


def test_every_word_is_read_back(base: type[Base]) -> None:
    read = define(
        base,
        encode="auto",
        schema="mart",
        backup=False,
        owner="finance",
        grants={"role analyst": "select", "GROUP etl": ("DELETE", "insert"), "public": ["all", "select"]},
        doc="Comes from the tills, at night.",
    )
    assert (read.encode, read.schema, read.backup, read.owner) == ("auto", "mart", False, "finance")
    assert read.doc == "Comes from the tills, at night."
    assert read.grants == (
        Grant("group etl", ("insert", "delete")),
        Grant("public", ("all",)),
        Grant("role analyst", ("select",)),
    )


def test_what_is_not_said_is_not_declared(base: type[Base]) -> None:
    read = define(base)
    assert (read.encode, read.schema, read.backup, read.owner, read.grants) == (None, None, True, None, None)
    assert (read.shape, read.doc) == (None, None)


def test_no_grants_at_all_is_a_declaration(base: type[Base]) -> None:
    assert define(base, grants={}).grants == ()


def test_a_column_says_its_documentation(base: type[Base]) -> None:
    read = define(
        base,
        {
            "a": column(INTEGER, primary_key=True),
            "mail": column(VARCHAR(80), pii="email", doc="Lower case.", collate="case_insensitive", info={"x": 1}),
        },
    )
    mail = read.columns[1]
    assert (mail.pii, mail.doc, mail.collate) == ("email", "Lower case.", "case_insensitive")


def test_a_core_table_takes_the_same_words(base: type[Base]) -> None:
    words: dict[str, Any] = {"dist": even(), "encode": "auto", "backup": False, "owner": "o", "grants": {"u": "all"}}
    table = sa.Table(
        "sale",
        sa.MetaData(),
        sa.Column("a", sa.Integer, primary_key=True, **column_options(encode="raw", pii="number")),
        **table_options(**words),
    )
    declared = define(base, {"a": column(INTEGER, primary_key=True, encode="raw", pii="number")}, **words)
    assert TableDesign.from_table(table) == declared
    assert table.info == {"warehouse": {"encode": "auto", "backup": False, "grants": {"u": ["all"]}, "owner": "o"}}


@pytest.mark.parametrize("way", ["class", "core"])
def test_encodings_are_filled_in_by_type(base: type[Base], way: str) -> None:
    types = {
        "k": (INTEGER, "raw"),
        "text": (VARCHAR(9), "lzo"),
        "n": (DECIMAL(9, 2), "az64"),
        "flag": (BOOLEAN, "raw"),
        "doc": (SUPER, "zstd"),
        "clock": (TIMETZ, "az64"),
        "shape": (GEOMETRY, "raw"),
        "bytes": (VARBYTE(9), "lzo"),
        "age": (INTERVAL_YEAR_TO_MONTH, "raw"),
        "took": (INTERVAL_DAY_TO_SECOND, "raw"),
    }
    if way == "class":
        columns = {name: column(type_, primary_key=name == "k") for name, (type_, _) in types.items()}
        read = define(base, {**columns, "said": column(INTEGER, encode="zstd")}, sort=compound("k"), encode="by_type")
    else:
        core = [sa.Column(name, type_) for name, (type_, _) in types.items()]
        core.append(sa.Column("said", sa.Integer, redshift_encode="zstd"))
        table = sa.Table("sale", sa.MetaData(), *core, **table_options(sort=compound("k"), encode="by_type"))
        read = TableDesign.from_table(table)
    assert {one.name: one.encode for one in read.columns} == {
        **{name: encode for name, (_, encode) in types.items()},
        "said": "zstd",
    }
    assert read.encode is None


def test_durations_are_types_of_columns(base: type[Base]) -> None:
    columns = {
        "a": column(INTEGER, primary_key=True),
        "b": column(INTERVAL_YEAR_TO_MONTH),
        "c": column(INTERVAL_DAY_TO_SECOND),
    }
    assert [one.type for one in define(base, columns).columns[1:]] == [
        "interval year to month",
        "interval day to second",
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"encode": "all"}, r"Sale: encode='all' is not understood\. Say encode=\"auto\" or encode=\"by_type\""),
        ({"grants": {"role analyst": "read"}}, r"Sale: grants to role analyst: read cannot be granted\. Say one or mo"),
        ({"grants": {"role analyst": ()}}, "grants to role analyst: nothing cannot be granted"),
        ({"grants": {"analyst role": "select"}}, "'analyst role' names nobody"),
        ({"grants": {"role": "select"}}, "'role' names nobody"),
        ({"grants": {"": "select"}}, "'' names nobody"),
        ({"grants": {"ROLE a": "select", "role a": "insert"}}, "role a is named twice"),
        ({"grants": "select"}, "grants='select' is not understood"),
        ({"schema": "mart", "__table_args__": {"schema": "mart"}}, "schema is said in the class line and in"),
    ],
)
def test_a_word_that_is_not_understood(base: type[Base], words: dict[str, Any], says: str) -> None:
    columns: dict[str, Any] = {"a": column(INTEGER, primary_key=True)}
    if "__table_args__" in words:
        columns["__table_args__"] = words.pop("__table_args__")
    with pytest.raises(DesignError, match=says):
        define(base, columns, **words)


def test_a_collation_is_for_text(base: type[Base]) -> None:
    with pytest.raises(DesignError, match=r"Sale \(table sale\): column a: collate= on integer\. Only CHAR"):
        define(base, {"a": column(INTEGER, primary_key=True, collate="case_sensitive")})
    with pytest.raises(DesignError, match="collate='ci' is not understood"):
        column(VARCHAR(9), collate="ci")  # type: ignore[arg-type]


def test_tables_of_several_schemas_link(base: type[Base]) -> None:
    class Buyer(base, schema="crm", dist=key("id")):
        __tablename__ = "buyer"
        id: Mapped[int] = column(BIGINT, primary_key=True)

    class Sale(base, schema="mart"):
        __tablename__ = "sale"
        id: Mapped[int] = column(BIGINT, primary_key=True)
        buyer: Mapped[int] = column(BIGINT, sa.ForeignKey("crm.buyer.id"))
        at: Mapped[Any] = column(TIMESTAMP)

    assert sorted(base.metadata.tables) == ["crm.buyer", "mart.sale"]
    assert TableDesign.from_table(Sale.__table__).foreign_keys[0].ref_table == "crm.buyer"
