"""What building a table anew will do, as a value: pure, printable, the same for each run of its revision.

It is made from the revision alone, which names the columns that the table has (`existing`), so that a run that goes on
after a kill comes to the same statements; the warehouse is held against it before anything happens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from warehouse.errors import MigrationError
from warehouse.migrate.rebuild.contents import sums
from warehouse.migrate.rebuild.conversions import convert, survives
from warehouse.redshift.keys import MOST_NAME_BYTES
from warehouse.redshift.types import RedshiftType, TypeRefused, parse_type
from warehouse.schema.design import ColumnDesign, TableDesign
from warehouse.schema.statements import qualified_name

BESIDE, BEFORE = "__rebuild", "__before"


@dataclass(frozen=True)
class Copied:
    """A column of the new table that gets values from the old one. `values` is SQL over the old table's columns."""

    column: str
    type: RedshiftType
    values: str
    # True for a value that would come back changed; None when none can.
    changed: str | None = None
    # A rewritten value: said by the revision, not worked out from the types.
    is_said: bool = False


@dataclass(frozen=True)
class Check:
    """A question to the old table before anything is made. A count above 0 stops the rebuild with `fault`."""

    query: str
    fault: str
    mend: str


@dataclass(frozen=True)
class RebuildPlan:
    """A table as it shall be, and how its rows get there. `existing` are the old columns with their types."""

    table: TableDesign
    existing: tuple[tuple[str, str], ...]
    copied: tuple[Copied, ...]

    @classmethod
    def make(
        cls, table: TableDesign, existing: Mapping[str, str], using: Mapping[str, str], preparer: Any
    ) -> RebuildPlan:
        """Raises MigrationError for a column whose values cannot be converted, or who is not known."""
        for name in using:
            if table.column(name) is None:
                raise MigrationError(
                    f"rebuild_table of {table.qualified_name}: using= names {name}, which the table will not have.",
                    next_step=f"Name one of {', '.join(column.name for column in table.columns)}.",
                )
        existing = {name: _read(table, name, kind) for name, kind in existing.items()}
        copied = [_copied(table, column, existing, using, preparer) for column in table.columns]
        plan = cls(table, tuple(existing.items()), tuple(one for one in copied if one is not None))
        if not plan.copied:
            raise MigrationError(
                f"rebuild_table of {table.qualified_name}: no column of the old table is in the new one.",
                next_step="Drop the table and create another one.",
            )
        return plan

    @property
    def dropped(self) -> tuple[str, ...]:
        """Columns whose values go with the old table."""
        return tuple(name for name, _ in self.existing if self.table.column(name) is None)

    @property
    def beside(self) -> TableDesign:
        """The new table while it stands beside the old one: another name, no keys, nobody's rights."""
        keyed = set(self.table.primary_key)
        columns = tuple(replace(one, nullable=one.nullable and one.name not in keyed) for one in self.table.columns)
        return replace(
            self.table,
            name=self.name_beside,
            columns=columns,
            primary_key=(),
            unique_keys=(),
            foreign_keys=(),
            owner=None,
            grants=None,
        )

    @property
    def name_beside(self) -> str:
        return _named(self.table.name, BESIDE)

    @property
    def name_before(self) -> str:
        return _named(self.table.name, BEFORE)

    @property
    def numbered(self) -> ColumnDesign | None:
        """The IDENTITY column, when its values come from the old table."""
        names = {one.column for one in self.copied}
        return next((one for one in self.table.columns if one.identity and one.name in names), None)

    @property
    def needs_stage(self) -> bool:
        """Only COPY … EXPLICIT_IDS gives values to a plain IDENTITY column."""
        return self.numbered is not None and not self.numbered.identity_by_default

    def copy(self, preparer: Any) -> str:
        """The statement that copies the rows."""
        return f"INSERT INTO {self.new(preparer)} ({self.columns(preparer)})\n{self.select(preparer)}"

    def columns(self, preparer: Any) -> str:
        """The columns that are copied, as a list."""
        return ", ".join(preparer.quote(one.column) for one in self.copied)

    def select(self, preparer: Any) -> str:
        """The values that are copied."""
        return f"SELECT {', '.join(one.values for one in self.copied)} FROM {self.old(preparer)}"

    def unloaded(self, preparer: Any) -> str:
        """The values as they go through files, where a missing SUPER has no mark of its own (AWS r_UNLOAD)."""
        listed = (f"JSON_SERIALIZE({one.values})" if one.type.name == "super" else one.values for one in self.copied)
        return f"SELECT {', '.join(listed)} FROM {self.old(preparer)}"

    def old(self, preparer: Any) -> str:
        """The table, under the name that it has and will have."""
        return qualified_name(preparer, self.table.schema, self.table.name)

    def new(self, preparer: Any) -> str:
        """The new table beside it."""
        return qualified_name(preparer, self.table.schema, self.name_beside)

    def contents(self, preparer: Any) -> tuple[str, str]:
        """Two queries of one row each that answer alike when the copy is complete: of the old table and the new."""
        of_old = sums((one.values if not one.is_said else f"({one.values})", one.type) for one in self.copied)
        of_new = sums((preparer.quote(one.column), one.type) for one in self.copied)
        return (
            f"SELECT {', '.join(of_old)} FROM {self.old(preparer)}",
            f"SELECT {', '.join(of_new)} FROM {self.new(preparer)}",
        )

    def late_checks(self, preparer: Any) -> Iterator[Check]:
        """What the new table's rows must meet, before it takes the old one's place: keys over columns that are new."""
        values = {one.column for one in self.copied}
        for kind, key in self._keys():
            if key and not set(key) <= values:
                yield _unique(kind, key, [preparer.quote(name) for name in key], self.new(preparer))

    def _keys(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield "primary", self.table.primary_key
        yield from (("unique", key) for key in self.table.unique_keys)

    def checks(self, preparer: Any) -> Iterator[Check]:
        """What the old table's rows must meet."""
        old = self.old(preparer)
        values = {one.column: one for one in self.copied}
        for one in self.copied:
            if one.is_said:
                # Nobody is asked what becomes of such values, but that there is one for each row.
                yield Check(
                    f"SELECT COUNT({one.values}) * 0 FROM {old}",
                    f"{{count}} values of {one.column} cannot be had from using=",
                    f'Mend the expression of using={{"{one.column}": "…"}}, or the rows that it fails for.',
                )
            if one.changed is not None:
                yield Check(
                    f"SELECT COUNT(*) FROM {old} WHERE {one.changed}",
                    f"{{count}} values of {one.column} would change on their way to {one.type}",
                    f'Mend them first, or say using={{"{one.column}": "…"}} for what shall become of them.',
                )
        keyed = set(self.table.primary_key)
        for column in self.table.columns:
            if column.nullable and column.name not in keyed:
                continue
            if column.name in values:
                yield Check(
                    f"SELECT COUNT(*) FROM {old} WHERE ({values[column.name].values}) IS NULL",
                    f"{{count}} rows have no {column.name}, which shall be NOT NULL",
                    f'Fill them first, or say using={{"{column.name}": "NVL(…)"}}.',
                )
            elif column.default is None and not column.identity:
                yield Check(
                    f"SELECT COUNT(*) FROM {old}",
                    f"{{count}} rows would have no {column.name}, which shall be NOT NULL and has no default",
                    f'Say using={{"{column.name}": "…"}}, or give it a default.',
                )
        for kind, key in self._keys():
            if key and all(name in values for name in key):
                yield _unique(kind, key, [values[name].values for name in key], old)

    @property
    def fingerprint(self) -> str:
        """A short name for exactly this plan."""
        return hashlib.sha256(repr((self.table, self.existing, self.copied)).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        lines = [f"rebuild {self.table.qualified_name}"]
        old = dict(self.existing)
        for column in self.table.columns:
            one = next((one for one in self.copied if one.column == column.name), None)
            if one is None:
                lines.append(f"  {column.name} {column.type}: {column.default or 'no values'}")
            elif one.values.strip('"') != column.name:
                lines.append(f"  {column.name} {old.get(column.name, '')} -> {column.type}: {one.values}")
            else:
                lines.append(f"  {column.name} {column.type}")
        lines += [f"  {name} {old[name]}: goes, with its values" for name in self.dropped]
        return "\n".join(lines)


def _unique(kind: str, key: Sequence[str], values: Sequence[str], table: str) -> Check:
    # A missing value repeats nothing.
    there = " AND ".join(f"{value} IS NOT NULL" for value in values)
    repeated = f"SELECT COUNT(*) AS n FROM {table} WHERE {there} GROUP BY {', '.join(values)} HAVING COUNT(*) > 1"
    return Check(
        f"SELECT COUNT(*) FROM ({repeated}) AS repeated",
        f"{{count}} values of the {kind} key ({', '.join(key)}) are there more than once",
        'Remove the repetitions first ("warehouse check" shows them), or take the key out of the model.',
    )


def _read(table: TableDesign, column: str, kind: str) -> str:
    """A type of `existing=` as the catalog spells it."""
    try:
        return str(parse_type(kind))
    except TypeRefused as refused:
        raise MigrationError(
            f"rebuild_table of {table.qualified_name}: existing= says that {column} is {kind}: {refused.reason}.",
            next_step=refused.instead,
        ) from refused


def _copied(
    table: TableDesign, column: ColumnDesign, existing: Mapping[str, str], using: Mapping[str, str], preparer: Any
) -> Copied | None:
    kind = column.redshift_type
    if column.name in using:
        return Copied(column.name, kind, f"CAST({using[column.name]} AS {str(kind).upper()})", is_said=True)
    if column.name not in existing:
        return None
    old, name = parse_type(existing[column.name]), preparer.quote(column.name)
    values = convert(name, old, kind)
    if values is None:
        raise MigrationError(
            f"{table.qualified_name}.{column.name}: Redshift has no conversion from {old} to {kind}.",
            next_step=f'Say using={{"{column.name}": "…"}} with an expression over the old columns.',
        )
    return Copied(column.name, kind, values, survives(name, old, kind))


def _named(table: str, suffix: str) -> str:
    """The table's name with a suffix, cut to what a name may have."""
    room = MOST_NAME_BYTES - len(suffix)
    return table.encode()[:room].decode(errors="ignore") + suffix


def spelled(existing: Sequence[ColumnDesign]) -> dict[str, str]:
    """Columns as `existing=` says them."""
    return {column.name: column.type for column in existing}
