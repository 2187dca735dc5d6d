"""`op.rebuild_table`: build a table anew, with its rows, for what Redshift cannot change in place.

    op.rebuild_table(
        "sale",
        sa.Column("id", sa.BIGINT(), nullable=False, comment="Number.", redshift_encode="raw"),
        sa.Column("amount", sa.DECIMAL(14, 2), comment="Amount.", redshift_encode="az64"),
        sa.PrimaryKeyConstraint("id", name="sale_pkey"),
        comment="One row per sale.",
        existing={"id": "integer", "amount": "numeric(12,2)"},
        using={"amount": "NVL(amount, 0)"},
    )

The table is said whole, as in op.create_table; `existing` names the columns that it has now. Columns of the same name
keep their values, converted when the type differs, and nothing is converted that would not survive; `using` says
otherwise. Owner, grants, foreign keys of other tables and views are carried over (warehouse/migrate/rebuild).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from alembic.operations import Operations, ops

from warehouse.discipline import Change, DropColumn, RebuildTable
from warehouse.migrate.ops import RedshiftOp
from warehouse.migrate.rebuild.carry import KeyNames
from warehouse.migrate.rebuild.plan import RebuildPlan
from warehouse.migrate.rebuild.run import Rebuild
from warehouse.schema.base import NAMING
from warehouse.schema.checks import check_table
from warehouse.schema.design import TableDesign, redshift_dialect


@Operations.register_operation("rebuild_table")
class RebuildTableOp(RedshiftOp):
    """A table as it shall be, from one that has the columns `existing`.

    `before` is the table as it was, when that is known; then there is a way back. `reasons` are for people.
    """

    word = "rebuild_table"

    def __init__(
        self,
        table: sa.Table,
        existing: Mapping[str, str],
        using: Mapping[str, str] | None = None,
        *,
        before: sa.Table | None = None,
        reasons: tuple[str, ...] = (),
    ) -> None:
        self.table = table
        self.table_name = table.name
        self.schema = None if table.schema is None else str(table.schema)
        self.existing = dict(existing)
        self.using = dict(using or {})
        self.before = before
        self.reasons = reasons

    @classmethod
    def rebuild_table(
        cls,
        operations: Operations,
        table_name: str,
        *columns: Any,
        existing: Mapping[str, str],
        using: Mapping[str, str] | None = None,
        **kw: Any,
    ) -> None:
        """Build a table anew, with its rows."""
        table = sa.Table(table_name, sa.MetaData(naming_convention=NAMING), *columns, **kw)
        operations.invoke(cls(table, existing, using))

    def plan(self, preparer: Any) -> RebuildPlan:
        """What will be done. Raises MigrationError for what cannot be."""
        return RebuildPlan.make(TableDesign.from_table(self.table), self.existing, self.using, preparer)

    @property
    def names(self) -> KeyNames:
        """What the keys are called."""
        unique = {
            tuple(column.name for column in one.columns): str(one.name)
            for one in self.table.constraints
            if isinstance(one, sa.UniqueConstraint) and one.name
        }
        design = TableDesign.from_table(self.table)
        for key in design.unique_keys:
            unique.setdefault(key, f"{design.name}_{'_'.join(key)}_key")
        primary = self.table.primary_key.name
        return KeyNames(str(primary) if primary else f"{design.name}_pkey", unique)

    def reverse(self) -> RebuildTableOp:
        if self.before is None:
            raise self.no_reverse("the table as it was", "op.rebuild_table in downgrade() yourself")
        columns = TableDesign.from_table(self.table).columns
        existing = {column.name: column.type for column in columns}
        return RebuildTableOp(self.before, existing, before=self.table, reasons=self.reasons)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name, "; ".join(self.reasons))

    def sql(self, preparer: Any) -> tuple[()]:
        """Nothing as such: it asks and decides as it goes. Raises MigrationError for what cannot be planned."""
        self.plan(preparer)
        return ()

    def changes(self) -> tuple[Change, ...]:
        plan = self.plan(redshift_dialect().identifier_preparer)
        dropped = (DropColumn(self.table_name, self.schema, name) for name in plan.dropped)
        return (RebuildTable(check_table(self.table)), *dropped)

    def render_in(self, context: AutogenContext) -> str:
        """The call in a revision: op.create_table's arguments, and what the table has now."""
        text = render._add_table(context, ops.CreateTableOp.from_table(self.table))
        arguments = text.partition("(")[2].rstrip().removesuffix(")").rstrip()
        prefix = text.partition("create_table(")[0]
        lines = [f"# {reason}" for reason in self.reasons]
        using = f",\nusing={self.using!r}" if self.using else ""
        lines.append(f"{prefix}rebuild_table({arguments},\nexisting={self.existing!r}{using}\n)")
        return "\n".join(lines)

    def run(self, impl: Any) -> None:
        impl.judge(self.changes())
        Rebuild(impl, self.plan(impl.dialect.identifier_preparer), self.names, impl.stage).run()
