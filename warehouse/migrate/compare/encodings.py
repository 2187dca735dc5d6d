"""Encodings. A column without one, and every column of a table that says ENCODE AUTO, has no opinion."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.migrate.compare.difference import Difference, InPlace, Pair, Phase, Rebuild
from warehouse.migrate.ops.alter_encoding import AlterEncodingOp


def differences(pair: Pair) -> Iterator[Difference]:
    """ALTER COLUMN … ENCODE, or why the table must be built anew."""
    if pair.declared.encode == "auto":
        return
    sort = pair.real.design.sort
    for declared, real in pair.columns():
        if declared.encode is None or declared.encode == real.encode:
            continue
        if sort is not None and sort.style == "interleaved":
            yield Rebuild(f"{real.name}: the encoding becomes {declared.encode} under an interleaved sort key")
        else:
            change = AlterEncodingOp(
                pair.name, real.name, declared.encode, schema=pair.schema, existing_encode=real.encode
            )
            yield InPlace(Phase.ENCODE, change)
