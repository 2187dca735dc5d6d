"""Columns that only one side has. Redshift adds most columns in place, and drops those that are no key."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from warehouse.migrate.compare.difference import Difference, InPlace, Pair, Phase, Rebuild
from warehouse.migrate.tables import column_of
from warehouse.schema.design import ColumnDesign


def differences(pair: Pair) -> Iterator[Difference]:
    """ADD COLUMN and DROP COLUMN, or why the table must be built anew."""
    real = {column.name: column for column in pair.real.design.columns}
    declared = {column.name: column for column in pair.declared.columns}
    for column in pair.declared.columns:
        if column.name not in real:
            if reason := _not_addable(column):
                yield Rebuild(reason)
            else:
                # A column of its own: the model's belongs to a table, and its keys are other operations.
                added = ops.AddColumnOp(pair.name, column_of(column), schema=pair.schema)
                yield InPlace(Phase.ADD_COLUMNS, added)
    for column in pair.real.design.columns:
        if column.name not in declared:
            dropped = ops.DropColumnOp(
                pair.name,
                column.name,
                schema=pair.schema,
                _reverse=ops.AddColumnOp(pair.name, column_of(column), schema=pair.schema),
            )
            if reason := _not_addable(column):
                # It can go in place, but could not come back.
                yield Rebuild(f"{column.name} goes, and {reason}")
            else:
                yield InPlace(Phase.DROP_COLUMNS, dropped, column.name)


def _not_addable(column: ColumnDesign) -> str:
    """Why ADD COLUMN cannot make this column; empty when it can."""
    if column.identity:
        return f"{column.name}: Redshift adds no IDENTITY column"
    if not column.nullable and column.default is None:
        return f"{column.name}: Redshift adds a NOT NULL column only with a default"
    return ""
