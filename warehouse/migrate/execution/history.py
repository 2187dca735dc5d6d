"""`alembic_history`, the table beside alembic_version: which revisions ran, what they said, how far one has come.

A revision that ran whole has a row in state "applied" until it is undone. One that had to leave its transaction has a
row in state "running" meanwhile: `steps` statements are finished, `digest` is what they said; `begun` is set while a
statement runs that cannot share a transaction with this row, so whether it is done must be seen from the catalog.

A revision that stays in its transaction writes one row, together with its version: it is there whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, SetColumnComment, SetTableComment

Direction = Literal["upgrade", "downgrade"]
State = Literal["running", "applied"]

NAME = "alembic_history"
# The digest of no statements.
NOTHING = ""


@dataclass(frozen=True)
class Entry:
    """What is known of one revision."""

    revision: str
    direction: Direction
    state: State
    fingerprint: str
    steps: int = 0
    digest: str = NOTHING
    begun: str | None = None


def told(steps: int) -> str:
    """So many statements, as the beginning of a sentence."""
    return "Its first statement is" if steps == 1 else f"Its first {steps} statements are"


def table(schema: str | None = None) -> sa.Table:
    """The table, with a design of its own: a few rows, on every node."""

    def column(name: str, type_: Any, comment: str, *, null: bool = False) -> sa.Column[Any]:
        return sa.Column(name, type_, nullable=null, comment=comment, redshift_encode="raw")

    return sa.Table(
        NAME,
        sa.MetaData(),
        column("revision", sa.VARCHAR(32), "The Alembic revision."),
        column("direction", sa.VARCHAR(9), "upgrade or downgrade."),
        column("state", sa.VARCHAR(8), "applied, or running while a part of its steps is finished."),
        column("fingerprint", sa.VARCHAR(64), "What the revision said when it ran (SHA-256)."),
        column("steps", sa.INTEGER, "How many of its statements are finished."),
        column("digest", sa.VARCHAR(64), "What these statements said (SHA-256)."),
        column("begun", sa.VARCHAR(64), "The digest with the statement that runs alone now.", null=True),
        column("changed_at", sa.TIMESTAMP, "When this row was written, in UTC."),
        column("changed_by", sa.VARCHAR(256), "Who wrote it: user, host and process."),
        sa.PrimaryKeyConstraint("revision", name=f"{NAME}_pkey"),
        schema=schema,
        comment="Written by warehouse.migrate: which migrations have run, and how far one has come.",
        redshift_diststyle="ALL",
    )


def creation(made: sa.Table) -> Sequence[sa.Executable]:
    """The statements that make a table of ours where it is missing, comments included."""
    comments = [SetColumnComment(column) for column in made.columns if column.comment]
    return (CreateTable(made, if_not_exists=True), SetTableComment(made), *comments)


def read(connection: sa.Connection, history: sa.Table) -> list[Entry]:
    """All rows, in no order."""
    names = [column.name for column in history.columns][:7]
    rows = connection.execute(sa.select(*(history.c[name] for name in names))).mappings()
    return [Entry(**row) for row in rows]


def replace_row(history: sa.Table, entry: Entry, by: str) -> Sequence[sa.Executable]:
    """The statements that put `entry` in the place of the revision's row; to be run in one transaction."""
    return (forget(history, entry.revision), history.insert().values(**_values(entry, by)))


def update_row(history: sa.Table, entry: Entry, by: str) -> sa.Executable:
    """The same as one statement, for a row that is there."""
    return history.update().where(history.c.revision == entry.revision).values(**_values(entry, by))


def forget(history: sa.Table, revision: str) -> sa.Executable:
    """The statement that removes a revision's row."""
    return history.delete().where(history.c.revision == revision)


def _values(entry: Entry, by: str) -> dict[str, object]:
    return {
        "revision": entry.revision,
        "direction": entry.direction,
        "state": entry.state,
        "fingerprint": entry.fingerprint,
        "steps": entry.steps,
        "digest": entry.digest,
        "begun": sa.null() if entry.begun is None else entry.begun,
        "changed_at": sa.func.getdate(),
        "changed_by": by,
    }
