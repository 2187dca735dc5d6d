"""A shape answers what need not be said again; the class line may say it otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Mapped

from warehouse.errors import DesignError
from warehouse.schema import (
    Base,
    Dimension,
    Fact,
    History,
    Log,
    Staging,
    TableDesign,
    all_,
    column,
    compound,
    even,
    key,
    unsorted,
)
from warehouse.schema.types import CHAR, INTEGER, VARCHAR


def define(base: type[Base], shape: type, columns: dict[str, Any] | None = None, **words: Any) -> TableDesign:
    body = {"__tablename__": "thing", **(columns or {"k": column(INTEGER, primary_key=True, autoincrement=False)})}
    return TableDesign.from_table(type(base)("Thing", (shape, base), body, **words).__table__)


def test_a_dimension_is_copied_and_sorted_by_its_key(base: type[Base]) -> None:
    read = define(base, Dimension, {"faa": column(CHAR(3), primary_key=True), "name": column(VARCHAR(9))})
    assert (read.shape, read.dist, read.sort) == ("dimension", all_(), compound("faa"))


def test_the_class_line_says_it_otherwise(base: type[Base]) -> None:
    read = define(base, Dimension, dist=key("k"), sort=unsorted())
    assert (read.dist, read.sort) == (key("k"), unsorted())


def test_so_do_the_dialects_arguments(base: type[Base]) -> None:
    columns = {
        "k": column(INTEGER, primary_key=True, autoincrement=False, redshift_sortkey=True),
        "__table_args__": {"redshift_diststyle": "EVEN"},
    }
    read = define(base, Dimension, columns)
    assert (read.dist, read.sort) == (even(), compound("k"))


def test_a_fact_decides_everything_itself(base: type[Base]) -> None:
    read = define(base, Fact)
    assert (read.shape, read.dist, read.sort) == ("fact", None, None)


def test_a_history_has_versions(base: type[Base]) -> None:
    read = define(base, History, dist=even())
    assert [one.name for one in read.columns] == ["k", "valid_from", "valid_to", "is_current"]
    assert read.primary_key == ("k", "valid_from")
    assert read.sort == compound("k", "valid_from")
    assert all(one.comment and one.encode for one in read.columns[1:])


def test_a_history_of_nothing_is_refused(base: type[Base]) -> None:
    with pytest.raises(DesignError, match=r"Thing: a history without a natural key.*Say primary_key=True"):
        define(base, History, {"k": column(INTEGER)})
    assert not base.metadata.tables


def test_staging_is_cheap(base: type[Base]) -> None:
    read = define(base, Staging, {"k": column(INTEGER, primary_key=True), "note": column(VARCHAR(9))})
    assert (read.dist, read.sort, read.backup) == (even(), unsorted(), False)
    assert [one.encode for one in read.columns] == ["az64", "lzo"]


def test_a_log_is_sorted_by_time(base: type[Base]) -> None:
    read = define(base, Log)
    assert (read.shape, read.dist, read.sort) == ("log", even(), compound("logged_at"))
    assert [one.name for one in read.columns] == ["k", "logged_at"]


def test_a_shaped_class_is_mapped_as_any_other(base: type[Base]) -> None:
    class Customer(History, base, dist=even()):
        __tablename__ = "customer"
        k: Mapped[int] = column(INTEGER, primary_key=True, autoincrement=False)

    assert [one.name for one in Customer.__mapper__.primary_key] == ["k", "valid_from"]
    assert "customer.is_current" in str(Customer.is_current.expression)
