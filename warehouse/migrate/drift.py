"""Drift: models, migrations and the warehouse should say the same, and after a while they do not.

    found = drift(live, empty, metadata=metadata)
    found.unmigrated      models against migrations: no revision makes this yet
    found.by_hand         migrations against the warehouse: somebody changed this past them
    found.unowned         tables that neither a model nor a migration knows

The migrations are replayed on an empty warehouse: up to the live one's revision to be compared with it, and then to the
newest, to be compared with the models. So a revision that has not run yet is no drift; `found.pending` counts them.
What nobody has an opinion about (AUTO, encodings that a model leaves open) differs in nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from alembic.script import ScriptDirectory
from sqlalchemy.pool import NullPool

from warehouse import migrate
from warehouse.db import system
from warehouse.db.catalog import Key, read_catalog
from warehouse.db.engine import connect
from warehouse.db.facts import table_facts
from warehouse.db.principals import bring_over
from warehouse.discipline.config import FOREIGN_TABLES
from warehouse.errors import MigrationError
from warehouse.migrate.compare.warehouse import Plan, compared, declared_tables
from warehouse.migrate.ops.create_view import CreateViewOp, DropViewOp
from warehouse.migrate.tables import table_of
from warehouse.migrate.views import records, written
from warehouse.schema.design import TableDesign
from warehouse.schema.facts import TableFacts
from warehouse.schema.views import view_designs
from warehouse.settings import Settings


@dataclass(frozen=True)
class Drift:
    """What differs, as lines: what would have to be done to the second of the two to be as the first says."""

    revision: str
    pending: int
    unmigrated: tuple[str, ...]
    by_hand: tuple[str, ...]
    unowned: tuple[TableFacts, ...]

    @property
    def is_none(self) -> bool:
        """Do all three say the same?"""
        return not (self.unmigrated or self.by_hand or self.unowned)


def drift(live: Settings, empty: Settings, *, metadata: sa.MetaData) -> Drift:
    """Compare the models, the project's migrations and the warehouse `live`. `empty` is a warehouse without a table,
    on which the migrations are replayed; in `live` nothing is changed.

    Raises MigrationError when `live` was never migrated, is at a revision that the project does not have, or `empty` is
    not empty; ConnectionFailed, and whatever a replayed migration raises.
    """
    _refuse_used(empty)
    revision = migrate.current(live)
    if revision is None:
        raise MigrationError("No migration has run in this warehouse.", next_step='Run "alembic upgrade head" first.')
    models, views = declared_tables(metadata), view_designs(metadata)
    schemas = {None, *(schema for schema, _ in models), *(view.schema for view in views)}
    if empty.is_local:
        # Revisions grant to people whom a server of our own has never seen.
        with _connected(live) as connection, _connected(empty) as replayed:
            bring_over(connection, replayed)
            replayed.commit()
    migrate.upgrade(empty, revision, metadata=metadata)
    with _connected(empty) as connection:
        made = _tables(connection, schemas, {key: design for key, (design, _) in models.items()})
        made_views = [record.design for record in records(connection).values()]
    with _connected(live) as connection:
        unowned = [one for one in table_facts(connection) if not _is_known(one, {*models, *made})]
        # A table that only its model knows is no work of a hand, whoever made it.
        skipped = {*((one.schema, one.name) for one in unowned), *(models.keys() - made.keys())}
        by_hand = _lines(compared(connection, made, made_views), skipped)
    migrate.upgrade(empty, metadata=metadata)
    with _connected(empty) as connection:
        unmigrated = _lines(compared(connection, models, views), set())
    script = ScriptDirectory.from_config(migrate.config(empty))
    pending = sum(1 for _ in script.iterate_revisions("head", revision))
    return Drift(revision, pending, unmigrated, by_hand, tuple(unowned))


@contextmanager
def _connected(target: Settings) -> Iterator[sa.Connection]:
    engine = connect(target, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _refuse_used(empty: Settings) -> None:
    with _connected(empty) as connection:
        if system.current_revision(connection) is not None or read_catalog(connection).tables:
            raise MigrationError(
                "The warehouse to replay the migrations on is not empty.",
                next_step="Give it a database of its own, or leave it to an embedded server.",
            )


def _tables(
    connection: sa.Connection, schemas: Collection[str | None], models: Mapping[Key, TableDesign]
) -> dict[Key, tuple[TableDesign, sa.Table]]:
    """What migrations made of tables, as if models had declared it."""
    catalog = read_catalog(connection, schemas)
    found = {}
    for key, table in catalog.tables.items():
        if key[1] not in FOREIGN_TABLES:
            design = _opinion(table.design, models.get(key), catalog.user)
            found[key] = (design, table_of(design, primary_key_name=table.primary_key_name))
    return found


def _opinion(real: TableDesign, model: TableDesign | None, user: str) -> TableDesign:
    """A table without what the warehouse chose itself, as far as the model tells."""
    columns = real.columns
    if model is not None:
        said = {one.name for one in model.columns if one.encode is not None and model.encode != "auto"}
        columns = tuple(one if one.name in said else replace(one, encode=None) for one in columns)
    # The catalog does not tell AUTO without a key from NONE.
    sort = real.sort if real.sort is not None and real.sort.columns else None
    return replace(real, columns=columns, sort=sort, owner=None if real.owner == user else real.owner)


def _is_known(table: TableFacts, known: Collection[Key]) -> bool:
    return table.name in FOREIGN_TABLES or (table.schema, table.name) in known


def _lines(plan: Plan, skipped: Collection[Key]) -> tuple[str, ...]:
    operations = list(plan.operations())
    # A view that only stands in the way of a change is made again as it was.
    made = {_view(one) for one in operations if isinstance(one, CreateViewOp)}
    moved = made & {_view(one) for one in operations if isinstance(one, DropViewOp)}
    kept = [one for one in operations if not isinstance(one, CreateViewOp | DropViewOp) or _view(one) not in moved]
    differences: list[Any] = ops.UpgradeOps(kept).as_diffs()
    return tuple(migrate.told(one) for one in differences if not _drops(one, skipped))


def _view(operation: CreateViewOp | DropViewOp) -> tuple[str | None, str, str]:
    return operation.design.schema, operation.design.name, written(operation.design)


def _drops(difference: Any, tables: Collection[Key]) -> bool:
    if not isinstance(difference, tuple) or difference[0] != "remove_table":
        return False
    return (difference[1].schema, difference[1].name) in tables
