"""Alembic's implementation for Redshift: the upgrade gate, the refusals, the version table, the types.

sqlalchemy-redshift claims `__dialect__ = "redshift"` for an implementation of its own, and the last class to claim
wins: so its module is imported first and its class subclassed. `claimed()` says who won; the environment asks before
anything runs.

Every method asks first (`judge`), so that a revision edited by hand meets the same rules as a generated one, with
`--sql` too, and then refuses what Redshift cannot do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from alembic.ddl.impl import DefaultImpl
from alembic.operations import Operations, ops, toimpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy.schema import Column, Constraint, Index, PrimaryKeyConstraint, Table
from sqlalchemy_redshift.dialect import RedshiftImpl as DialectImpl

from warehouse.discipline import Change, Config, SchemaDesign
from warehouse.migrate import ddl, gate
from warehouse.migrate.execution.conductor import Conductor
from warehouse.migrate.execution.steps import Run
from warehouse.migrate.execution.watch import Watch
from warehouse.migrate.ops import RedshiftOp
from warehouse.migrate.rebuild.stage import Stage
from warehouse.schema.design import TableDesign
from warehouse.schema.statements import after_create


class RedshiftImpl(DialectImpl):  # type: ignore[misc]
    """What runs (or prints) the operations of a revision."""

    __dialect__ = "redshift"
    # DDL is transactional in Redshift, but for the few statements that refuse a transaction block.
    transactional_ddl = True
    # Set by the environment; None in a bare MigrationContext, which then has no way out of its transaction.
    migration_context: MigrationContext | None = None
    # The revision that runs, statement by statement; None outside of revisions (the version table, say).
    run: Run | None = None
    conductor: Conductor | None = None
    watch: Watch | None = None
    # Where rows may go through S3; None when nowhere is configured.
    stage: Stage | None = None
    # Is the statement that reaches the connection one of an op, or did the revision go past them?
    executing = False
    # The project's configuration of the rules; None finds it from the working directory.
    config: Config | None = None
    # What the operations so far have made: rules look at a change with what they know of its table.
    known = SchemaDesign()

    @property
    def version_schema(self) -> str | None:
        """The schema of alembic_version and the tables beside it."""
        return None if self.migration_context is None else self.migration_context.version_table_schema

    def create_table(self, table: Table, **kw: Any) -> None:
        self.judge([gate.created(table)])
        self.make_table(table, **kw)

    def judge(self, changes: Iterable[Change]) -> None:
        found = list(changes)
        gate.judge(found, self.known, self.config)
        for change in found:
            self.known = self.known.after(change)

    def drop_table(self, table: Table, **kw: Any) -> None:
        self.judge([gate.dropped(table)])
        super().drop_table(table, **kw)

    def add_column(self, table_name: str, column: Column[Any], *, schema: Any = None, **kw: Any) -> None:
        self.judge([gate.column_added(table_name, schema, column)])
        ddl.refuse_add_column(
            table_name,
            column,
            if_not_exists=kw.get("if_not_exists"),
            inline_references=kw.get("inline_references"),
        )
        super().add_column(table_name, column, schema=schema, **kw)

    def drop_column(self, table_name: str, column: Column[Any], *, schema: str | None = None, **kw: Any) -> None:
        self.judge([gate.column_dropped(table_name, schema, column.name)])
        ddl.refuse_if_exists(f"{table_name}.{column.name}", "COLUMN", if_exists=kw.get("if_exists"))
        super().drop_column(table_name, column, schema=schema, **kw)

    def alter_column(self, table_name: str, column_name: str, **kw: Any) -> None:
        asked = {name: kw[name] for name in ("nullable", "server_default", "type_", "comment", "name") if name in kw}
        self.judge(gate.column_altered(table_name, kw.get("schema"), column_name, **asked))
        ddl.refuse_alter_column(
            table_name,
            column_name,
            nullable=kw.get("nullable"),
            server_default=kw.get("server_default", False),
            type_=kw.get("type_"),
            existing_type=kw.get("existing_type"),
            using=kw.pop("postgresql_using", None),
        )
        if kw.get("type_") is None:
            super().alter_column(table_name, column_name, **kw)
            return
        # Not through PostgreSQL's implementation, whose construct the dialect cannot compile.
        DefaultImpl.alter_column(self, table_name, column_name, **kw)

    def rename_table(self, old_table_name: str, new_table_name: Any, schema: Any = None) -> None:
        self.judge([gate.renamed(old_table_name, new_table_name, schema)])
        super().rename_table(old_table_name, new_table_name, schema)

    def add_constraint(self, const: Constraint, **kw: Any) -> None:
        self.judge([gate.constraint_added(const)])
        ddl.refuse_constraint(const)
        super().add_constraint(const, **kw)

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        ddl.refuse_if_exists(f"{const.table.name}.{const.name}", "CONSTRAINT", if_exists=kw.get("if_exists"))
        super().drop_constraint(const, **kw)

    def create_index(self, index: Index, **kw: Any) -> None:
        ddl.refuse_index(index.name, index.table.name if index.table is not None else "?")

    def drop_index(self, index: Index, **kw: Any) -> None:
        ddl.refuse_drop_index(index.name, index.table.name if index.table is not None else "")

    def execute(self, sql: Any, execution_options: Any = None) -> None:
        self.judge([gate.executed(sql)])
        super().execute(sql, execution_options)

    def perform(self, operation: RedshiftOp) -> None:
        """Run one of our own ops (ops/)."""
        self.judge(operation.changes())
        is_done = getattr(operation, "is_done", None)
        for statement in operation.sql(self.dialect.identifier_preparer):
            self._exec(ddl.OpStatement(statement, is_done))

    def make_table(self, table: Table, **kw: Any) -> None:
        """CREATE TABLE and what belongs to it, past the rules: for the table that a rebuild makes beside another."""
        super().create_table(table, **kw)
        for statement in after_create(self.dialect.identifier_preparer, TableDesign.from_table(table)):
            self._exec(ddl.OpStatement(statement))

    def run_statement(self, sql: str) -> None:
        """A statement of an op's own step: part of it, and so not numbered."""
        self._exec(ddl.OpStatement(sql))

    def numbered(
        self, text: str, work: Callable[[], Any], is_done: Callable[[], bool] | None = None, *, alone: bool = False
    ) -> None:
        """One step of an op that is more than a statement: `text` names it, whatever it comes to."""
        run, self.run = self.run, None

        def done() -> None:
            # What the step runs is not numbered itself.
            self.run = None
            work()

        try:
            if run is None:
                work()
            else:
                run.perform(text, done, is_done, alone=alone)
        finally:
            self.run = run

    def bulk_insert(self, table: Any, rows: list[dict[str, Any]], multiinsert: bool = True) -> None:
        """One step, although `--sql` prints one statement a row."""
        run, self.run = self.run, None
        try:
            insert = partial(super().bulk_insert, table, rows, multiinsert)
            if run is None:
                insert()
            else:
                run.perform(f"INSERT INTO {table.fullname} VALUES … {len(rows)} rows", insert)
        finally:
            self.run = run

    def _exec(
        self,
        construct: Any,
        execution_options: Any = None,
        multiparams: Any = None,
        params: Mapping[str, Any] = MappingProxyType({}),
    ) -> Any:
        """Every statement of every op passes here: it is numbered, and runs where Redshift wants it (execution/)."""
        execute = partial(self._execute_now, construct, execution_options, multiparams, params)
        if self.run is None:
            return execute()
        return self.run.perform(ddl.spoken(construct), execute, self._recogniser(construct))

    def _execute_now(self, construct: Any, execution_options: Any, multiparams: Any, params: Any) -> Any:
        self.executing = True
        try:
            return super()._exec(construct, execution_options, multiparams, dict(params))
        finally:
            self.executing = False

    def _recogniser(self, construct: Any) -> Callable[[], bool] | None:
        """What sees from the catalog whether a statement is done; None where nothing can."""
        is_done = ddl.recogniser(construct)
        return None if is_done is None else lambda: is_done(self.connection)

    @contextmanager
    def outside_transaction(self) -> Iterator[None]:
        """Commit what came before, run the block in autocommit, begin again."""
        if self.migration_context is None:
            yield
            return
        with self.migration_context.autocommit_block():
            if self.connection is not None and not self.as_sql:
                # Alembic has asked for the isolation level meanwhile, and that question began a transaction in the
                # driver, which autocommit does not end.
                self.connection.connection.commit()
            yield

    def version_table_impl(
        self, *, version_table: str, version_table_schema: str | None, version_table_pk: bool, **kw: Any
    ) -> Table:
        """`alembic_version` with a design of its own: one row, on every node, its key declared although nothing
        enforces it.
        """
        name = "version_num"
        return Table(
            version_table,
            sa.MetaData(),
            Column(
                name,
                sa.String(32),
                nullable=False,
                comment="The Alembic revision that this warehouse is at.",
                redshift_encode="raw",
            ),
            *([PrimaryKeyConstraint(name, name=f"{version_table}_pkey")] if version_table_pk else []),
            schema=version_table_schema,
            comment="Written by Alembic: which migrations have run.",
            redshift_diststyle="ALL",
        )


@Operations.implementation_for(ops.DropConstraintOp, replace=True)
def _drop_constraint(operations: Operations, operation: ops.DropConstraintOp) -> None:
    # Asked of the operation: the naming convention has given a nameless constraint a name by the time that the
    # implementation sees it, and it need not be the warehouse's.
    if isinstance(operations.impl, RedshiftImpl):
        operations.impl.judge(gate.to_change(operation))
    toimpl.drop_constraint(operations, operation)


def claimed() -> type[DefaultImpl]:
    """The class that Alembic will use for Redshift."""
    from alembic.ddl.impl import _impls

    return _impls["redshift"]
