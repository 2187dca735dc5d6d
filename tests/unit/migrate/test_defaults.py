"""Defaults as people write them: what a model says is what a table gets, by CREATE, by ADD COLUMN and by a rebuild."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.pool import NullPool

from warehouse import migrate
from warehouse.db import engine as db
from warehouse.errors import DesignError
from warehouse.models import metadata as models
from warehouse.schema import TableDesign, column_options, compound, even, interleaved, table_options
from warehouse.schema.reading import default_clause, default_sql
from warehouse.schema.types import INTERVAL_DAY_TO_SECOND, INTERVAL_YEAR_TO_MONTH

# What the model says, and the value that a row gets.
DEFAULTS: dict[str, tuple[Any, str | None]] = {
    "json": ('{"retries":3,"on":true}', '{"retries":3,"on":true}'),
    "escaped": (sa.text("""'{"a"\\:1}'"""), '{"a":1}'),
    "share": (sa.text("'5%'"), "5%"),
    "shares": ("100%% of 5%", "100%% of 5%"),
    "clock": (sa.text("'12:30::45 :x'".replace(":x", "\\:x")), "12:30::45 :x"),
    "quoted": ("it's :so", "it's :so"),
    "both": ('{"a":"5%", "b":11:}', '{"a":"5%", "b":11:}'),
    "cast": (sa.text("CAST(1 AS integer)::varchar"), "1"),
    "nothing": (sa.text("NULL"), None),
    "slashed": ("C:\\new", "C:\\new"),
}


def designed(*defaults: str, sort: Any = None) -> sa.MetaData:
    made = sa.MetaData(naming_convention=models.naming_convention)
    columns = [
        sa.Column("id", sa.BIGINT, nullable=False, autoincrement=False, comment="N.", **column_options(encode="raw"))
    ]
    for name in defaults:
        options = column_options(encode="zstd")
        default = DEFAULTS[name][0]
        columns.append(
            sa.Column(name, sa.VARCHAR(60), server_default=default, nullable=name == "nothing", comment="D.", **options)
        )
    words = table_options(dist=even(), sort=sort or compound("id"))
    sa.Table("sale", made, *columns, sa.PrimaryKeyConstraint("id"), comment="Sales.", **words)
    return made


def row(engine: sa.Engine, number: int) -> dict[str, str]:
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT * FROM sale WHERE id = :id"), {"id": number}).one()
    return {name: value for name, value in found._mapping.items() if name != "id"}


@pytest.mark.parametrize("way", ["create", "add"])
def test_a_default_is_what_the_model_says(project: Any, redshift_url: str, way: str) -> None:
    target = replace(project.settings, url=redshift_url)
    engine = db.connect(target, poolclass=NullPool)
    wanted = {name: value for name, (_, value) in DEFAULTS.items()}

    def migrated(metadata: sa.MetaData, message: str) -> None:
        assert migrate.revision(target, message, metadata=metadata).is_file()
        migrate.upgrade(target, metadata=metadata)
        assert migrate.check(target, metadata=metadata) == ()

    migrated(designed(*(DEFAULTS if way == "create" else ())), "First")
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO sale (id) VALUES (1)"))
    if way == "add":
        migrated(designed(*DEFAULTS), "Defaults")
    assert row(engine, 1) == wanted
    migrated(designed(*DEFAULTS, sort=interleaved("id")), "Rebuilt")
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO sale (id) VALUES (2)"))
    assert (row(engine, 1), row(engine, 2)) == (wanted, wanted)
    migrate.downgrade(target, "-1", metadata=designed(*DEFAULTS))
    assert row(engine, 2) == wanted
    engine.dispose()


def test_a_default_with_parameters_is_refused() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.VARCHAR(9), server_default=sa.text("""'{"n":1,"m":2}'""")))
    with pytest.raises(DesignError, match=r"column a: its default .* has the parameters :1, :2.*Write \\:1, \\:2"):
        TableDesign.from_table(table)


@given(st.text(alphabet="a1:\\%'\"$ ", max_size=12))
def test_the_clause_of_a_default_says_what_was_said(text: str) -> None:
    assert default_sql(sa.DefaultClause(default_clause(text))) == text


def test_intervals_come_and_go(project: Any, redshift_url: str) -> None:
    target = replace(project.settings, url=redshift_url)

    def of(*kinds: Any, comment: str = "I.") -> sa.MetaData:
        made = designed()
        for number, kind in enumerate(kinds):
            made.tables["sale"].append_column(
                sa.Column(f"i{number}", kind, comment=comment, **column_options(encode="raw"))
            )
        return made

    both = (INTERVAL_YEAR_TO_MONTH, INTERVAL_DAY_TO_SECOND)
    worlds = (of(), of(*both), of(*both, comment="J."), of(), sa.MetaData())
    for number, metadata in enumerate(worlds):
        assert migrate.revision(target, f"Step {number}", metadata=metadata).is_file()
        migrate.upgrade(target, metadata=metadata)
        assert migrate.check(target, metadata=metadata) == ()
    migrate.downgrade(target, "base", metadata=sa.MetaData())
