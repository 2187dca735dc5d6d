"""`alembic_view`: what each view was made from, because no warehouse tells a view as it was written.

The catalog rewrites a bound view (names qualified, casts spelled out), so a model's text could never be compared with
it. A migration that makes a view writes its design here, in the same transaction, together with a digest of what the
catalog said right then; a view that somebody replaced by hand has another digest.
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from warehouse.db.catalog import Key, read_catalog
from warehouse.migrate.execution.history import creation
from warehouse.schema.design import Distribution, SortKey, ViewDesign

NAME = "alembic_view"


@dataclass(frozen=True)
class Record:
    """A view as a migration made it. `seen` is the digest of the catalog's text then; None when nobody looked."""

    design: ViewDesign
    seen: str | None


def table(schema: str | None = None) -> sa.Table:
    """The table, a few rows on every node."""

    def column(name: str, type_: Any, comment: str, *, null: bool = False) -> sa.Column[Any]:
        return sa.Column(name, type_, nullable=null, comment=comment, redshift_encode="raw")

    return sa.Table(
        NAME,
        sa.MetaData(),
        column("schema_name", sa.VARCHAR(127), "The view's schema; empty for the one of unqualified names."),
        column("view_name", sa.VARCHAR(127), "The view."),
        column("design", sa.VARCHAR(65535), "What it was made from (JSON)."),
        column("seen", sa.VARCHAR(64), "Digest of the catalog's text when it was made.", null=True),
        sa.PrimaryKeyConstraint("schema_name", "view_name", name=f"{NAME}_pkey"),
        schema=schema,
        comment="Written by warehouse.migrate: what each view was made from.",
        redshift_diststyle="ALL",
    )


def records(connection: sa.Connection, schema: str | None = None) -> dict[Key, Record]:
    """What is written down; empty where no migration has made a view."""
    if not sa.inspect(connection).has_table(NAME, schema=schema):
        return {}
    rows = connection.execute(sa.select(table(schema))).all()
    return {(row.schema_name or None, row.view_name): Record(read(row), row.seen) for row in rows}


def recorded(connection: sa.Connection, schema: str | None = None) -> Mapping[Key, ViewDesign]:
    """The designs alone."""
    return {key: record.design for key, record in records(connection, schema).items()}


def written(design: ViewDesign) -> str:
    """What makes a view this one and no other, as text: its query, its kind, its physical design."""
    said: dict[str, Any] = {"kind": design.kind, "query": design.query}
    if design.dist is not None:
        said["dist"] = [design.dist.style, design.dist.key]
    if design.sort is not None:
        said["sort"] = [design.sort.style, *design.sort.columns]
    if design.auto_refresh:
        said["auto_refresh"] = True
    if not design.backup:
        said["backup"] = False
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def read(row: Any) -> ViewDesign:
    """The design of a row of the table."""
    said = json.loads(row.design)
    dist, sort = said.get("dist"), said.get("sort")
    return ViewDesign(
        row.view_name,
        said["query"],
        said["kind"],
        schema=row.schema_name or None,
        dist=Distribution(*dist) if dist else None,
        sort=SortKey(sort[0], tuple(sort[1:])) if sort else None,
        auto_refresh=said.get("auto_refresh", False),
        backup=said.get("backup", True),
    )


def write(impl: Any, design: ViewDesign) -> None:
    """Write down what a view was made from; part of the op that makes it."""
    made = table(impl.version_schema)
    seen = None
    if not impl.as_sql:
        text = _text(impl.connection, design)
        seen = None if text is None else digest(text)
    for statement in (
        *_making(impl, made),
        _forget(made, design),
        made.insert().values(
            schema_name=design.schema or "", view_name=design.name, design=written(design), seen=seen or sa.null()
        ),
    ):
        impl._exec(statement)


def forget(impl: Any, design: ViewDesign) -> None:
    """A view is gone; part of the op that drops it."""
    made = table(impl.version_schema)
    for statement in (*_making(impl, made), _forget(made, design)):
        impl._exec(statement)


def _making(impl: Any, made: sa.Table) -> Sequence[sa.Executable]:
    """What makes the table where it is missing; a script says so once."""
    if impl.as_sql:
        is_said = impl.memo.setdefault(NAME, False)
        impl.memo[NAME] = True
        return () if is_said else creation(made)
    is_there = sa.inspect(impl.connection).has_table(NAME, schema=made.schema)
    return () if is_there else creation(made)


def with_rights(connection: sa.Connection, design: ViewDesign) -> ViewDesign:
    """The design with the owner, the rights and the comment that the view of this name has, where it says nothing."""
    catalog = read_catalog(connection, [design.schema])
    found = catalog.views.get((design.schema, design.name))
    if found is None:
        return design
    return replace(
        design,
        owner=design.owner or (found.owner if found.owner != catalog.user else None),
        grants=design.grants if design.grants is not None else found.grants,
        comment=design.comment if design.comment is not None else found.comment,
    )


def _forget(made: sa.Table, design: ViewDesign) -> sa.Delete:
    return made.delete().where(made.c.schema_name == (design.schema or ""), made.c.view_name == design.name)


def _text(connection: sa.Connection, design: ViewDesign) -> str | None:
    catalog = read_catalog(connection, [design.schema])
    found = catalog.views.get((design.schema, design.name))
    return None if found is None else found.text


def digest(text: str) -> str:
    """A digest of the catalog's text of a view."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
