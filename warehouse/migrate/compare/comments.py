"""Comments of tables and columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops

from warehouse.migrate.compare.difference import Difference, InPlace, Pair, Phase
from warehouse.migrate.tables import type_of


def differences(pair: Pair) -> Iterator[Difference]:
    """COMMENT ON TABLE and COMMENT ON COLUMN."""
    wanted, real = pair.declared.comment, pair.real.design.comment
    if wanted != real:
        change: Any = (
            ops.DropTableCommentOp(pair.name, schema=pair.schema, existing_comment=real)
            if wanted is None
            else ops.CreateTableCommentOp(pair.name, wanted, schema=pair.schema, existing_comment=real)
        )
        yield InPlace(Phase.DESCRIBE, change)
    for declared, existing in pair.columns():
        if declared.comment != existing.comment:
            change = ops.AlterColumnOp(
                pair.name,
                existing.name,
                schema=pair.schema,
                existing_type=type_of(existing.type),
                existing_nullable=existing.nullable,
                modify_comment=declared.comment,
                existing_comment=existing.comment,
            )
            yield InPlace(Phase.DESCRIBE, change)
