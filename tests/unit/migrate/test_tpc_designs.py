"""The designs that AWS publishes for TPC-H and TPC-DS (3 TB) can be said as models, created, reflected, diffed empty.

`tests/fixtures/tpc_designs.csv` has a row per column: its type, whether it may be null, its place in the primary key
and in the sort key, and what it says of the distribution ("key" at its column, "all" throughout).
https://github.com/awslabs/amazon-redshift-utils/tree/master/src/CloudDataWarehouseBenchmark
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import registry

from warehouse import migrate
from warehouse.discipline import lint
from warehouse.redshift.types import parse_type
from warehouse.schema import (
    NAMING,
    Base,
    TableDesign,
    all_,
    auto,
    auto_sort,
    column,
    compound,
    key,
    table_options,
    types,
)

DESIGNS = Path(__file__).parents[2] / "fixtures" / "tpc_designs.csv"
TYPES: dict[str, Any] = {
    "bigint": types.BIGINT,
    "integer": types.INTEGER,
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
    "char": types.CHAR,
    "varchar": types.VARCHAR,
    "numeric": types.DECIMAL,
    "decimal": types.DECIMAL,
}


@dataclass(frozen=True)
class Published:
    """One table as AWS publishes it."""

    name: str
    rows: tuple[dict[str, str], ...]

    def ordered(self, word: str) -> tuple[str, ...]:
        """The columns with a number under a heading, in the order of the numbers."""
        found = [row for row in self.rows if row[word]]
        return tuple(row["column"] for row in sorted(found, key=lambda row: int(row[word])))

    @property
    def key(self) -> str | None:
        return next((row["column"] for row in self.rows if row["distribution"] == "key"), None)

    @property
    def is_all(self) -> bool:
        return all(row["distribution"] == "all" for row in self.rows)


def published(suite: str) -> Iterator[Published]:
    with DESIGNS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["suite"] == suite]
    for name, group in groupby(rows, key=lambda row: row["table"]):
        yield Published(name, tuple(group))


def type_of(text: str) -> Any:
    name, _, arguments = text.rstrip(")").partition("(")
    return TYPES[name](*map(int, arguments.split(","))) if arguments else TYPES[name]()


def models(suite: str) -> sa.MetaData:
    """The suite as declarative models. What AWS leaves open (the sort key of a dimension, say) is AUTO."""
    tables = sa.MetaData(naming_convention=NAMING)

    class Own(Base):
        __abstract__ = True
        metadata = tables
        registry = _sa_registry = registry(metadata=tables)

    for one in published(suite):
        primary, sort = one.ordered("primary_key"), one.ordered("sort_key")
        words: dict[str, Any] = {
            "dist": key(one.key) if one.key else all_() if one.is_all else auto(),
            "sort": compound(*sort) if sort else auto_sort(),
            "encode": "by_type",
        }
        comment = f"Table {one.name} of {suite}."
        if primary:
            columns = {row["column"]: declared(row, primary, suite) for row in one.rows}
            make: Any = type(Own)
            make(one.name.title(), (Own,), {"__tablename__": one.name, **columns}, **words, comment=comment)
        else:
            # Without a key there is nothing to map; the other way to say a table.
            words["waive"] = {"WH003": "As published: one row about the generator."}
            plain = [sa.Column(row["column"], type_of(row["type"]), comment="As published.") for row in one.rows]
            sa.Table(one.name, tables, *plain, comment=comment, **table_options(**words))
    return tables


def declared(row: dict[str, str], primary: tuple[str, ...], suite: str) -> Any:
    return column(
        type_of(row["type"]),
        primary_key=row["column"] in primary,
        autoincrement=False,
        nullable=not row["null"],
        comment=f"Column {row['column']} of {suite}.",
    )


@pytest.fixture(params=["TPC-H", "TPC-DS"])
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_they_can_be_said_as_models(suite: str) -> None:
    metadata = models(suite)
    assert len(metadata.tables) == {"TPC-H": 8, "TPC-DS": 25}[suite]
    for one in published(suite):
        read = TableDesign.from_table(metadata.tables[one.name])
        assert [(column.name, column.type) for column in read.columns] == [
            (row["column"], str(parse_type(row["type"]))) for row in one.rows
        ]
        nullable = {row["column"] for row in one.rows if not row["null"]} - set(read.primary_key)
        assert {column.name for column in read.columns if column.nullable} == nullable
        assert set(read.primary_key) == set(one.ordered("primary_key"))
        assert read.sort is not None
        assert read.sort.columns == one.ordered("sort_key")
        assert read.dist is not None
        assert (read.dist.key, read.dist.style == "all") == (one.key, one.is_all)


def test_no_rule_of_severity_error_is_broken(suite: str) -> None:
    assert [str(one) for one in lint(models(suite)) if one.severity == "error"] == []


def test_they_are_created_by_a_migration_and_then_there_is_no_difference(
    project: Any, redshift_url: str, suite: str
) -> None:
    target, metadata = replace(project.settings, url=redshift_url), models(suite)
    assert migrate.revision(target, f"Create {suite}", metadata=metadata).is_file()
    migrate.upgrade(target, metadata=metadata)
    assert migrate.check(target, metadata=metadata) == ()
