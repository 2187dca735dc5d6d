"""What a migration does, as neutral values: no SQLAlchemy, no Alembic.

They come from autogenerate, from a running migration, or from the text of a revision (revision.py); a rule cannot tell
which. A table that is created is judged as a `TableDesign`, a view as a `ViewDesign`, an added column as a
`ColumnSubject` (subject.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from warehouse.discipline.finding import Place
from warehouse.schema.design import (
    ColumnDesign,
    Distribution,
    ForeignKeyDesign,
    SortKey,
    TableDesign,
    ViewDesign,
    qualified,
)
from warehouse.schema.grants import Grant


@dataclass(frozen=True)
class Change:
    """One thing that a migration does. `place` is where a revision says so, when that is known."""

    place: Place | None = field(default=None, kw_only=True, compare=False)

    @property
    def where(self) -> str:
        """What findings are about: the table, or table.column; empty when it cannot be known."""
        return ""

    @property
    def of_table(self) -> str:
        """The table, as findings are grouped by it; empty when it cannot be known."""
        return ""


@dataclass(frozen=True)
class TableChange(Change):
    """A change of one table."""

    table: str
    schema: str | None

    @property
    def of_table(self) -> str:
        return qualified(self.schema, self.table)

    @property
    def where(self) -> str:
        return self.of_table


@dataclass(frozen=True)
class CreateTable(Change):
    """CREATE TABLE. The rules for tables and columns judge the design."""

    design: TableDesign

    @property
    def of_table(self) -> str:
        return self.design.qualified_name

    @property
    def where(self) -> str:
        return self.of_table


@dataclass(frozen=True)
class RebuildTable(CreateTable):
    """A table built anew with its rows, for what cannot be changed in place."""


@dataclass(frozen=True)
class DropTable(TableChange):
    """DROP TABLE."""


@dataclass(frozen=True)
class RenameTable(TableChange):
    """ALTER TABLE … RENAME TO."""

    new_name: str


@dataclass(frozen=True)
class SetTableComment(TableChange):
    """COMMENT ON TABLE; None removes it."""

    comment: str | None


@dataclass(frozen=True)
class AlterDistribution(TableChange):
    """ALTER TABLE … ALTER DISTSTYLE / DISTKEY. None as `old` is "not known"."""

    new: Distribution
    old: Distribution | None = None


@dataclass(frozen=True)
class AlterSortKey(TableChange):
    """ALTER TABLE … ALTER SORTKEY. None as `old` is "not known"."""

    new: SortKey
    old: SortKey | None = None


@dataclass(frozen=True)
class AddColumn(TableChange):
    """ALTER TABLE … ADD COLUMN. The rules for columns judge the column."""

    column: ColumnDesign

    @property
    def where(self) -> str:
        return f"{self.of_table}.{self.column.name}"


@dataclass(frozen=True)
class DropColumn(TableChange):
    """ALTER TABLE … DROP COLUMN."""

    column: str

    @property
    def where(self) -> str:
        return f"{self.of_table}.{self.column}"


@dataclass(frozen=True)
class RenameColumn(TableChange):
    """ALTER TABLE … RENAME COLUMN."""

    column: str
    new_name: str

    @property
    def where(self) -> str:
        return f"{self.of_table}.{self.column}"


@dataclass(frozen=True)
class AlterColumn(TableChange):
    """Any change of an existing column. `changed` names what is altered: type, nullable, default, encode, comment,
    identity.

    `old` and `new` hold the column before and after, as far as it is known.
    """

    column: str
    changed: frozenset[str]
    new: ColumnDesign | None = None
    old: ColumnDesign | None = None
    # The new encoding, when that is what changes.
    encode: str | None = None

    @property
    def where(self) -> str:
        return f"{self.of_table}.{self.column}"


@dataclass(frozen=True)
class AddConstraint(TableChange):
    """ALTER TABLE … ADD PRIMARY KEY / UNIQUE / FOREIGN KEY; or something that Redshift has not, told by `kind`."""

    kind: str
    columns: tuple[str, ...] = ()
    foreign_key: ForeignKeyDesign | None = None


@dataclass(frozen=True)
class DropConstraint(TableChange):
    """ALTER TABLE … DROP CONSTRAINT."""

    name: str


@dataclass(frozen=True)
class CreateView(Change):
    """CREATE [MATERIALIZED] VIEW, or its replacement. The rules for views judge the design."""

    design: ViewDesign

    @property
    def of_table(self) -> str:
        return self.design.qualified_name

    @property
    def where(self) -> str:
        return self.of_table


@dataclass(frozen=True)
class DropView(TableChange):
    """DROP [MATERIALIZED] VIEW."""


@dataclass(frozen=True)
class GrantPrivileges(TableChange):
    """GRANT on a table or view."""

    grant: Grant


@dataclass(frozen=True)
class RunSQL(Change):
    """SQL that a revision executes as it stands. The rules for statements judge what it holds."""

    text: str

    @property
    def where(self) -> str:
        return "SQL"


@dataclass(frozen=True)
class Impossible(Change):
    """A step whose table or column Redshift cannot have: `fault` and `mend` say why."""

    table: str
    fault: str
    mend: str

    @property
    def of_table(self) -> str:
        return self.table

    @property
    def where(self) -> str:
        return self.table


@dataclass(frozen=True)
class Unreadable(Change):
    """A step whose arguments are only known when the revision runs: `text` is the call as it is written."""

    text: str

    @property
    def where(self) -> str:
        return "revision"
