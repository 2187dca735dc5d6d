"""The SQL of what a model declares beyond CREATE TABLE's columns: table attributes, owner, grants, views.

Pure text; `preparer` is a dialect's identifier preparer. `metadata.create_all` on one of our engines runs them
(warehouse/db/create.py), and so may a migration.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from warehouse.schema.design import Distribution, SortKey, TableDesign, ViewDesign
from warehouse.schema.grants import Grant


def table_attributes(
    preparer: Any, dist: Distribution | None, sort: SortKey | None, *, encode_auto: bool = False, backup: bool = True
) -> str:
    """The attributes after the closing bracket of CREATE TABLE, each with a leading blank; '' when nothing is declared.

    `SortKey("none")` writes nothing: CREATE TABLE has no word for it (see `after_create`).
    """
    words: list[str] = []
    if not backup:
        words.append("BACKUP NO")
    if dist is not None:
        words.append(f"DISTSTYLE {dist.style.upper()}")
        if dist.key is not None:
            words.append(f"DISTKEY ({preparer.quote(dist.key)})")
    if sort is not None and sort.style == "auto":
        words.append("SORTKEY AUTO")
    elif sort is not None and sort.columns:
        kind = "INTERLEAVED " if sort.style == "interleaved" else ""
        words.append(f"{kind}SORTKEY ({', '.join(preparer.quote(name) for name in sort.columns)})")
    if encode_auto:
        words.append("ENCODE AUTO")
    return "".join(f" {word}" for word in words)


def qualified_name(preparer: Any, schema: str | None, name: str) -> str:
    """The quoted name, with its schema if it has one."""
    quoted: str = preparer.quote(name)
    return f"{preparer.quote_schema(schema)}.{quoted}" if schema else quoted


def create_view(preparer: Any, view: ViewDesign) -> str:
    """CREATE VIEW or CREATE MATERIALIZED VIEW."""
    name = qualified_name(preparer, view.schema, view.name)
    if view.kind == "materialized":
        attributes = table_attributes(preparer, view.dist, view.sort, backup=view.backup)
        refresh = " AUTO REFRESH YES" if view.auto_refresh else ""
        return f"CREATE MATERIALIZED VIEW {name}{attributes}{refresh} AS\n{view.query}"
    binding = "\nWITH NO SCHEMA BINDING" if view.kind == "late_binding" else ""
    return f"CREATE VIEW {name} AS\n{view.query}{binding}"


def drop_view(preparer: Any, view: ViewDesign, *, if_exists: bool = False) -> str:
    """DROP VIEW or DROP MATERIALIZED VIEW."""
    kind = "MATERIALIZED VIEW" if view.kind == "materialized" else "VIEW"
    return f"DROP {kind} {'IF EXISTS ' if if_exists else ''}{qualified_name(preparer, view.schema, view.name)}"


def after_create(preparer: Any, design: TableDesign | ViewDesign) -> Iterator[str]:
    """What CREATE has no words for: no sort key on purpose, the grants, and last the owner: a new owner grants anew."""
    name = qualified_name(preparer, design.schema, design.name)
    if isinstance(design, TableDesign) and design.sort is not None and design.sort.style == "none":
        # CREATE TABLE without a sort key means SORTKEY AUTO.
        yield f"ALTER TABLE {name} ALTER SORTKEY NONE"
    for one in design.grants or ():
        yield grant(preparer, name, one)
    if design.owner is not None:
        yield f"ALTER TABLE {name} OWNER TO {preparer.quote(design.owner)}"


def grant(preparer: Any, name: str, one: Grant) -> str:
    """GRANT on a table or view whose quoted name is `name`."""
    return f"GRANT {', '.join(one.privileges).upper()} ON {name} TO {one.to(preparer)}"


def revoke(preparer: Any, name: str, one: Grant) -> str:
    """REVOKE, the reverse of `grant`."""
    return f"REVOKE {', '.join(one.privileges).upper()} ON {name} FROM {one.to(preparer)}"
