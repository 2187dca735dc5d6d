"""Migration operations of Redshift's own, a file per op: the op, its reverse, its SQL, its changes, how it is rendered.

    alter_distribution  alter_sort_key  alter_encoding  widen_varchar  shrink_varchar      in place
    rebuild_table  append_table                                                            rows move
    create_view  replace_view  drop_view  alter_view_comment  grant  revoke  alter_owner   around tables

Each op answers `sql(preparer)` (its statements, for `--sql` as well), `changes()` (what the rules judge), `reverse()`,
and, where a statement cannot share a transaction, `is_done(connection)`. Importing a module registers its op with
Alembic, once per process; `register()` imports them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from warehouse.db.principals import exists
from warehouse.discipline import Change
from warehouse.errors import MigrationError
from warehouse.schema.grants import Grant
from warehouse.schema.statements import qualified_name

OPS = (
    "alter_distribution",
    "alter_encoding",
    "alter_owner",
    "alter_sort_key",
    "alter_view_comment",
    "append_table",
    "create_view",
    "grant",
    "rebuild_table",
    "revoke",
    "widen_varchar",
)


def register() -> None:
    """Make the ops known to Alembic."""
    for name in OPS:
        import_module(f"{__name__}.{name}")


class RedshiftOp(MigrateOperation):
    """An op on one table or view, `table_name` in `schema`."""

    word: ClassVar[str]
    table_name: str
    schema: str | None

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if "word" in cls.__dict__:
            Operations.implementation_for(cls)(_run)
            renderers.dispatch_for(cls)(_render)

    def sql(self, preparer: Any) -> Sequence[str]:
        """The statements, identifiers quoted by the dialect's preparer."""
        raise NotImplementedError

    def changes(self) -> Sequence[Change]:
        """What the rules judge."""
        return ()

    def render(self) -> str:
        """The call in a revision."""
        raise NotImplementedError

    def render_in(self, context: Any) -> str:
        """The same for an op that Alembic's own renderers help to write."""
        return self.render()

    def run(self, impl: Any) -> None:
        """Run it on our implementation of Alembic, or print it."""
        impl.perform(self)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.where)

    @property
    def where(self) -> str:
        """The table's name for messages."""
        return f"{self.schema}.{self.table_name}" if self.schema else self.table_name

    def refuse_keys(self, impl: Any, columns: Sequence[str]) -> None:
        """Raise MigrationError for a distribution or sort key of a type that can be none, where the run has seen it."""
        table = impl.known.tables.get(self.where)
        for name in columns:
            column = table.column(name) if table is not None else None
            if column is not None and not column.redshift_type.fact.key:
                raise MigrationError(
                    f"{self.where}.{name}: a column of type {column.type.upper()} can be no distribution or sort key.",
                    next_step="Take another column, or none.",
                )

    def no_reverse(self, missing: str, say: str) -> MigrationError:
        """The error of `reverse()` when the former state is not said."""
        return MigrationError(
            f"{self.word} of {self.where} has no reverse: {missing} is not said.", next_step=f"Say {say}."
        )


class PrincipalOp(RedshiftOp):
    """An op that names a user, a group or a role. With `if_exists` it does nothing in a cluster that has none of that
    name: users belong to whoever runs the cluster, and an empty one has only its administrator.
    """

    if_exists: bool

    @property
    def principal(self) -> Grant:
        """Who is named; its privileges do not matter here."""
        raise NotImplementedError

    def run(self, impl: Any) -> None:
        if not self.if_exists:
            impl.perform(self)
            return
        impl.judge(self.changes())
        who, statements = self.principal, self.sql(impl.dialect.identifier_preparer)

        def look_first() -> None:
            if not impl.as_sql and exists(impl.connection, who):
                for statement in statements:
                    impl.run_statement(statement)

        for statement in statements:
            if impl.as_sql:
                # A script cannot ask: that is left to its reader.
                impl.static_output(f"-- only if {who.kind} {who.name} exists: {statement}")
        impl.numbered(f"if {who.kind} {who.name} exists: {'; '.join(statements)}", look_first)


def _run(operations: Operations, operation: RedshiftOp) -> None:
    operation.run(operations.impl)


def _render(context: Any, operation: RedshiftOp) -> str:
    return operation.render_in(context)


def table_name(preparer: Any, operation: Any) -> str:
    """The op's table, quoted, with its schema if it names one."""
    return qualified_name(preparer, operation.schema, operation.table_name)


def call(name: str, *arguments: object, **options: object) -> str:
    """The Python text of one op call in a revision; options that are None are left out."""
    parts = [repr(argument) for argument in arguments]
    parts += [f"{key}={value!r}" for key, value in options.items() if value is not None]
    return f"op.{name}({', '.join(parts)})"
