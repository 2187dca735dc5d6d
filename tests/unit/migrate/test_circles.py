"""Tables that refer to each other: made, compared and removed, though neither can come first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from warehouse import migrate
from warehouse.models import metadata as models
from warehouse.schema import column_options, even, table_options, unsorted


def circle(*names: str) -> sa.MetaData:
    """Each table refers to the next one, and the last to the first; and each to itself."""
    made = sa.MetaData(naming_convention=models.naming_convention)
    for at, name in enumerate(names):
        after = names[(at + 1) % len(names)]
        columns = [
            sa.Column(
                one, sa.BIGINT, autoincrement=False, comment="N.", nullable=one != "id", **column_options(encode=kind)
            )
            for one, kind in (("id", "raw"), ("next", "az64"), ("parent", "az64"))
        ]
        keys = [sa.ForeignKeyConstraint(["next"], [f"{after}.id"]), sa.ForeignKeyConstraint(["parent"], [f"{name}.id"])]
        words = table_options(dist=even(), sort=unsorted())
        sa.Table(name, made, *columns, sa.PrimaryKeyConstraint("id"), *keys, comment="C.", **words)
    return made


@pytest.mark.parametrize("names", [("alpha", "beta"), ("alpha", "beta", "gamma")])
@pytest.mark.filterwarnings("error")
def test_tables_in_a_circle(project: Any, redshift_url: str, names: tuple[str, ...]) -> None:
    target, whole, empty = replace(project.settings, url=redshift_url), circle(*names), sa.MetaData()
    for metadata in (whole, empty, whole):
        migrate.revision(target, f"With {len(metadata.tables)}", metadata=metadata)
        migrate.upgrade(target, metadata=metadata)
        assert migrate.check(target, metadata=metadata) == ()
    migrate.downgrade(target, "-2", metadata=whole)
    migrate.downgrade(target, "base", metadata=empty)
