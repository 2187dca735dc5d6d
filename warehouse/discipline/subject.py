"""What a rule looks at: frozen values that come from the models, from autogenerate or from a running migration alike.

A rule names the one kind of subject that it judges, and cannot tell who asked. A table that is created, by a model or
by a revision, is judged as a `TableDesign`; each of its columns, and each column that is added later, as a
`ColumnSubject`; everything else a migration does is one of the changes below. They are neutral: no SQLAlchemy, no
Alembic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from warehouse.schema.design import ColumnDesign, Distribution, ForeignKeyDesign, SortKey, TableDesign, qualified


@dataclass(frozen=True)
class Change:
    """One thing that a migration does."""

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
class RunSQL(Change):
    """SQL that a revision executes as it stands. Text is all that is known of it."""

    text: str

    @property
    def where(self) -> str:
        return "SQL"


@dataclass(frozen=True)
class ColumnSubject:
    """A column, of a table that is created or added to one that exists. `design` is None when the table is not
    known."""

    table: str
    schema: str | None
    column: ColumnDesign
    design: TableDesign | None = None

    @property
    def of_table(self) -> str:
        return qualified(self.schema, self.table)

    @property
    def where(self) -> str:
        return f"{self.of_table}.{self.column.name}"


@dataclass(frozen=True)
class WaiverUse:
    """A waiver, after the rules have run: did it hold anything back? `known` is False for a code that no rule has."""

    holder: str
    code: str
    reason: str
    used: bool
    known: bool

    @property
    def of_table(self) -> str:
        return self.holder

    @property
    def where(self) -> str:
        return self.holder


Subject = TableDesign | ColumnSubject | WaiverUse | Change


def expand(subject: TableDesign | Change) -> Iterator[Subject]:
    """Everything that rules judge in what was handed in: a table is itself and its columns, and so is its creation."""
    yield subject
    if isinstance(subject, CreateTable):
        yield from expand(subject.design)
    elif isinstance(subject, TableDesign):
        for column in subject.columns:
            yield ColumnSubject(subject.name, subject.schema, column, subject)
    elif isinstance(subject, AddColumn):
        yield ColumnSubject(subject.table, subject.schema, subject.column)


def where(subject: Subject) -> str:
    """What a finding about this subject calls it."""
    return subject.qualified_name if isinstance(subject, TableDesign) else subject.where


def table_of(subject: Subject) -> str:
    """The table that this subject belongs to; empty when it cannot be known."""
    return subject.qualified_name if isinstance(subject, TableDesign) else subject.of_table
