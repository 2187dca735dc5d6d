"""A revision as numbered statements: each in a transaction or alone, as Redshift demands, and none of them twice.

Which statement must be alone is told by its text (`warehouse.redshift.transactions`), so a revision need not know.
Around such a statement the row in alembic_history says how far the revision has come:

    BEGIN; 1; 2; row: 2 finished, 3 begun; COMMIT
    3
    row: 3 finished
    BEGIN; 4; row: applied; COMMIT

A run that is killed at any point can be started again: finished statements are counted and left out. Only between 3 and
the row after it nobody can know from the table whether 3 is done; then the catalog is asked, or, when a statement
cannot be recognised there and may not be repeated, a person.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.db.failures import server_error
from warehouse.errors import MigrationError
from warehouse.migrate.execution.history import NOTHING, Entry
from warehouse.redshift.transactions import boundary, is_control, is_repeatable

log = logging.getLogger("alembic.runtime.migration.steps")

# What a person answers about a statement of which nobody knows whether it is done: `-x step=done` or `-x step=again`.
Answer = Literal["done", "again"]
_SHOWN = 120  # characters of a statement in a message


@dataclass
class Run:
    """One revision in one direction, while it runs or is printed.

    `entry` is what is known when it begins. `keep(entry, inside)` writes it down: in the transaction that is about to
    end, or in autocommit. `outside()` ends the transaction for as long as it is entered.
    """

    entry: Entry
    keep: Callable[[Entry, bool], None]
    outside: Callable[[], AbstractContextManager[Any]]
    answer: Answer | None = None
    number: int = 0
    # Writes that a revision made past the ops: they are not numbered, so they must not come before a commit of ours.
    unrecorded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.finished = self.entry.steps
        self._sum = hashlib.sha256()
        self.digest = NOTHING

    @property
    def left_transaction(self) -> bool:
        """Is a part of the revision in the warehouse for good?"""
        return self.entry.steps > 0

    def perform(
        self, text: str, execute: Callable[[], Any], is_done: Callable[[], bool] | None = None, *, alone: bool = False
    ) -> Any:
        """Run one statement, unless an earlier run finished it.

        `is_done` looks at the catalog; `alone` keeps out of the transaction what could be in it. Raises MigrationError
        when the statement cannot be run without a risk.
        """
        if is_control(text):
            raise MigrationError(
                f"A revision cannot say {shown(text)}.",
                next_step="Leave it out: each statement runs in a transaction or alone, as Redshift demands.",
            )
        before = self.digest
        self._sum.update(text.encode() + b"\0")
        self.digest = self._sum.hexdigest()
        self.number += 1
        if self.number <= self.finished:
            if self.number == self.finished and self.digest != self.entry.digest:
                raise self._changed()
            return None
        if not alone and boundary(text) is None:
            return execute()
        return self._alone(text, before, execute, is_done)

    def close(self) -> None:
        """The revision's function has returned. Raises MigrationError when it said less than an earlier run did."""
        if self.number < self.finished:
            raise self._changed()

    def _alone(self, text: str, before: str, execute: Callable[[], Any], is_done: Callable[[], bool] | None) -> Any:
        if self.unrecorded:
            raise MigrationError(
                f"{shown(text)} must run outside a transaction, and so would commit what the revision wrote past its "
                f"ops ({self.unrecorded[0]}): a run that is killed afterwards would write it twice.",
                next_step="Write with op.execute or op.bulk_insert, or put the statement into a revision of its own.",
            )
        is_in_doubt = self.number == self.finished + 1 and self.entry.begun == self.digest
        begun = replace(self.entry, state="running", steps=self.number - 1, digest=before, begun=self.digest)
        self._keep(begun, inside=True)
        with self.outside():
            result = None
            if not (is_in_doubt and self._is_done(text, is_done)):
                try:
                    result = self._try(execute, is_done if is_in_doubt else None)
                except sa.exc.DBAPIError as error:
                    if not is_in_doubt and _refused(error):
                        # It is not done, and nobody has to ask whether it is.
                        with contextlib.suppress(sa.exc.DBAPIError):
                            self._keep(replace(begun, begun=None), inside=False)
                    raise
            self._keep(replace(begun, steps=self.number, digest=self.digest, begun=None), inside=False)
        return result

    def _is_done(self, text: str, is_done: Callable[[], bool] | None) -> bool:
        """An earlier run began this statement, and its end was not recorded."""
        if is_repeatable(text) or self.answer == "again":
            return False
        if is_done is not None:
            done = is_done()
        elif self.answer == "done":
            done = True
        else:
            raise MigrationError(
                f"An earlier run began {shown(text)} and was stopped before it could say whether it is done.",
                next_step="Look, then say -x step=done or -x step=again with the same command.",
            )
        if done:
            log.info("Step %d was done already: %s", self.number, shown(text))
        return done

    def _try(self, execute: Callable[[], Any], is_done: Callable[[], bool] | None) -> Any:
        try:
            return execute()
        except sa.exc.DBAPIError:
            # The warehouse may have gone on with the earlier run's statement after its client was gone.
            if is_done is None or not is_done():
                raise
            return None

    def _keep(self, entry: Entry, *, inside: bool) -> None:
        self.keep(entry, inside)
        self.entry = entry

    def _changed(self) -> MigrationError:
        return MigrationError(
            f"{self.entry.revision} ran in part, and its first {self.finished} statements are not those that ran.",
            next_step="Put them back as they were (see the file's history); what comes after them may be mended.",
        )


def _refused(error: sa.exc.DBAPIError) -> bool:
    """Whether the server itself has said no, over a connection that still stands."""
    return not error.connection_invalidated and bool(server_error(error).code)


def shown(text: str) -> str:
    """A statement as a message shows it: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} …"
