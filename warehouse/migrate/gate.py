"""Two of the three gates: a migration is held against the same rules as the models.

`refuse_revision` looks at the operations that autogenerate found, before a file is written; `judge` is asked by
`RedshiftImpl` for every operation that runs or is printed. Both translate to `discipline`'s neutral Change values,
which know nothing of Alembic, so a rule cannot tell which gate asked.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext

from warehouse.discipline import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    Change,
    Config,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropTable,
    RenameColumn,
    RenameTable,
    RunSQL,
    SchemaDesign,
    SetTableComment,
    check,
    declared,
    refuse,
)
from warehouse.errors import DesignError, DisciplineError, MigrationError
from warehouse.migrate import ddl
from warehouse.migrate.ops import RedshiftOp
from warehouse.schema import check_column, check_table
from warehouse.schema.design import redshift_dialect
from warehouse.settings import find_home

log = logging.getLogger("alembic.warehouse.gate")


def judge(changes: Iterable[Change], known: SchemaDesign | None = None, config: Config | None = None) -> None:
    """Check changes against the rules, as pyproject.toml and the revision that runs configure them: warnings are
    logged, an error raises DisciplineError. `known` is what else is known of the warehouse; `config` is that of the
    project found from here, when nobody says another.
    """
    findings = check(
        list(changes), config or Config.load(find_home()), waivers=_waived_by_revision(), known=known, unused=False
    )
    for finding in findings:
        if finding.severity != "error":
            log.warning("%s", finding)
    refuse(findings)


def _waived_by_revision() -> Mapping[str, str]:
    """The `waive = {code: reason}` of the revision that is running; empty when none is."""
    frame = inspect.currentframe()
    while frame is not None:
        # Only a revision's module has both of these.
        if "revision" in frame.f_globals and "down_revision" in frame.f_globals:
            waived = frame.f_globals.get("waive", {})
            if not isinstance(waived, Mapping):
                raise DisciplineError(
                    f"waive of the revision {frame.f_globals['revision']} is {waived!r}.",
                    next_step='Say which rules, and why: waive = {"WH000": "the reason"}.',
                )
            return waived
        frame = frame.f_back
    return {}


def _declared(context: MigrationContext | None) -> SchemaDesign | None:
    """All models that autogenerate compares with, when it is it that asks."""
    metadata = context.opts.get("target_metadata") if context is not None else None
    return SchemaDesign.of(declared(metadata), complete=True) if isinstance(metadata, sa.MetaData) else None


def refuse_revision(context: MigrationContext, revision: Any, directives: Sequence[Any]) -> None:
    """Hold a generated revision against the rules and against what Redshift can do; raise, and no file is written.

    Alembic's hook `process_revision_directives`. Asked by `alembic check` as well.
    """
    for script in directives:
        if not isinstance(script, ops.MigrationScript):
            continue
        found = [operation for upgrade in script.upgrade_ops_list for operation in flatten(upgrade.ops)]
        try:
            changes = [change for operation in found for change in to_change(operation)]
            judge(
                changes,
                _declared(context) if changes else None,
                getattr(getattr(context, "impl", None), "config", None),
            )
            for operation in found:
                refuse_impossible(operation)
        except DisciplineError as error:
            raise DisciplineError(
                f"No revision was written: {error.message}", findings=error.findings, next_step=error.next_step
            ) from error
        except (DesignError, MigrationError) as error:
            raise type(error)(f"No revision was written: {error.message}", next_step=error.next_step) from error


def flatten(operations: Iterable[Any]) -> Iterator[Any]:
    """Single operations, those inside ModifyTableOps included."""
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from flatten(operation.ops)
        else:
            yield operation


def to_change(operation: Any) -> list[Change]:
    """An Alembic operation as neutral changes; none for an operation that no rule speaks about."""
    if isinstance(operation, ops.CreateTableOp):
        return [created(operation.to_table())]
    if isinstance(operation, ops.DropTableOp):
        return [dropped(operation.to_table())]
    if isinstance(operation, ops.AddColumnOp):
        return [column_added(operation.table_name, operation.schema, operation.column)]
    if isinstance(operation, ops.DropColumnOp):
        return [column_dropped(operation.table_name, operation.schema, operation.column_name)]
    if isinstance(operation, ops.AlterColumnOp):
        return column_altered(
            operation.table_name,
            operation.schema,
            operation.column_name,
            nullable=operation.modify_nullable,
            server_default=operation.modify_server_default,
            type_=operation.modify_type,
            comment=operation.modify_comment,
            name=operation.modify_name,
        )
    if isinstance(operation, ops.RenameTableOp):
        return [renamed(operation.table_name, operation.new_table_name, operation.schema)]
    if isinstance(operation, ops.CreateTableCommentOp):
        return [SetTableComment(operation.table_name, _text(operation.schema), operation.comment)]
    if isinstance(operation, ops.DropTableCommentOp):
        return [SetTableComment(operation.table_name, _text(operation.schema), None)]
    if isinstance(operation, ops.AddConstraintOp):
        return [constraint_added(operation.to_constraint())]
    if isinstance(operation, ops.DropConstraintOp):
        return [DropConstraint(operation.table_name, _text(operation.schema), str(operation.constraint_name or ""))]
    if isinstance(operation, ops.ExecuteSQLOp):
        return [executed(operation.sqltext)]
    return list(operation.changes()) if isinstance(operation, RedshiftOp) else []


def refuse_impossible(operation: Any) -> None:
    """Raise MigrationError when Redshift has no statement for this operation."""
    if isinstance(operation, ops.AlterColumnOp):
        ddl.refuse_alter_column(
            operation.table_name,
            operation.column_name,
            nullable=operation.modify_nullable,
            server_default=operation.modify_server_default,
            type_=operation.modify_type,
            existing_type=operation.existing_type,
        )
    elif isinstance(operation, ops.AddColumnOp):
        ddl.refuse_add_column(
            operation.table_name,
            operation.column,
            if_not_exists=operation.if_not_exists,
            inline_references=operation.inline_references,
        )
    elif isinstance(operation, ops.CreateIndexOp):
        ddl.refuse_index(operation.index_name, operation.table_name)
    elif isinstance(operation, ops.DropIndexOp):
        ddl.refuse_drop_index(operation.index_name, operation.table_name)
    elif isinstance(operation, ops.AddConstraintOp):
        ddl.refuse_constraint(operation.to_constraint())
    elif isinstance(operation, RedshiftOp):
        operation.sql(redshift_dialect().identifier_preparer)


def created(table: sa.Table) -> Change:
    """Raises DesignError when Redshift cannot have such a table at all."""
    return CreateTable(check_table(table))


def dropped(table: sa.Table) -> Change:
    return DropTable(table.name, _text(table.schema))


def column_added(table: str, schema: Any, column: sa.Column[Any]) -> Change:
    return AddColumn(table, _text(schema), check_column(column, where=table))


def column_dropped(table: str, schema: Any, column: str) -> Change:
    return DropColumn(table, _text(schema), column)


def column_altered(
    table: str,
    schema: Any,
    column: str,
    *,
    nullable: bool | None = None,
    server_default: Any = False,
    type_: Any = None,
    comment: Any = False,
    name: str | None = None,
) -> list[Change]:
    """What ALTER COLUMN changes, and a rename as a change of its own. The arguments are Alembic's: False, None mean
    unchanged.
    """
    altered = {
        "nullable": nullable is not None,
        "default": server_default is not False,
        "type": type_ is not None,
        "comment": comment is not False,
    }
    changes: list[Change] = []
    if any(altered.values()):
        changed = frozenset(aspect for aspect, is_changed in altered.items() if is_changed)
        changes.append(AlterColumn(table, _text(schema), column, changed))
    if name is not None:
        changes.append(RenameColumn(table, _text(schema), column, name))
    return changes


def renamed(table: str, new_name: Any, schema: Any) -> Change:
    return RenameTable(table, _text(schema), str(new_name))


def constraint_added(constraint: Any) -> Change:
    table = constraint.table
    columns = tuple(column.name for column in getattr(constraint, "columns", ()))
    return AddConstraint(
        table.name, _text(table.schema), constraint.__visit_name__.removesuffix("_constraint"), columns
    )


def executed(sql: Any) -> Change:
    return RunSQL(str(sql))


def _text(schema: Any) -> str | None:
    return None if schema is None else str(schema)
