"""What the warehouse's catalog says about a table's design, in the words of the models.

The dialect reflects an encoding into `Column.info` (so that reflect → create loses it), an identity as a default, AUTO
as nothing at all, and asks once per table. Here one query answers for a whole schema, and a reflected Table is
completed so that it renders as it was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext

from warehouse.db.system import CatalogColumn, parse_identity, schema_columns
from warehouse.schema.design import Distribution, SortKey


@dataclass(frozen=True)
class PhysicalDesign:
    """Distribution, sort key, encodings and identities of one table of the warehouse.

    A sort key that is absent is `SortKey("none")`: the catalog does not tell AUTO without a key from NONE.
    """

    dist: Distribution
    sort: SortKey
    encodings: Mapping[str, str]
    identities: Mapping[str, tuple[int, int]]


def physical_designs(connection: sa.Connection, schema: str | None) -> dict[str, PhysicalDesign]:
    """The design of every table of a schema (None: the default one), in one query."""
    return {table: _design(columns) for table, columns in schema_columns(connection, schema).items()}


def physical_design(context: AutogenContext, schema: str | None, table: str) -> PhysicalDesign | None:
    """One table's design; the schema's answer is kept for the length of one autogenerate run."""
    cache: dict[str | None, dict[str, PhysicalDesign]] = context.inspector.info_cache.setdefault(
        "warehouse.designs", {}
    )
    if schema not in cache:
        assert context.connection is not None
        cache[schema] = physical_designs(context.connection, schema)
    return cache[schema].get(table)


def complete_column(column_info: dict[str, Any]) -> None:
    """Turn what the dialect reflected about one column into the `redshift_*` arguments that made it."""
    options: dict[str, Any] = column_info.setdefault("dialect_options", {})
    info: dict[str, Any] = dict(column_info.get("info") or {})
    options["redshift_encode"] = info.pop("encode", None) or "raw"
    identity = parse_identity(column_info.get("default"))
    if identity is not None:
        options["redshift_identity"], by_default = identity
        column_info["default"] = None
        if by_default:
            info["warehouse"] = {"identity_by_default": True}
    column_info["info"] = info


def complete_table(table: sa.Table, design: PhysicalDesign) -> None:
    """Give a reflected table the design that the dialect leaves out, so that it can be created again as it was."""
    options = table.dialect_options["redshift"]
    options["diststyle"] = None if design.dist.style == "auto" else design.dist.style.upper()
    options["distkey"] = design.dist.key
    interleaved = design.sort.style == "interleaved"
    options["sortkey"] = None if interleaved else design.sort.columns or None
    options["interleaved_sortkey"] = design.sort.columns if interleaved else None
    ours = dict(table.info.get("warehouse") or {})
    if design.dist.style == "auto":
        ours["dist"] = "auto"
    if not design.sort.columns:
        # Not told apart by the catalog, and AUTO is what an absent key becomes when nobody says NONE.
        ours["sort"] = "auto"
    if ours:
        table.info["warehouse"] = ours


def _design(columns: Sequence[CatalogColumn]) -> PhysicalDesign:
    keys = [column.name for column in columns if column.is_distkey]
    style = columns[0].dist_style
    ordered = sorted((column for column in columns if column.sort_order), key=lambda column: column.sort_order)
    sort_columns = tuple(column.name for column in ordered)
    if not sort_columns:
        sort = SortKey("none", ())
    else:
        sort = SortKey("interleaved" if any(column.interleaved for column in ordered) else "compound", sort_columns)
    return PhysicalDesign(
        # DISTSTYLE KEY without a key column in the catalog is not to be had; AUTO is the answer without an opinion.
        dist=Distribution("key", keys[0]) if keys else Distribution("auto" if style == "key" else style),
        sort=sort,
        encodings={column.name: column.encode for column in columns},
        identities={column.name: column.identity for column in columns if column.identity is not None},
    )
