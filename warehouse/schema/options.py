"""The words a model says its physical design in.

    class Sale(Base, dist=key("customer_key"), sort=compound("sold_at"), comment="One row per line of a receipt."):
        __tablename__ = "fact_sale"
        sold_at: Mapped[datetime] = column(TIMESTAMP, encode="raw", comment="UTC.")

and, for a Core table: `sa.Table("fact_sale", metadata, …, **table_options(dist=even(), sort=unsorted()))`.

They become plain `redshift_*` arguments of sqlalchemy-redshift wherever that dialect can express them, so the
unmodified dialect compiles them. Its gaps (AUTO; "no sort key, on purpose") go to `Table.info["warehouse"]`: to
Redshift AUTO is what an omitted clause means, and a table without a sort key is one that never got SORTKEY, so
nothing needs to be printed for either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import MappedColumn, mapped_column

from warehouse.errors import DesignError
from warehouse.schema.design import INFO, Distribution, SortKey


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
    waive: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The design as arguments of `sqlalchemy.Table`: `redshift_*` where the dialect has a word, `info` where it has
    none."""
    arguments: dict[str, Any] = {}
    own: dict[str, Any] = {}
    if dist is not None:
        _expect(dist, Distribution, "dist", 'key("…"), even(), all_() or auto()')
        if dist.style == "auto":
            own["dist"] = "auto"
        else:
            arguments["redshift_diststyle"] = dist.style.upper()
        if dist.key:
            arguments["redshift_distkey"] = dist.key
    if sort is not None:
        _expect(sort, SortKey, "sort", 'compound("…"), interleaved("…"), auto_sort() or unsorted()')
        if sort.style == "compound":
            arguments["redshift_sortkey"] = list(sort.columns)
        elif sort.style == "interleaved":
            arguments["redshift_interleaved_sortkey"] = list(sort.columns)
        else:
            own["sort"] = sort.style
    if waive:
        own["waivers"] = dict(waive)
    if own:
        arguments["info"] = {INFO: own}
    return arguments


def column(
    type_: Any,
    *arguments: Any,
    encode: str | None = None,
    identity: tuple[int, int] | None = None,
    identity_by_default: bool = False,
    comment: str | None = None,
    **options: Any,
) -> MappedColumn[Any]:
    """A mapped column with its physical design; everything else is passed on to `mapped_column`.

    `encode` compresses it ("raw" for no compression); `identity=(seed, step)` numbers the rows: unique, but neither
    dense nor in order. An identity column is NOT NULL, and an INSERT that leaves it out is right: Redshift has no way
    to read the number back.
    """
    if encode is not None:
        options["redshift_encode"] = encode
    if identity_by_default:
        if identity is None:
            raise DesignError("identity_by_default without identity.", next_step="Say identity=(seed, step) as well.")
        options["info"] = {**options.get("info", {}), INFO: {"identity_by_default": True}}
    if identity is not None:
        options["redshift_identity"] = tuple(identity)
        options["nullable"] = False
        # Tells SQLAlchemy that the server fills it; without, an INSERT would ask for a sequence, which Redshift has
        # not.
        options.setdefault("server_default", sa.FetchedValue())
    return mapped_column(type_, *arguments, comment=comment, **options)


def _expect(value: object, kind: type, argument: str, words: str) -> None:
    if not isinstance(value, kind):
        raise DesignError(f"{argument}={value!r} is not understood.", next_step=f"Say {argument}={words}.")
