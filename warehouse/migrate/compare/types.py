"""Types, in Redshift's spelling (VARCHAR in bytes). Only the length of a VARCHAR changes in place, and not always."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.migrate.compare.difference import Difference, InPlace, Pair, Phase, Rebuild
from warehouse.migrate.ops.widen_varchar import ResizeVarcharOp
from warehouse.redshift.encodings import NOT_WIDENABLE
from warehouse.schema.design import ColumnDesign


def differences(pair: Pair) -> Iterator[Difference]:
    """ALTER COLUMN TYPE for VARCHARs, or why the table must be built anew."""
    for declared, real in pair.columns():
        new, old = declared.redshift_type, real.redshift_type
        if new == old:
            continue
        if new.name == old.name == "character varying" and not (reason := _not_resizable(pair, declared, real)):
            change = ResizeVarcharOp(pair.name, real.name, new.arguments[0], old.arguments[0], schema=pair.schema)
            yield InPlace(Phase.RESIZE, change, real.name)
        else:
            because = f" ({reason})" if new.name == old.name == "character varying" else ""
            yield Rebuild(f"{real.name}: {old} becomes {new}{because}")


def _not_resizable(pair: Pair, declared: ColumnDesign, real: ColumnDesign) -> str:
    """Why ALTER COLUMN TYPE refuses this VARCHAR; empty when it does not.

    https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
    """
    if real.encode in NOT_WIDENABLE:
        return f"its encoding is {real.encode}"
    if real.default is not None:
        return "it has a default"
    design = pair.real.design
    keys = [design.primary_key, *design.unique_keys, *(key.columns for key in design.foreign_keys)]
    keys += [key.design.ref_columns for key in pair.real.referenced_by]
    if any(real.name in columns for columns in keys):
        return "it is part of a key"
    return ""
