"""Runs Alembic's plan: each of its steps becomes a `Run`, with alembic_history beside it.

Alembic hands out revision after revision, calls each one's function and writes its version. The conductor puts itself
around the function, so that every statement passes `Run.perform`, and behind the version, in the same transaction.
"""

from __future__ import annotations

import functools
import getpass
import os
import re
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event

from warehouse.migrate.execution import guard, history
from warehouse.migrate.execution.fingerprint import fingerprint
from warehouse.migrate.execution.history import Direction, Entry
from warehouse.migrate.execution.steps import Answer, Run, shown


@dataclass
class Conductor:
    """One command that changes the warehouse, or prints how. `accepted` names revisions that may have been edited."""

    context: MigrationContext
    accepted: Collection[str] = ()
    answer: Answer | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    run: Run | None = None
    _before: Entry | None = None

    def __post_init__(self) -> None:
        # A printed script is run by somebody else, and is the same whoever prints it.
        self._writer = "a printed script" if self.context.as_sql else writer()
        self.history = history.table(self.context.version_table_schema)
        self._plan: Callable[..., Iterable[Any]] = self.context._migrations_fn or (lambda *_: ())
        if "destination_rev" in self.context.opts:
            self.context._migrations_fn = self._steps

    def prepare(self) -> None:
        """Make alembic_history where it is missing, read it, and refuse what must not run. Online only."""
        connection = self.context.connection
        assert connection is not None
        with connection.begin():
            if not sa.inspect(connection).has_table(self.history.name, schema=self.history.schema):
                for statement in history.creation(self.history):
                    connection.execute(statement)
            self.entries = {entry.revision: entry for entry in history.read(connection, self.history)}

    def _steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        self._guard(heads)
        steps = list(self._plan(heads, context))
        if context.as_sql and steps:
            context.impl.static_output(r"\set ON_ERROR_STOP on")
            for statement in history.creation(self.history):
                context.impl._exec(statement)
        for step in steps:
            if step.info.is_migration:
                self._begin(step)
            yield step

    def _guard(self, heads: tuple[str, ...]) -> None:
        script = self.context.script
        if script is not None and self.context.opts.get("destination_rev") == "head":
            guard.one_head(script)
        if self.context.as_sql or script is None or self.context.purge:
            return
        guard.one_row(heads, script, self.context.version_table)
        guard.known(heads, script)
        if not self._is_stamp:
            guard.has_file(self.entries.values(), script)
            for entry in guard.unedited(self.entries.values(), script, self.accepted):
                self._accept(entry)

    @property
    def _is_stamp(self) -> bool:
        # Alembic tells by nothing else than the name of the function that it made for the command.
        return getattr(self._plan, "__name__", "") == "do_stamp"

    def _accept(self, entry: Entry) -> None:
        connection, script = self.context.connection, self.context.script
        assert connection is not None and script is not None
        revision = script.get_revision(entry.revision)
        assert revision is not None
        accepted = replace(entry, fingerprint=fingerprint(Path(revision.path)))
        connection.execute(history.update_row(self.history, accepted, self._writer))
        connection.commit()
        self.entries[entry.revision] = accepted

    def _begin(self, step: Any) -> None:
        direction: Direction = "upgrade" if step.is_upgrade else "downgrade"
        revision = step.revision.revision
        # A downgrade begins with what the revision left; that is put back when nothing of it comes to be.
        before = self.entries.get(revision)
        self._before = before if before is not None and before.state == "applied" else None
        running = next((entry for entry in self.entries.values() if entry.state == "running"), None)
        guard.goes_on(running, revision, direction)
        fresh = Entry(revision, direction, "running", fingerprint(Path(step.revision.path)))
        run = Run(running or fresh, self._keep, self.context.impl.outside_transaction, self.answer)  # type: ignore[attr-defined]
        self.run = run
        function = step.migration_fn

        @functools.wraps(function)
        def perform(**kw: Any) -> None:
            self.context.impl.run = run  # type: ignore[attr-defined]
            try:
                function(**kw)
            finally:
                self.context.impl.run = None  # type: ignore[attr-defined]
            run.close()

        step.migration_fn = perform

    def applied(self, step: Any) -> None:
        """A version was written: say so in the history, in the same transaction."""
        if step.is_stamp:
            self._stamped(step)
            return
        assert self.run is not None
        entry = self.run.entry
        if entry.direction == "upgrade":
            done = replace(entry, state="applied", begun=None, steps=self.run.number, digest=self.run.digest)
            self._execute(*history.replace_row(self.history, done, self._writer))
            self.entries[done.revision] = done
        else:
            self._execute(history.forget(self.history, entry.revision))
            self.entries.pop(entry.revision, None)
        self.run = None
        if not self.context.as_sql and self.context.script is not None:
            guard.one_row(self._versions(), self.context.script, self.context.version_table)

    def _stamped(self, step: Any) -> None:
        """Whoever stamps says that the tables are at that revision: nothing is half done, and what is above never
        ran.
        """
        if self.context.as_sql:
            return
        script = self.context.script
        assert script is not None
        below = {one.revision for one in script.iterate_revisions(step.destination_revision_ids, "base")}
        for entry in list(self.entries.values()):
            if entry.state == "running" or entry.revision not in below:
                self._execute(history.forget(self.history, entry.revision))
                del self.entries[entry.revision]

    def _keep(self, entry: Entry, inside: bool) -> None:
        if not entry.steps and entry.begun is None:  # nothing of it has been done
            if self._before is not None:
                entry = self._before
            elif entry.direction == "upgrade":
                self._execute(history.forget(self.history, entry.revision))
                self.entries.pop(entry.revision, None)
                return
        if inside:
            self._execute(*history.replace_row(self.history, entry, self._writer))
        else:
            self._execute(history.update_row(self.history, entry, self._writer))
        self.entries[entry.revision] = entry

    def _execute(self, *statements: sa.Executable) -> None:
        impl = self.context.impl
        run, impl.run = impl.run, None  # type: ignore[attr-defined]
        try:
            for statement in statements:
                impl._exec(statement)
        finally:
            impl.run = run  # type: ignore[attr-defined]

    def _versions(self) -> list[str]:
        connection = self.context.connection
        assert connection is not None
        return list(connection.execute(sa.select(self.context._version.c.version_num)).scalars())


@contextmanager
def past_the_ops(connection: sa.Connection, impl: Any) -> Iterator[None]:
    """Note what a revision writes over `op.get_bind()`, which no step counts."""

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if impl.run is not None and not impl.executing and not _READS.match(statement):
            impl.run.unrecorded.append(shown(statement))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", note)


# WITH begins a query: Redshift's DML may begin with it too, but nobody writes that in a revision.
_READS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:SELECT|WITH|SHOW|EXPLAIN|SET)\b", re.IGNORECASE | re.DOTALL)


@functools.cache
def writer() -> str:
    """Who runs this migration: user, host and process."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "?"
    return f"{user}@{socket.gethostname()} pid {os.getpid()}"[:256]
