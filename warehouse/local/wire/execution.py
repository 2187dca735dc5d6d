"""Plans that are ours: what PostgreSQL does not do by itself, or not with one statement.

Each runs between two of PostgreSQL's ReadyForQuery and says its answer, without one of its own: session.py adds that.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace

from warehouse.local import long_names
from warehouse.local.translate import Call, Commit, Copy, Fault, Pass, Plan, Refuse, Steps, Unload
from warehouse.local.wire import messages as m
from warehouse.local.wire import reply, serial
from warehouse.local.wire.calling import Caller
from warehouse.local.wire.faults import Faults
from warehouse.local.wire.history import Recorder
from warehouse.local.wire.moving import Failed, Mover
from warehouse.local.wire.questions import decide
from warehouse.local.wire.relay import DESCRIPTION, ClientGone, Relay
from warehouse.local.wire.statement import Statement
from warehouse.local.wire.upstream import Upstream, UpstreamError


class Execution(Relay):
    """A relay that can execute every plan."""

    # One for all sessions of the server.
    _certifier = serial.Certifier()

    def __init__(
        self, client: socket.socket, upstream: Upstream, mover: Mover, recorder: Recorder, faults: Faults
    ) -> None:
        super().__init__(client, upstream)
        self._mover = mover
        self._recorder = recorder
        self._faults = faults
        # Asked for by a fault: seconds that COPY is to take longer; that the next ReadyForQuery is not to be told.
        self._delay = 0.0
        self._hang_up = False
        self._caller = Caller(upstream, mover, recorder, self._say, self._certified_commit)
        self._last_error = self._last_tag = ""
        # An error was said since the last ReadyForQuery that the client saw.
        self._failed = False
        # The isolation level of the database (AWS r_CREATE_DATABASE).
        self._serializable = True
        # What a failed plan wants to have run once its transaction, which somebody else holds open, is rolled back.
        self._afterwards: list[str] = []

    def _look_at_names(self, statement: Statement) -> None:
        """Have names put back in the answer of `statement`, where some are longer than PostgreSQL's."""
        if long_names.known():
            self._plain -= DESCRIPTION
            self._renaming = self._renaming or statement.reads_names

    def _reads_log(self, statement: Statement) -> bool:
        """True for a statement that reads the query log, if only through a view of a user's."""
        return statement.reads_log or self._recorder.history.is_read_through_view(statement.sql)

    def _hand_log_over(self) -> None:
        """Give PostgreSQL the query log, before a statement that reads it."""
        if self._upstream.status != b"E":
            superuser = self._upstream.rows("SELECT pg_redshift.is_superuser()")[0][0] == "t"
            self._upstream.run(self._recorder.preparation(everything=superuser))

    def _run(self, statement: Statement, fault: Fault | None = None) -> bool:
        """Execute one statement and say its answer, without ReadyForQuery. False when it failed.

        `fault` is what goes wrong with it, when that is known already.
        """
        statement = statement.decided(decide(statement.plan, self._upstream))
        plan = statement.plan
        if isinstance(plan, Refuse):
            return self._execute_plan(plan)
        self._look_at_names(statement)
        entry = self._recorder.begin(statement, self._upstream.status)
        self._upstream.query_id, self._upstream.transaction = entry.id, entry.xid
        self._last_error = self._last_tag = ""
        done = False
        try:
            if self._reads_log(statement):
                self._hand_log_over()
                if view := statement.makes_view:
                    self._recorder.history.reader(view)
            if fault is None and self._faults.armed:
                fault = self._strike(statement)
            done = self._suffer(fault) if fault else self._execute_plan(plan)
        finally:
            error = "" if done else self._last_error or "the session ended"
            self._recorder.end(entry, statement, tag=self._last_tag, error=error)
        return done

    def _strike(self, statement: Statement) -> Fault | None:
        """The fault that a statement meets in place of its execution; others are noted for later."""
        if isinstance(statement.plan, Fault):
            return None
        alone = self._upstream.status == b"I"
        found = self._faults.strike(
            self._upstream.database, statement.word, alone=alone, serializable=self._serializable
        )
        if found is None or not (found.after or found.kind == "slow copy"):
            return found
        self._hang_up = self._hang_up or found.after
        self._delay = found.seconds if found.kind == "slow copy" else self._delay
        return None

    def _suffer(self, fault: Fault) -> bool:
        if fault.kind == "drop connection":
            raise ClientGone
        pid, xid = self._upstream.pid, self._upstream.transaction
        if fault.kind == "disk full":
            notice = reply.disk_full(self._upstream.query_id, pid)
        elif self._serializable:
            notice = reply.isolation_violation(0, (xid, xid + 1), pid)
        else:
            notice = m.error("XX000", reply.CONFLICT)
        if fault.kind == "conflict" and self._serializable and self._upstream.status == b"T":
            self._upstream.run("ROLLBACK")
        else:
            self._abort()
        self._failed = True
        self._last_error = notice.text
        self._say(notice.encode())
        return False

    def _ask_for_fault(self, fault: Fault) -> None:
        if self._upstream.status == b"E":
            raise Failed(reply.ABORTED)
        if self._upstream.rows("SELECT pg_redshift.is_superuser()")[0][0] != "t":
            raise Failed(m.error("42501", 'permission denied to set parameter "warehouse.fault"'))
        try:
            self._faults.ask(self._upstream.database, fault)
        except OSError as error:
            raise Failed(m.error("58030", f"the S3 endpoint does not answer: {error}")) from error
        self._last_tag = "SET"
        self._say(m.command_complete("SET"))

    def _execute_plan(self, plan: Plan) -> bool:
        try:
            if isinstance(plan, Refuse):
                if self._upstream.status == b"E" and plan.sqlstate != "42601" and not plan.said:
                    raise Failed(reply.ABORTED)
                raise Failed(refused(plan))
            if isinstance(plan, Copy | Unload):
                self._move(plan)
                return True
            if isinstance(plan, Fault):
                self._ask_for_fault(plan)
                return True
            if isinstance(plan, Steps) and plan.alone and self._upstream.status == b"T":
                raise Failed(m.error("25001", f"{plan.alone} cannot run inside a transaction block"))
            if isinstance(plan, Steps) and plan.inside and self._upstream.status == b"I":
                raise Failed(m.error("25P01", f"{plan.inside} may only be used in begin/end transaction blocks"))
        except Failed as failure:
            self._abort()
            self._last_error = failure.notice.text
            self._say(failure.notice.encode())
            return False
        if isinstance(plan, Commit):
            return self._commit()
        if isinstance(plan, Call):
            return self._call_procedure(plan)
        if isinstance(plan, Pass):
            plan = Steps(plan.sql)
        assert isinstance(plan, Steps)
        if plan.commits and self._upstream.status == b"T":
            self._upstream.run("COMMIT")
        if plan.apart:
            return self._steps(replace(plan, after=())) and self._quietly(plan.after)
        return self._steps(plan)

    def _steps(self, plan: Steps) -> bool:
        seen = 0
        # What comes after `main` may still fail; a client that has been told of success would take that error for the
        # answer to its next statement.
        completion: list[bytes] = []

        def only_main(kind: bytes, body: bytes) -> bytes | None:
            nonlocal seen
            wanted = seen == len(plan.before)
            if kind == b"E":
                return body
            if kind in (b"C", b"I"):
                seen += 1
                if not wanted:
                    return None
                told = m.text(plan.tag) if plan.tag and kind == b"C" else body
                if not plan.after:
                    return told
                completion.append(m.message(kind, told))
                return None
            return body if wanted or kind == b"N" else None

        # A single statement has nothing to hide: its rows need not be looked at.
        if plan.before or plan.after or plan.tag:
            self._filter = only_main
        self._owed.append(False)
        self._forward(m.query(plan.sql()))
        try:
            self._settle()
        finally:
            self._filter = None
        if not self._failed:
            for one in completion:
                self._say(one)
        return not self._failed

    def _commit(self) -> bool:
        """COMMIT, and what the client hears of it."""
        if self._upstream.status != b"T":  # PostgreSQL has something to say about that
            return self._steps(Steps("COMMIT"))
        refusal = self._certified_commit()
        if refusal is not None:
            self._last_error = refusal.text
            self._say(refusal.encode())
            return False
        self._last_tag = "COMMIT"
        self._say(m.command_complete("COMMIT"))
        return True

    def _certified_commit(self) -> m.Notice | None:
        """Commit the open transaction; in a serializable database only what could have run one after another.

        Returns why it was rolled back instead.
        """
        done = None
        if self._serializable:
            done = serial.Transaction.from_row(self._upstream.rows(serial.QUESTION)[0])
            if done and (other := self._certifier.admit(done)):
                self._upstream.run("ROLLBACK")
                table = min(done.reads & other.writes or other.reads & done.writes or done.writes)
                self._recorder.conflict = table
                return reply.isolation_violation(table, (other.xid, done.xid), self._upstream.pid)
        try:
            self._upstream.run("COMMIT")
        except UpstreamError as error:
            if done:
                self._certifier.forget(done)
            return reply.notice(error.notice)
        return None

    def _call_procedure(self, plan: Call) -> bool:
        """CALL: run the procedure, and answer with its INOUT and OUT arguments."""
        try:
            row = self._caller.run(plan)
        except Failed as failure:
            self._abort()
            self._last_error = failure.notice.text
            self._say(failure.notice.encode())
            return False
        if not row:
            self._last_tag = "CALL"
            self._say(m.command_complete("CALL"))
            return True
        if plan.bound is None:
            return self._steps(Steps(row, tag="CALL"))
        return self._bound_row(row, plan.bound[1])

    def _bound_row(self, query: str, bound: bytes) -> bool:
        """The row of `query`, in the formats that the client's Bind asked for."""

        def only_row(kind: bytes, body: bytes) -> bytes | None:
            return m.text("CALL") if kind == b"C" else body if kind in b"DE" else None

        bind = m.message(b"B", b"\0\0" + b"\0\0\0\0" + m.result_formats(bound))
        self._filter = only_row
        self._owed.append(False)
        self._forward(m.Parse("", query, b"\0\0").encode() + bind + m.message(b"E", b"\0\0\0\0\0") + m.SYNC)
        try:
            self._settle()
        finally:
            self._filter = None
        return not self._failed

    def _quietly(self, statements: Sequence[str]) -> bool:
        """Run what the client does not see, but for an error."""
        try:
            for one in statements:
                self._upstream.run(one)
        except UpstreamError as error:
            self._say(reply.notice(error.notice).encode())
            return False
        return True

    def _move(self, plan: Copy | Unload) -> None:
        own = self._upstream.status == b"I"
        if self._upstream.status == b"E":
            raise Failed(reply.ABORTED)
        self._flush()
        try:
            if own:
                self._upstream.run("BEGIN")
            # A load whose client is gone must not be there unseen: it is broken off, up to the commit.
            self._upstream.watch = self._stay
            try:
                tag, told = self._mover(plan, self._upstream)
                if self._delay:
                    seconds, self._delay = self._delay, 0.0
                    self._upstream.run(f"SELECT pg_catalog.pg_sleep({seconds})")
                self._upstream.look()
            finally:
                self._upstream.watch = None
            if own:
                self._upstream.run("COMMIT")
        except UpstreamError as error:
            if own:
                self._upstream.run("ROLLBACK")
            raise Failed(reply.notice(error.notice)) from error
        except Failed as failure:
            if own:
                self._upstream.run("ROLLBACK")
                if failure.afterwards:
                    self._upstream.run(failure.afterwards)
            elif failure.afterwards:
                self._afterwards.append(failure.afterwards)
            raise
        for one in told:
            self._say(m.error("00000", one, severity="INFO").encode(b"N"))
        self._last_tag = tag
        self._say(m.command_complete(tag))

    def _abort(self) -> None:
        """Leave an open transaction as a failed statement leaves it: aborted."""
        if self._upstream.status == b"T":
            try:
                self._upstream.run("SELECT pg_redshift.abort()")
            except UpstreamError:
                return


def refused(plan: Refuse) -> m.Notice:
    return m.error(plan.sqlstate, plan.message, detail=plan.detail, hint=plan.hint)
