"""Primary, unique and foreign keys, by their columns: what a key is called is no difference."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic.operations import ops

from warehouse.migrate.compare.difference import Difference, InPlace, Pair, Phase, said
from warehouse.schema.design import ForeignKeyDesign


def differences(pair: Pair) -> Iterator[Difference]:
    """ADD CONSTRAINT and DROP CONSTRAINT; a key whose columns change is dropped and added."""
    yield from _primary_key(pair)
    yield from _unique_keys(pair)
    yield from _foreign_keys(pair)


def _primary_key(pair: Pair) -> Iterator[Difference]:
    wanted, real = pair.declared.primary_key, pair.real.design.primary_key
    if wanted == real:
        return
    if real:
        yield dropped(_primary(pair, pair.real.primary_key_name, real))
    if wanted:
        name = pair.table.primary_key.name
        yield added(_primary(pair, str(name) if name else f"{pair.name}_pkey", wanted))


def _unique_keys(pair: Pair) -> Iterator[Difference]:
    wanted, real = set(pair.declared.unique_keys), pair.real.unique_names
    names = {
        tuple(column.name for column in one.columns): one.name
        for one in pair.table.constraints
        if isinstance(one, sa.UniqueConstraint)
    }
    for columns in sorted(set(real) - wanted):
        yield dropped(_unique(pair, real[columns], columns))
    for columns in sorted(wanted - set(real)):
        name = names.get(columns)
        yield added(_unique(pair, str(name) if name else f"{pair.name}_{'_'.join(columns)}_key", columns))


def _foreign_keys(pair: Pair) -> Iterator[Difference]:
    wanted = {said(key): key for key in pair.declared.foreign_keys}
    real = {said(key): key for key in pair.real.design.foreign_keys}
    for one in sorted(set(real) - (set(wanted) - pair.moved)):
        yield dropped(foreign_key(pair.name, pair.schema, real[one]))
    for one in sorted(set(wanted) - (set(real) - pair.moved)):
        yield added(foreign_key(pair.name, pair.schema, wanted[one]))


def foreign_key(table: str, schema: str | None, key: ForeignKeyDesign) -> ops.CreateForeignKeyOp:
    """The operation that adds this key."""
    ref_schema, _, ref_table = key.ref_table.rpartition(".")
    return ops.CreateForeignKeyOp(
        key.name or f"{table}_{'_'.join(key.columns)}_fkey",
        table,
        ref_table,
        list(key.columns),
        list(key.ref_columns),
        source_schema=schema,
        referent_schema=ref_schema or None,
    )


def _primary(pair: Pair, name: str, columns: tuple[str, ...]) -> ops.CreatePrimaryKeyOp:
    return ops.CreatePrimaryKeyOp(name, pair.name, list(columns), schema=pair.schema)


def _unique(pair: Pair, name: str, columns: tuple[str, ...]) -> ops.CreateUniqueConstraintOp:
    return ops.CreateUniqueConstraintOp(name, pair.name, list(columns), schema=pair.schema)


def added(operation: ops.AddConstraintOp) -> InPlace:
    """A key that comes."""
    return InPlace(Phase.ADD_KEYS, operation)


def dropped(operation: ops.AddConstraintOp) -> InPlace:
    """A key that goes."""
    return InPlace(Phase.DROP_KEYS, operation.reverse())
