"""The words a model says its physical design in.

    class Sale(Base, dist=key("customer_key"), sort=compound("sold_at"), comment="One row per line of a receipt."):
        __tablename__ = "fact_sale"
        sold_at: Mapped[datetime] = column(TIMESTAMP, encode="raw", comment="UTC.")

and, for a Core table: `sa.Table("fact_sale", metadata, …, **table_options(dist=even(), sort=unsorted()))`.

They become plain `redshift_*` arguments of sqlalchemy-redshift wherever that dialect can express them, so the
unmodified dialect compiles them. What it has no word for goes to `Table.info["warehouse"]` (design.py lists it), which
the dialect of our own engines reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import MappedColumn, mapped_column

from warehouse.errors import DesignError
from warehouse.redshift.encodings import default_encoding
from warehouse.schema.design import COLLATIONS, INFO, Collation, Distribution, SortKey
from warehouse.schema.grants import Grants, plain_grants, read_grants
from warehouse.schema.reading import read_table

Encode = Literal["auto", "by_type"]


def key(column: str) -> Distribution:
    """DISTSTYLE KEY: rows with the same value share a slice, so joins on that column need no network."""
    return Distribution("key", column)


def even() -> Distribution:
    """DISTSTYLE EVEN: round robin. For tables that are not joined, or have no even key."""
    return Distribution("even")


def all_() -> Distribution:
    """DISTSTYLE ALL: a copy on every node. For small, slowly changing dimensions."""
    return Distribution("all")


def auto() -> Distribution:
    """DISTSTYLE AUTO: Redshift decides and may change its mind. A decision, unlike saying nothing."""
    return Distribution("auto")


def compound(*columns: str) -> SortKey:
    """COMPOUND SORTKEY: helps filters on a prefix of these columns; the most filtered one first."""
    return SortKey("compound", columns)


def interleaved(*columns: str) -> SortKey:
    """INTERLEAVED SORTKEY: equal weight for each column. Costs VACUUM REINDEX and forbids most in-place changes."""
    return SortKey("interleaved", columns)


def auto_sort() -> SortKey:
    """SORTKEY AUTO: Redshift decides. It may pick a column, which then cannot be dropped before ALTER SORTKEY NONE."""
    return SortKey("auto")


def unsorted() -> SortKey:
    """No sort key, on purpose."""
    return SortKey("none")


def table_options(
    *,
    dist: Distribution | None = None,
    sort: SortKey | None = None,
    encode: Encode | None = None,
    backup: bool = True,
    owner: str | None = None,
    grants: Grants | None = None,
    shape: str | None = None,
    doc: str | None = None,
    waive: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The design as arguments of `sqlalchemy.Table`: `redshift_*` where the dialect has a word, `info` where it has
    none.

    `encode="auto"` is ENCODE AUTO of the table; `encode="by_type"` gives every column without an encoding the one
    that Redshift documents for its type. `grants` are the whole list apart from the owner's (grants.py).
    """
    arguments: dict[str, Any] = {}
    own = {**_dist_options(dist, arguments), **_sort_options(sort, arguments)}
    if encode not in (None, "auto", "by_type"):
        raise DesignError(f"encode={encode!r} is not understood.", next_step='Say encode="auto" or encode="by_type".')
    if encode == "auto":
        own["encode"] = "auto"
    elif encode == "by_type":
        arguments["listeners"] = [("after_parent_attach", _fill_encodings)]
    _expect(backup, bool, "backup", "False, for BACKUP NO, or leave it out")
    if not backup:
        own["backup"] = False
    if grants is not None:
        own["grants"] = plain_grants(read_grants(grants))
    if waive:
        own["waivers"] = dict(waive)
    own |= {word: said for word, said in (("owner", owner), ("shape", shape), ("doc", doc)) if said}
    if own:
        arguments["info"] = {INFO: own}
    return arguments


def _dist_options(dist: Distribution | None, arguments: dict[str, Any]) -> dict[str, Any]:
    if dist is None:
        return {}
    _expect(dist, Distribution, "dist", 'key("…"), even(), all_() or auto()')
    if dist.style == "auto":
        return {"dist": "auto"}
    arguments["redshift_diststyle"] = dist.style.upper()
    if dist.key:
        arguments["redshift_distkey"] = dist.key
    return {}


def _sort_options(sort: SortKey | None, arguments: dict[str, Any]) -> dict[str, Any]:
    if sort is None:
        return {}
    _expect(sort, SortKey, "sort", 'compound("…"), interleaved("…"), auto_sort() or unsorted()')
    if not sort.columns:
        return {"sort": sort.style}
    name = "redshift_interleaved_sortkey" if sort.style == "interleaved" else "redshift_sortkey"
    arguments[name] = list(sort.columns)
    return {}


def _fill_encodings(table: sa.Table, metadata: sa.MetaData) -> None:
    """Give each column without an encoding the one that Redshift documents for its type: raw for the sort key.

    https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
    """
    design = read_table(table)
    sorted_by = design.sort.columns if design.sort else ()
    for column in design.columns:
        if column.encode is None:
            usual = default_encoding(column.redshift_type.name, sort_key=column.name in sorted_by)
            table.c[column.name].dialect_options["redshift"]["encode"] = usual


def column(
    type_: Any,
    *arguments: Any,
    encode: str | None = None,
    identity: tuple[int, int] | None = None,
    identity_by_default: bool = False,
    collate: Collation | None = None,
    pii: str | None = None,
    comment: str | None = None,
    doc: str | None = None,
    **options: Any,
) -> MappedColumn[Any]:
    """A mapped column with its physical design; everything else is passed on to `mapped_column`.

    `encode` compresses it ("raw" for no compression); `identity=(seed, step)` numbers the rows: unique, but neither
    dense nor in order, and with `identity_by_default` a caller may give numbers of its own. An identity column is NOT
    NULL, and an INSERT that leaves it out is right: Redshift has no way to read the number back. `pii` says which
    personal data it holds; `doc` is for the data dictionary, `comment` for the warehouse as well.
    """
    design = column_options(
        encode=encode,
        identity=identity,
        identity_by_default=identity_by_default,
        collate=collate,
        pii=pii,
        doc=doc,
    )
    if identity is not None:
        options["nullable"] = False
        # Tells SQLAlchemy that the server fills it; without, an INSERT would ask for a sequence, which Redshift has
        # not.
        options.setdefault("server_default", sa.FetchedValue())
    if "info" in design:
        design["info"] = {**options.pop("info", {}), **design["info"]}
    return mapped_column(type_, *arguments, comment=comment, **design, **options)


def column_options(
    *,
    encode: str | None = None,
    identity: tuple[int, int] | None = None,
    identity_by_default: bool = False,
    collate: Collation | None = None,
    pii: str | None = None,
    doc: str | None = None,
) -> dict[str, Any]:
    """The design of a column as arguments of `sqlalchemy.Column`, as `table_options` gives them for a table."""
    arguments: dict[str, Any] = {}
    if encode is not None:
        arguments["redshift_encode"] = encode
    if identity is not None:
        pair = isinstance(identity, Sequence) and len(identity) == 2 and all(type(one) is int for one in identity)
        if not pair:
            raise DesignError(f"identity={identity!r} is not understood.", next_step="Say identity=(seed, step).")
        arguments["redshift_identity"] = tuple(identity)
    elif identity_by_default:
        raise DesignError("identity_by_default without identity.", next_step="Say identity=(seed, step) as well.")
    if collate not in (None, *COLLATIONS):
        raise DesignError(f"collate={collate!r} is not understood.", next_step=f"Say one of {', '.join(COLLATIONS)}.")
    if pii is not None:
        _expect(pii, str, "pii", '"email" or another word for what it tells of a person')
    said = (("identity_by_default", identity_by_default), ("collate", collate), ("pii", pii), ("doc", doc))
    if own := {word: value for word, value in said if value}:
        arguments["info"] = {INFO: own}
    return arguments


def _expect(value: object, kind: type, argument: str, words: str) -> None:
    if not isinstance(value, kind):
        raise DesignError(f"{argument}={value!r} is not understood.", next_step=f"Say {argument}={words}.")
