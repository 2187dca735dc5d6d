"""Distribution and sort key. AUTO, or nothing declared, means no opinion: no difference.

An interleaved sort key stands in the way of nearly everything: Redshift makes none in place, and changes neither
distribution nor encodings while there is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.migrate.compare.difference import Difference, InPlace, Pair, Phase, Rebuild
from warehouse.migrate.ops.alter_distribution import AlterDistributionOp
from warehouse.migrate.ops.alter_sort_key import AlterSortKeyOp
from warehouse.redshift.encodings import RAW
from warehouse.schema.design import Distribution, SortKey


def differences(pair: Pair) -> Iterator[Difference]:
    """ALTER DISTSTYLE and ALTER SORTKEY, or why the table must be built anew."""
    yield from _sort(pair)
    yield from _distribution(pair)


def _sort(pair: Pair) -> Iterator[Difference]:
    wanted, real = pair.declared.sort, pair.real.design.sort
    assert real is not None
    gone = {column.name for column in pair.real.design.columns} - {column.name for column in pair.declared.columns}
    if wanted is None or not sort_key_differs(wanted, real):
        # Redshift drops no column of a sort key, not even of one that it chose itself under AUTO.
        if gone & set(real.columns) and real.style == "interleaved":
            yield Rebuild(f"{', '.join(sorted(gone & set(real.columns)))} goes, a part of the sort key {real}")
        elif gone & set(real.columns):
            yield _sorted(pair, SortKey("none"), real)
            if wanted is not None and wanted.style == "auto":
                yield _sorted(pair, wanted, SortKey("none"))
        return
    if wanted.style == "interleaved":
        yield Rebuild(f"the sort key becomes {wanted}")
    elif real.style == "interleaved":
        yield Rebuild(f"the sort key {real} becomes {wanted}, which could not be undone in place")
    else:
        yield _sorted(pair, wanted, real)


def _sorted(pair: Pair, new: SortKey, old: SortKey) -> InPlace:
    change = AlterSortKeyOp(
        pair.name,
        new,
        old,
        schema=pair.schema,
        encode={} if pair.declared.encode == "auto" else _kept(pair, new),
        existing_encode=_kept(pair, old),
    )
    return InPlace(Phase.SORT, change)


def _kept(pair: Pair, sort: SortKey) -> dict[str, str]:
    """The encodings of the sort key's columns, which Redshift makes raw under ENCODE AUTO; whether a table is under it
    the catalog does not say. They are those of this moment: what changes an encoding comes later, and goes back before.
    """
    columns = (pair.real.design.column(name) or pair.declared.column(name) for name in sort.columns)
    return {one.name: one.encode for one in columns if one is not None and one.encode not in (None, RAW)}


def _distribution(pair: Pair) -> Iterator[Difference]:
    wanted, real = pair.declared.dist, pair.real.design.dist
    assert real is not None
    if wanted is None or not distribution_differs(wanted, real):
        if real.key is not None and all(column.name != real.key for column in pair.declared.columns):
            yield InPlace(
                Phase.DISTRIBUTE, AlterDistributionOp(pair.name, Distribution("auto"), real, schema=pair.schema)
            )
        return
    sort = pair.real.design.sort
    if sort is not None and sort.style == "interleaved":
        yield Rebuild(f"the distribution becomes {wanted} under an interleaved sort key")
    else:
        yield InPlace(Phase.DISTRIBUTE, AlterDistributionOp(pair.name, wanted, real, schema=pair.schema))


def distribution_differs(declared: Distribution, real: Distribution) -> bool:
    """Does the declared distribution have an opinion that the real one does not meet?"""
    return declared.style != "auto" and declared != real


def sort_key_differs(declared: SortKey, real: SortKey) -> bool:
    """Does the declared sort key have an opinion that the real one does not meet?"""
    return declared.style != "auto" and declared != real
