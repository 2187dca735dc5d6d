"""From a design back to SQLAlchemy: the table that a design describes, for the reverse of what autogenerate finds.

What a revision's `downgrade()` creates again comes from the catalog, and so from a frozen design; Alembic's operations
want a `sqlalchemy.Table`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from warehouse.redshift.types import parse_type
from warehouse.schema import types
from warehouse.schema.base import NAMING
from warehouse.schema.design import ColumnDesign, TableDesign
from warehouse.schema.grants import plain_grants
from warehouse.schema.options import column_options, table_options
from warehouse.schema.reading import default_clause

_TYPES: Mapping[str, Callable[..., Any]] = {
    "smallint": types.SMALLINT,
    "integer": types.INTEGER,
    "bigint": types.BIGINT,
    "numeric": types.DECIMAL,
    "real": types.REAL,
    "double precision": types.DOUBLE_PRECISION,
    "boolean": types.BOOLEAN,
    "character": types.CHAR,
    "character varying": types.VARCHAR,
    "date": types.DATE,
    "time without time zone": types.TIME,
    "time with time zone": types.TIMETZ,
    "timestamp without time zone": types.TIMESTAMP,
    "timestamp with time zone": types.TIMESTAMPTZ,
    "super": types.SUPER,
    "binary varying": types.VARBYTE,
    "geometry": types.GEOMETRY,
    "geography": types.GEOGRAPHY,
    "hllsketch": types.HLLSKETCH,
    "interval year to month": types.INTERVAL_YEAR_TO_MONTH,
    "interval day to second": types.INTERVAL_DAY_TO_SECOND,
}


def type_of(text: str) -> Any:
    """A type of SQLAlchemy from the catalog's spelling, or any other. Raises TypeRefused."""
    found = parse_type(text)
    return _TYPES[found.name](*found.arguments)


def column_of(design: ColumnDesign) -> sa.Column[Any]:
    """The column that this design describes."""
    options = column_options(
        encode=design.encode,
        identity=design.identity,
        identity_by_default=design.identity_by_default,
        collate=design.collate,
        pii=design.pii,
        doc=design.doc,
    )
    default = None if design.default is None else default_clause(design.default)
    return sa.Column(
        design.name,
        type_of(design.type),
        nullable=design.nullable,
        server_default=default,
        comment=design.comment,
        autoincrement=False,
        **options,
    )


def table_of(design: TableDesign, metadata: sa.MetaData | None = None, *, primary_key_name: str = "") -> sa.Table:
    """The table that this design describes. Tables that its foreign keys name need not be known."""
    options = table_options(
        dist=design.dist,
        sort=design.sort,
        encode=design.encode,
        backup=design.backup,
        owner=design.owner,
        grants=plain_grants_of(design),
        shape=design.shape,
        doc=design.doc,
        waive=design.waivers,
    )
    constraints: list[Any] = []
    if design.primary_key:
        constraints.append(sa.PrimaryKeyConstraint(*design.primary_key, name=primary_key_name or None))
    constraints += [sa.UniqueConstraint(*columns) for columns in design.unique_keys]
    for key in design.foreign_keys:
        targets = [f"{key.ref_table}.{column}" for column in key.ref_columns]
        constraints.append(sa.ForeignKeyConstraint(key.columns, targets, name=key.name, link_to_name=True))
    return sa.Table(
        design.name,
        sa.MetaData(naming_convention=NAMING) if metadata is None else metadata,
        *(column_of(column) for column in design.columns),
        *constraints,
        schema=design.schema,
        comment=design.comment,
        **options,
    )


def plain_grants_of(design: TableDesign) -> dict[str, list[str]] | None:
    """The grants as plain data; None when the design has no opinion, or nobody has any."""
    return plain_grants(design.grants) if design.grants else None
