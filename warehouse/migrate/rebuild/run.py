"""Builds a table anew: three numbered steps, of which the second runs alone, and which a killed run takes up again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from warehouse.db.catalog import Catalog, CatalogTable, read_catalog
from warehouse.db.create import Statement
from warehouse.db.failures import server_error
from warehouse.errors import MigrationError
from warehouse.migrate import views
from warehouse.migrate.rebuild import offline
from warehouse.migrate.rebuild.carry import Carried, KeyNames
from warehouse.migrate.rebuild.plan import Check, RebuildPlan
from warehouse.migrate.rebuild.stage import Stage
from warehouse.migrate.tables import table_of
from warehouse.schema.design import ColumnDesign, TableDesign

log = logging.getLogger("alembic.runtime.migration.rebuild")


@dataclass
class Rebuild:
    """One table, built anew by the implementation of Alembic that runs a revision."""

    impl: Any
    plan: RebuildPlan
    names: KeyNames
    stage: Stage | None = None

    def __post_init__(self) -> None:
        self._preparer = self.impl.dialect.identifier_preparer
        self._name = self.plan.table.qualified_name

    def run(self) -> None:
        """Do it, or print it. Raises MigrationError when a row would be lost or a key would not hold."""
        if self.impl.as_sql:
            offline.write(self.impl, self.plan, self.names)
            return
        if self.plan.needs_stage and self.stage is None:
            raise MigrationError(
                f"{self._name}: only COPY … EXPLICIT_IDS gives the numbers of {self.plan.numbered.name} to an "  # type: ignore[union-attr]
                "IDENTITY column, and no stage on S3 is configured.",
                next_step="Set WAREHOUSE_STAGE and WAREHOUSE_IAM_ROLE, or declare identity_by_default=True.",
            )
        self._step("create", self._create)
        if self._is_unsorted:
            self._step("leave unsorted", self._leave_unsorted, is_done=lambda: False, alone=True)
        self._step("copy", self._copy, is_done=self._is_copied, alone=True)
        copied = self.impl.run is None or self.impl.run.number > self.impl.run.finished
        self._step("swap", lambda: self._swap(in_this_run=copied))

    def _step(
        self, what: str, work: Callable[[], Any], is_done: Callable[[], bool] | None = None, *, alone: bool = False
    ) -> None:
        text = f"REBUILD {self._name} {self.plan.fingerprint}: {what}"
        began = time.monotonic()
        self.impl.numbered(text, work, is_done, alone=alone)
        log.info("%s: %s (%.1f s)", self._name, what, time.monotonic() - began)

    # --- the steps --------------------------------------------------------------------------------------------

    def _create(self) -> None:
        catalog = self._catalog()
        old = self._old(catalog)
        if (self.plan.table.schema, self.plan.name_beside) in catalog.tables:
            raise MigrationError(
                f"{self.plan.new(self._preparer)} is in the way: an earlier rebuild was given up, or somebody made it.",
                next_step=f"Look what it holds, then DROP TABLE {self.plan.new(self._preparer)}.",
            )
        Carried.of(catalog, old, views.recorded(self._connection, self.impl.version_schema)).refuse_lost(self.plan)
        self._check(self.plan.checks(self._preparer))
        self._make()

    def _check(self, checks: Iterable[Check]) -> None:
        for check in checks:
            try:
                count = self._scalar(check.query)
            except sa.exc.DBAPIError as error:
                if error.connection_invalidated:
                    raise
                # A value that cannot be converted at all stops the question itself.
                said = server_error(error)
                raise MigrationError(
                    f"{self._name} cannot be built anew: {check.fault.format(count='Some')} ({said}).",
                    next_step=check.mend,
                ) from error
            if count:
                raise MigrationError(
                    f"{self._name} cannot be built anew: {check.fault.format(count=f'{count:,}')}.",
                    next_step=f"{check.mend} Nothing was changed.",
                )

    def _make(self) -> None:
        # No sort key is said by a statement of its own.
        design = replace(self.plan.beside, sort=None) if self._is_unsorted else self.plan.beside
        if (numbered := self.plan.numbered) is not None:
            design = _with_seed(design, numbered, self._seed(numbered))
        self.impl.make_table(table_of(design))

    @property
    def _is_unsorted(self) -> bool:
        return self.plan.table.sort is not None and self.plan.table.sort.style == "none"

    def _leave_unsorted(self) -> None:
        self._execute(f"ALTER TABLE {self.plan.new(self._preparer)} ALTER SORTKEY NONE")

    def _copy(self) -> None:
        count = self._scalar(f"SELECT COUNT(*) FROM {self.plan.old(self._preparer)}")
        log.info("%s: copying %s rows", self._name, f"{count:,}")
        if not count:
            return
        if not self.plan.needs_stage:
            self._execute(self.plan.copy(self._preparer))
            return
        assert self.stage is not None
        with self.stage.at(f"{self._name}-{self.plan.fingerprint}") as (unload, copy):
            self._execute(unload(self.plan.unloaded(self._preparer)))
            self._execute(copy(self.plan.new(self._preparer), self.plan.columns(self._preparer)))

    def _is_copied(self) -> bool:
        """One statement copies all rows, so there are all or none."""
        return bool(self._scalar(f"SELECT COUNT(*) FROM {self.plan.new(self._preparer)}"))

    def _swap(self, *, in_this_run: bool) -> None:
        old_name, new_name = self.plan.old(self._preparer), self.plan.new(self._preparer)
        self._execute(f"LOCK TABLE {old_name}")
        catalog = self._catalog()
        old = self._old(catalog)
        carried = Carried.of(catalog, old, views.recorded(self._connection, self.impl.version_schema))
        carried.refuse_lost(self.plan)
        if not self._is_complete():
            if in_this_run:
                raise MigrationError(
                    f"{self._name} was written to while its rows were copied, so it is left as it is.",
                    next_step="Run the same command again: the rows are then copied while nobody can write.",
                )
            log.info("%s: written to since its rows were copied: copying them again", self._name)
            self._execute(f"DROP TABLE {new_name}")
            self._check(self.plan.checks(self._preparer))
            self._make()
            if self._is_unsorted:
                self._leave_unsorted()
            self._copy()
            if not self._is_complete():
                raise MigrationError(
                    f"{self._name}: the copy does not hold what the table holds, so it is left as it is.",
                    next_step="See what using= makes of the values; the same question twice must have one answer.",
                )
        self._check(self.plan.late_checks(self._preparer))
        for statement in (
            *carried.before(self._preparer),
            f"ALTER TABLE {old_name} RENAME TO {self._preparer.quote(self.plan.name_before)}",
            f"ALTER TABLE {new_name} RENAME TO {self._preparer.quote(self.plan.table.name)}",
            f"DROP TABLE {self._before()}",
            *carried.after(self._preparer, self.plan, self.names),
        ):
            self._execute(statement)

    # --- questions --------------------------------------------------------------------------------------------

    def _is_complete(self) -> bool:
        of_old, of_new = self.plan.contents(self._preparer)
        return tuple(self._row(of_old)) == tuple(self._row(of_new))

    def _old(self, catalog: Catalog) -> CatalogTable:
        table = catalog.tables.get((self.plan.table.schema, self.plan.table.name))
        if table is None:
            raise MigrationError(f"There is no table {self._name} to build anew.", next_step='See "warehouse drift".')
        real = {column.name: column.type for column in table.design.columns}
        known = dict(self.plan.existing)
        if real != known:
            differing = sorted(name for name in real.keys() | known.keys() if real.get(name) != known.get(name))
            told = "; ".join(
                f"{name} is {real.get(name, 'not there')}, the revision knows {known.get(name, 'no such column')}"
                for name in differing
            )
            raise MigrationError(
                f"{self._name} is not what the revision expects: {told}.",
                next_step="Somebody changed it by hand: put it back, or generate the revision anew.",
            )
        return table

    def _seed(self, column: ColumnDesign) -> int:
        """The next number of the column's own series behind all that there are."""
        assert column.identity is not None
        seed, step = column.identity
        values = next(one.values for one in self.plan.copied if one.column == column.name)
        far = self._scalar(f"SELECT {'MAX' if step > 0 else 'MIN'}({values}) FROM {self.plan.old(self._preparer)}")
        if far is None:
            return seed
        return seed + step * max((int(far) - seed) // step + 1, 0)

    def _catalog(self) -> Catalog:
        return read_catalog(self._connection, [self.plan.table.schema], with_readers=True)

    def _before(self) -> str:
        from warehouse.schema.statements import qualified_name

        return qualified_name(self._preparer, self.plan.table.schema, self.plan.name_before)

    @property
    def _connection(self) -> sa.Connection:
        connection: sa.Connection = self.impl.connection
        return connection

    def _execute(self, sql: str) -> None:
        with self._as_an_op():
            self._connection.execute(Statement(sql))

    def _row(self, sql: str) -> Any:
        with self._as_an_op():
            return self._connection.execute(Statement(sql)).one()

    def _scalar(self, sql: str) -> Any:
        return self._row(sql)[0]

    @contextmanager
    def _as_an_op(self) -> Any:
        self.impl.executing = True
        try:
            yield
        finally:
            self.impl.executing = False


def _with_seed(design: TableDesign, column: ColumnDesign, seed: int) -> TableDesign:
    assert column.identity is not None
    numbered = replace(design.column(column.name) or column, identity=(seed, column.identity[1]))
    return replace(design, columns=tuple(numbered if one.name == column.name else one for one in design.columns))
