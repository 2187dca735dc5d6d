"""The models of a large warehouse, in the words of sqlalchemy-redshift, which everybody understands."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

# Type and encoding, repeated over the columns.
KINDS: tuple[tuple[sa.types.TypeEngine[Any], str], ...] = (
    (sa.Integer(), "az64"),
    (sa.String(80), "zstd"),
    (sa.DateTime(), "az64"),
    (sa.Numeric(12, 2), "az64"),
    (sa.Boolean(), "raw"),
)


def models(tables: int, columns: int) -> sa.MetaData:
    """Tables with keys, encodings and comments, each but the first with a foreign key to the one before."""
    metadata = sa.MetaData()
    for number in range(tables):
        before = [sa.ForeignKey(f"table_{number - 1}.id", name=f"table_{number}_fkey")] if number else []
        first = sa.Column("id", sa.BigInteger, *before, autoincrement=False, redshift_encode="raw", comment="Key.")
        rest = []
        for at in range(columns - 1):
            kind, encode = KINDS[at % len(KINDS)]
            rest.append(sa.Column(f"value_{at}", kind, redshift_encode=encode, comment="A value."))
        key = sa.PrimaryKeyConstraint("id", name=f"table_{number}_pkey")
        design = {"redshift_diststyle": "KEY", "redshift_distkey": "id", "redshift_sortkey": "id"}
        sa.Table(f"table_{number}", metadata, first, *rest, key, comment="One row per thing.", **design)
    return metadata
