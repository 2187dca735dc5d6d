"""Replace a table by a new one that takes its name: what a large table costs less than a DELETE of all its rows.

    CREATE TABLE new (LIKE table), COPY into it     readers and writers go on with the old one
    prove the new one                               checks, counts, keys
    LOCK the old one, rename both, drop the old one
    keys, comments and grants onto the new one      what LIKE does not copy

All in one transaction: readers see the old rows until the commit and the new ones after it. It is locked for the last
steps only, while `mode="replace"` holds its table from the beginning, and leaves nothing for VACUUM.

What hangs on the table itself would be lost or go with the old one, so that such a table is refused before a byte is
sent: IDENTITY columns (LIKE copies the column and not the numbers), bound views, foreign keys of other tables, and an
owner other than the user.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from warehouse.db import sql
from warehouse.db.catalog import Catalog, CatalogTable, named
from warehouse.errors import LoadError, UnknownTable
from warehouse.load.append import LoadPlan, plan_load
from warehouse.load.keys import temporary_name
from warehouse.load.stage import Staged
from warehouse.load.steps import Step
from warehouse.schema import TableDesign, statements


@dataclass(frozen=True)
class SwapPlan:
    """Every statement of one swap; `filling` are those that fill the new table, whose design is `design`."""

    table: str
    design: TableDesign
    create: str
    filling: LoadPlan
    rows: str
    exchange: tuple[str, ...]

    def steps(self) -> tuple[Step, ...]:
        own = (Step("exchange", text) for text in self.exchange)
        return (Step("create", self.create), *self.filling.steps(), Step("rows", self.rows), *own)


def swappable(catalog: Catalog, design: TableDesign) -> CatalogTable:
    """The table in the warehouse. Raises LoadError, naming everything, when something hangs on it that a swap would
    lose; UnknownTable when it is not there."""
    schema = None if design.schema == catalog.default_schema else design.schema
    table = catalog.tables.get((schema, design.name))
    if table is None:
        raise UnknownTable(
            f"The warehouse has no table {design.qualified_name}.",
            table=design.qualified_name,
            next_step='Run "alembic upgrade head" against this warehouse.',
        )
    identities = [f"the IDENTITY column {column.name}" for column in table.design.columns if column.identity]
    views = [f"the view {named(view.key)}" for view in catalog.readers(table)]
    keys = [
        f"the foreign key {key.name} of {named(key.table)}" for key in table.referenced_by if key.table != table.key
    ]
    owner = [f"its owner {table.design.owner}"] if table.design.owner != catalog.user else []
    if hanging := [*identities, *views, *keys, *owner]:
        raise LoadError(
            f"{design.qualified_name} cannot be swapped: {', '.join(hanging)} would be lost.",
            next_step='Say mode="replace" (--mode replace), which keeps the table.',
        )
    return table


def plan_swap(
    table: CatalogTable, design: TableDesign, staged: Staged, *, run_id: str, iam_role: str, **more: Any
) -> SwapPlan:
    """Plan the swap of a table for a staged delivery; `more` is `plan_load`'s. The new table is named by the run, for
    two swaps of one table may be at work."""
    new, old = (replace(design, name=temporary_name(design, f"{word}_{run_id[:8]}")) for word in ("new", "old"))
    target, taken, gone = (sql.qualified(one.name, one.schema) for one in (design, new, old))
    filling = plan_load(new, staged, iam_role=iam_role, **more)
    return SwapPlan(
        table=design.qualified_name,
        design=new,
        create=f"CREATE TABLE {taken} (LIKE {target} INCLUDING DEFAULTS)",
        filling=replace(filling, table=design.qualified_name),
        rows=f"SELECT COUNT(*) FROM {target}",
        exchange=(
            f"ALTER TABLE {target} RENAME TO {sql.name(old.name)}",
            f"ALTER TABLE {taken} RENAME TO {sql.name(design.name)}",
            # Before the keys: their names are the old table's.
            f"DROP TABLE {gone}",
            *_carried(table, target),
        ),
    )


def _carried(table: CatalogTable, target: str) -> Iterator[str]:
    """What LIKE does not copy."""
    real = table.design
    adding = f"ALTER TABLE {target} ADD CONSTRAINT"
    if real.primary_key:
        yield f"{adding} {sql.name(table.primary_key_name)} PRIMARY KEY ({sql.names(real.primary_key)})"
    for unique in real.unique_keys:
        yield f"{adding} {sql.name(table.unique_names[unique])} UNIQUE ({sql.names(unique)})"
    for key in real.foreign_keys:
        schema, _, name = key.ref_table.rpartition(".")
        there = f"{sql.qualified(name, schema)} ({sql.names(key.ref_columns)})"
        yield f"{adding} {sql.name(str(key.name))} FOREIGN KEY ({sql.names(key.columns)}) REFERENCES {there}"
    if real.comment:
        yield f"COMMENT ON TABLE {target} IS {sql.literal(real.comment)}"
    for column in real.columns:
        if column.comment:
            yield f"COMMENT ON COLUMN {target}.{sql.name(column.name)} IS {sql.literal(column.comment)}"
    for one in real.grants or ():
        yield statements.grant(sql.preparer, target, one)
