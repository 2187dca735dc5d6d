"""ALTER as Redshift has it: what is compiled, and what is refused because Redshift cannot do it in place.

The dialect compiles PostgreSQL's ALTER COLUMN, or has no handler at all (`alter_column(type_=…)` stops with
UnsupportedCompilationError). Here a change that Redshift refuses raises MigrationError with the mend *before* anything
runs, when the revision is generated as well as when it is applied or printed with `--sql`.

https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import sqlalchemy as sa
from alembic.ddl.base import AddColumn, ColumnName, ColumnType, alter_table, format_column_name, format_type
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from warehouse.db.create import Statement
from warehouse.db.dialect import adapt
from warehouse.db.system import table_columns
from warehouse.errors import MigrationError
from warehouse.redshift.refusals import FOREIGN_KEY_EXTRAS
from warehouse.redshift.types import RedshiftType, TypeRefused, parse_type
from warehouse.schema.design import redshift_dialect

_COPY_OVER = (
    "Add a column of the new design, UPDATE it from the old one, move readers, drop the old one and rename "
    "(or create a new table, INSERT … SELECT, drop and rename)."
)
# The types whose length ALTER COLUMN TYPE may change; everything else needs a new column.
_RESIZABLE = frozenset({"character varying", "binary varying"})


class OpStatement(Statement):
    """A statement of one of our own ops; `is_done` sees from the catalog whether it has been run already."""

    def __init__(self, sql: str, is_done: Callable[[sa.Connection], bool] | None = None) -> None:
        super().__init__(sql)
        self.is_done = is_done


@compiles(ColumnType, "redshift")  # type: ignore[no-untyped-call,misc,unused-ignore]
def _column_type(element: ColumnType, compiler: Any, **kw: Any) -> str:
    table = alter_table(compiler, element.table_name, _plain(element.schema))
    column, type_ = format_column_name(compiler, element.column_name), format_type(compiler, element.type_)
    return f"{table} ALTER COLUMN {column} TYPE {type_}"


@compiles(ColumnName, "redshift")  # type: ignore[no-untyped-call,misc,unused-ignore]
def _column_name(element: ColumnName, compiler: Any, **kw: Any) -> str:
    table = alter_table(compiler, element.table_name, _plain(element.schema))
    old, new = format_column_name(compiler, element.column_name), format_column_name(compiler, element.newname)
    return f"{table} RENAME COLUMN {old} TO {new}"


@compiles(AddColumn, "redshift")  # type: ignore[no-untyped-call,misc,unused-ignore]
def _add_column(element: AddColumn, compiler: Any, **kw: Any) -> str:
    table = alter_table(compiler, element.table_name, _plain(element.schema))
    return f"{table} ADD COLUMN {compiler.get_column_specification(element.column, **kw)}"


def spoken(construct: Any) -> str:
    """A statement's text, the same whichever driver runs it and whether it runs or is printed; values are left out."""
    if isinstance(construct, str):
        return construct
    if isinstance(construct, sa.TextClause):
        return construct.text
    return str(construct.compile(dialect=_spoken_dialect()))


@cache
def _spoken_dialect() -> Dialect:
    from sqlalchemy_redshift.dialect import RedshiftDialect_redshift_connector

    return adapt(RedshiftDialect_redshift_connector(paramstyle="named"))


def recogniser(construct: Any) -> Callable[[sa.Connection], bool] | None:
    """What tells from the catalog whether this statement has been run already; None when nothing can."""
    if isinstance(construct, OpStatement):
        return construct.is_done
    if isinstance(construct, ColumnType):
        return partial(_type_is, construct)
    return None


def _type_is(element: ColumnType, connection: sa.Connection) -> bool:
    wanted = str(canonical_type(element.type_))
    columns = table_columns(connection, _plain(element.schema), element.table_name)
    return any(column.name == element.column_name and column.type == wanted for column in columns)


def canonical_type(type_: TypeEngine[Any]) -> RedshiftType:
    """A SQLAlchemy type as Redshift would spell it. Raises TypeRefused for a type that Redshift has not."""
    return parse_type(type_.compile(dialect=redshift_dialect()))


def refuse_alter_column(
    table: str,
    column: str,
    *,
    nullable: bool | None = None,
    server_default: Any = False,
    type_: TypeEngine[Any] | None = None,
    existing_type: TypeEngine[Any] | None = None,
    using: Any = None,
) -> None:
    """Raise MigrationError when ALTER COLUMN is asked for something Redshift cannot do; name and comment are always
    fine.
    """
    where = f"{table}.{column}"
    if nullable is not None:
        raise MigrationError(
            f"{where}: Redshift cannot {'drop' if nullable else 'set'} NOT NULL on an existing column.",
            next_step=_COPY_OVER,
        )
    if server_default is not False:
        raise MigrationError(
            f"{where}: Redshift cannot set or drop the DEFAULT of an existing column.",
            next_step=f"Give the value when loading, or: {_COPY_OVER}",
        )
    if using is not None:
        raise MigrationError(f"{where}: Redshift knows no USING when a type changes.", next_step=_COPY_OVER)
    if type_ is not None:
        _refuse_type(where, type_, existing_type)


def _refuse_type(where: str, type_: TypeEngine[Any], existing: TypeEngine[Any] | None) -> None:
    try:
        new = canonical_type(type_)
        old = canonical_type(existing) if existing is not None else None
    except TypeRefused as refused:
        raise MigrationError(f"{where}: {refused.reason}.", next_step=refused.instead) from refused
    if new.name not in _RESIZABLE or (old is not None and old.name != new.name):
        raise MigrationError(
            f"{where}: Redshift cannot change {old or 'a column'} to {new} in place, "
            "only the length of a VARCHAR or VARBYTE.",
            next_step=_COPY_OVER,
        )


def refuse_add_column(
    table: str, column: sa.Column[Any], *, if_not_exists: bool | None = None, inline_references: bool | None = None
) -> None:
    """Raise MigrationError when ADD COLUMN is asked for a column that Redshift can only have from CREATE TABLE on."""
    where = f"{table}.{column.name}"
    options = column.dialect_options["redshift"]
    rebuilt = "Create a new table with it, INSERT … SELECT the rows, drop the old table and rename."
    if if_not_exists:
        raise MigrationError(f"{where}: Redshift's ADD COLUMN has no IF NOT EXISTS.", next_step="Leave it out.")
    if options.get("identity") or isinstance(column.server_default, sa.Identity):
        raise MigrationError(f"{where}: Redshift cannot add an IDENTITY column to a table.", next_step=rebuilt)
    if options.get("distkey") or options.get("sortkey"):
        raise MigrationError(
            f"{where}: an added column cannot be DISTKEY or SORTKEY.",
            next_step="Add it, then op.alter_distribution or op.alter_sort_key.",
        )
    if not column.nullable and column.server_default is None:
        raise MigrationError(
            f"{where}: Redshift adds a NOT NULL column only with a default, which can never be dropped again.",
            next_step="Add it nullable and fill it, say server_default=, or rebuild the table.",
        )
    if inline_references and column.foreign_keys:
        raise MigrationError(
            f"{where}: Redshift's ADD COLUMN takes no REFERENCES.",
            next_step="Leave out inline_references; the foreign key is then added behind the column.",
        )
    if column.primary_key or column.unique:
        raise MigrationError(
            f"{where}: ADD COLUMN takes no key.",
            next_step="Add the column, then op.create_primary_key or op.create_unique_constraint.",
        )


def refuse_constraint(constraint: sa.Constraint) -> None:
    """Raise MigrationError for a constraint that Redshift has not, or for words that it takes with none."""
    table = getattr(constraint.table, "name", "the table")
    if isinstance(constraint, sa.CheckConstraint):
        raise MigrationError(
            f"{table}: Redshift has no CHECK constraints.", next_step="Leave it out and check the data after each load."
        )

    # False is said too: NOT DEFERRABLE.
    said = [name for name in FOREIGN_KEY_EXTRAS if getattr(constraint, name, None) is not None]
    said += [name for name in constraint.dialect_kwargs if name.startswith("postgresql_")]
    if said:
        raise MigrationError(
            f"{table}: a key of Redshift takes no {', '.join(said)} ({constraint.name or 'nameless'}).",
            next_step="Leave it out; nothing enforces the key.",
        )


def refuse_index(name: object, table: object) -> None:
    """Raise MigrationError: Redshift has no indexes."""
    raise MigrationError(
        f"{table}: Redshift has no indexes, so {name} cannot be.", next_step="What it should speed up, a sort key does."
    )


def refuse_drop_index(name: object, table: object) -> None:
    """Raise MigrationError: Redshift has no indexes."""
    raise MigrationError(
        f"{table or 'DROP INDEX'}: Redshift has no indexes, so there is no {name} to drop.",
        next_step="Leave the step out.",
    )


def refuse_if_exists(where: str, what: str, *, if_exists: bool | None) -> None:
    """Raise MigrationError when a part of a table is to be dropped only where it is."""
    if if_exists:
        raise MigrationError(
            f"{where}: Redshift's ALTER TABLE … DROP {what} has no IF EXISTS.", next_step="Leave out if_exists."
        )


def _plain(schema: Any) -> str | None:
    return None if schema is None else str(schema)
