"""A rebuild as a script: the same order, with questions whose answer stops psql (a division by zero) instead of ours.

What only the warehouse knows cannot be in a script, so the script asks that there is nothing of it: no view that reads
the table, no foreign key to it, no other owner, no rights. Numbers of an IDENTITY column need a look as well: such a
table is built anew online.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from warehouse.db.create import Statement
from warehouse.db.sql import literal
from warehouse.errors import MigrationError
from warehouse.migrate.rebuild.carry import KeyNames
from warehouse.migrate.rebuild.plan import RebuildPlan
from warehouse.migrate.tables import table_of
from warehouse.schema import statements
from warehouse.schema.statements import qualified_name


def write(impl: Any, plan: RebuildPlan, names: KeyNames) -> None:
    """Print the rebuild. Raises MigrationError when it takes more than a script."""
    if plan.numbered is not None:
        raise MigrationError(
            f"{plan.table.qualified_name}: {plan.numbered.name} is an IDENTITY column, whose next number only the "
            "warehouse knows.",
            next_step="Run this revision online: alembic upgrade.",
        )
    preparer = impl.dialect.identifier_preparer
    print_ = _printer(impl)
    for line in str(plan).splitlines():
        impl.static_output(f"-- {line}")

    def create() -> None:
        for check in plan.checks(preparer):
            print_(_unless(f"({check.query}) = 0", check.fault.format(count="some")))
        impl.make_table(table_of(replace(plan.beside, sort=None) if _is_unsorted(plan) else plan.beside))

    def swap() -> None:
        print_(f"LOCK TABLE {plan.old(preparer)}")
        print_(_same(*plan.contents(preparer)))
        for check in plan.late_checks(preparer):
            print_(_unless(f"({check.query}) = 0", check.fault.format(count="some")))
        for statement in (*_nothing_hangs_on(plan), *_renames(plan, preparer)):
            print_(statement)
        for statement in names.statements(preparer, plan.table):
            print_(statement)
        for statement in statements.after_create(preparer, replace(plan.table, sort=None)):
            print_(statement)

    what = f"REBUILD {plan.table.qualified_name} {plan.fingerprint}"
    impl.numbered(f"{what}: create", create)
    if _is_unsorted(plan):
        unsorted = f"ALTER TABLE {plan.new(preparer)} ALTER SORTKEY NONE"
        impl.numbered(f"{what}: leave unsorted", lambda: print_(unsorted), alone=True)
    impl.numbered(f"{what}: copy", lambda: print_(plan.copy(preparer)), alone=True)
    impl.numbered(f"{what}: swap", swap)


def _printer(impl: Any) -> Any:
    def print_(sql: str) -> None:
        impl._exec(Statement(sql))

    return print_


def _is_unsorted(plan: RebuildPlan) -> bool:
    return plan.table.sort is not None and plan.table.sort.style == "none"


def _unless(condition: str, fault: str) -> str:
    """A query that fails unless the condition holds; the comment says what then is wrong."""
    return f"SELECT 1 / CASE WHEN {condition} THEN 1 ELSE 0 END /* stops when {_plain(fault)} */"


def _same(of_old: str, of_new: str) -> str:
    """A query that fails unless both queries, of one row each, answer alike."""
    return (
        f"SELECT 1 / COUNT(*) FROM (({of_old}) INTERSECT ({of_new})) AS same "
        "/* stops when the rows changed while they were copied */"
    )


def _nothing_hangs_on(plan: RebuildPlan) -> Iterator[str]:
    table, schema = literal(plan.table.name), plan.table.schema
    here = (
        f"SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = {table} "
        f"AND n.nspname = {literal(schema) if schema else 'current_schema()'}"
    )
    yield _unless(
        "(SELECT COUNT(*) FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid "
        f"WHERE d.deptype = 'n' AND d.refobjid = ({here})) = 0",
        "a view reads the table: run this revision online",
    )
    yield _unless(
        f"(SELECT COUNT(*) FROM pg_constraint WHERE confrelid = ({here}) AND conrelid <> confrelid) = 0",
        "another table refers to it: run this revision online",
    )
    if plan.table.owner is None:
        yield _unless(
            f"(SELECT COUNT(*) FROM pg_class WHERE oid = ({here}) AND pg_get_userbyid(relowner) = current_user) = 1",
            "somebody else owns the table: run this revision online",
        )
    if plan.table.grants is None:
        yield _unless(
            f"(SELECT COUNT(*) FROM svv_relation_privileges WHERE relation_name = {table}"
            + (f" AND namespace_name = {literal(schema)}" if schema else "")
            + ") = 0",
            "somebody was granted something on it: run this revision online",
        )


def _renames(plan: RebuildPlan, preparer: Any) -> Iterator[str]:
    yield f"ALTER TABLE {plan.old(preparer)} RENAME TO {preparer.quote(plan.name_before)}"
    yield f"ALTER TABLE {plan.new(preparer)} RENAME TO {preparer.quote(plan.table.name)}"
    yield f"DROP TABLE {qualified_name(preparer, plan.table.schema, plan.name_before)}"


def _plain(text: str) -> str:
    return text.replace("*/", "* /")
