"""One client: what is passed on to PostgreSQL, what is worked out here, and what comes back.

A statement is translated to a plan (translate/plan.py). `Pass` flows through: in the extended protocol too, where the
client's messages go on as they are but for the text of Parse. Every other plan is *ours*. In the extended protocol
PostgreSQL holds an empty statement in its place, so that Parse, Bind, Describe and Close keep their order and their
errors, and only Execute stops the flow: what was sent is finished first (`_pause`), then the plan runs, then the flow
goes on.

A batch that a client ends with one Sync is one transaction. When a plan of ours stops the flow in the middle of one,
what PostgreSQL has done of it so far is held open in a block (`_held`), of which the client sees nothing and which ends
with its Sync.

How bytes go to and fro: relay.py. How plans of ours run: execution.py.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import replace

from warehouse.local import long_names
from warehouse.local.translate import Ask, Call, Commit, Pass, Plan, Refuse, Steps
from warehouse.local.wire import messages as m
from warehouse.local.wire import reply
from warehouse.local.wire.execution import Execution, refused
from warehouse.local.wire.faults import Faults
from warehouse.local.wire.history import Recorder
from warehouse.local.wire.moving import Mover
from warehouse.local.wire.questions import decide
from warehouse.local.wire.relay import DESCRIPTION, PLAIN, ClientGone
from warehouse.local.wire.statement import Statement, statements
from warehouse.local.wire.upstream import Upstream, UpstreamError

# A statement that PostgreSQL refuses; its answer is put in the words of the refusal that it stands for.
_SENTINEL = "pg_redshift.refused"
_REFUSED = f"SELECT FROM {_SENTINEL}"
_LEVEL = "SELECT upper(current_setting('redshift.isolation_level', true))"
# Opens a block around what the batch has done so far: PostgreSQL takes that in (its documentation, "Pipelining").
_HOLD = (
    m.Parse("pg_redshift.hold", "BEGIN", b"\0\0").encode()
    + m.message(b"B", m.text("pg_redshift.hold") * 2 + b"\0" * 6)
    + m.message(b"E", m.text("pg_redshift.hold") + b"\0" * 4)
    + m.message(b"C", b"P" + m.text("pg_redshift.hold"))
    + m.message(b"C", b"S" + m.text("pg_redshift.hold"))
)


class Session(Execution):
    """The conversation with one authenticated client."""

    def __init__(
        self, client: socket.socket, upstream: Upstream, mover: Mover, recorder: Recorder, faults: Faults
    ) -> None:
        super().__init__(client, upstream, mover, recorder, faults)
        # What prepared statements and portals stand for.
        self._statements: dict[str, Statement] = {}
        self._portals: dict[str, Statement] = {}
        # The client has begun an extended batch and not ended it with Sync; it has executed something in it; what it
        # executed begins or ends a block.
        self._open = self._executed = self._controlled = False
        # The batch's transaction is held open in a block that the client knows nothing of.
        self._held = False
        # A statement of ours failed: PostgreSQL knows nothing of it, so we skip until Sync in its place.
        self._skipping = False
        # What the client reads instead of PostgreSQL's answer to _REFUSED.
        self._refusal: Refuse | None = None
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            b"Q": self._query, b"P": self._parse, b"B": self._bind, b"E": self._execute, b"C": self._close,
            b"D": self._describe, b"H": self._send_out, b"S": self._sync, b"X": self._leave, b"F": self._call,
            # Stray copy data is dropped, as PostgreSQL does.
            b"d": self._drop, b"c": self._drop, b"f": self._drop,
        }  # fmt: skip

    def run(self) -> None:
        """Serve the client until it leaves. Raises UpstreamGone when PostgreSQL goes away first."""
        with contextlib.suppress(ClientGone):  # it may hang up at any time, behind its last word too
            try:
                self._serve()
            except m.ProtocolError as problem:
                self._say(m.error("08P01", f"protocol violation: {problem}", severity="FATAL").encode())
                self._flush()

    def _serve(self) -> None:
        self._serializable = self._upstream.rows(_LEVEL)[0][0] != "SNAPSHOT"
        while True:
            for kind, body in self._reader:
                self._handle(kind, body)
            self._push()
            self._flush()
            if self._owed and not self._open:
                self._settle()
            elif self._owed or self._open or self._encrypted:
                self._wait([self._client, self._upstream.socket])
            else:
                self._idle()

    # --- what the client says ---------------------------------------------------------------------------------

    def _handle(self, kind: bytes, body: bytes) -> None:
        if self._skipping and kind not in b"SX":
            return
        handler = self._handlers.get(kind)
        if handler is None:
            raise m.ProtocolError(f"unknown message type {kind!r}")
        if kind in b"PBEDCH":
            self._open = True
        handler(body)

    def _query(self, body: bytes) -> None:
        if self._pause(hold=False):  # of a batch without Sync; PostgreSQL, too, commits it here
            self._release()
            self._end_batch()
            self._simple(m.take_text(body)[0])

    def _simple(self, text: str) -> None:
        found = statements(text)
        if not found:
            self._say(m.EMPTY_QUERY)
            self._say_ready()
            return
        if len(found) == 1:
            found = (found[0].decided(decide(found[0].plan, self._upstream)),)
        status = self._upstream.status
        if (len(found) == 1 or status == b"T") and not self._faults.armed:
            passed = [one.plan.sql for one in found if isinstance(one.plan, Pass) and not self._reads_log(one)]
            if len(passed) == len(found):
                for one in found:
                    self._recorder.wait(one, status, 0)
                    self._look_at_names(one)
                self._owed.append(True)
                self._forward(m.query(passed[0] if len(passed) == 1 else ";\n".join(passed)))
                return
        # Several statements in one message are one transaction, unless they say otherwise themselves.
        wrap = len(found) > 1 and status == b"I" and not any(_controls(one.plan) for one in found)
        failed = False
        if wrap:
            self._upstream.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        for one in found:
            if not self._run(one):
                failed = True
                break
        if wrap:
            self._upstream.run("ROLLBACK" if failed else "COMMIT")
        self._say_ready()

    def _parse(self, body: bytes) -> None:
        parse = m.parse_parse(body)
        found = statements(parse.query)
        self._statements.pop(parse.name, None)
        if len(found) > 1:
            self._refuse(Refuse("cannot insert multiple commands into a prepared statement", "42601"))
            return
        text = ""
        if found:
            statement = found[0]
            if isinstance(statement.plan, Ask):
                if not self._pause(hold=True):
                    return
                statement = statement.decided(decide(statement.plan, self._upstream))
            if isinstance(statement.plan, Refuse):
                self._refuse(statement.plan)
                return
            self._statements[parse.name] = statement
            self._look_at_names(statement)
            if not parse.name and not self._prepare(statement):
                return
            if isinstance(statement.plan, Pass):
                text = statement.plan.sql
            elif isinstance(statement.plan, Commit):  # in an aborted block nothing else can be bound
                text = "COMMIT"
            elif isinstance(statement.plan, Call):  # it has the shape of what the call answers
                text = statement.plan.sql()
                self._plain = PLAIN - DESCRIPTION
                self._statements[parse.name] = replace(
                    statement, plan=replace(statement.plan, bound=(parse.types, b""))
                )
        self._request(m.Parse(parse.name, text, parse.types).encode())

    def _bind(self, body: bytes) -> None:
        portal, name = m.parse_bind(body)
        statement = self._statements.get(name)
        if statement is None:
            self._portals.pop(portal, None)
        else:
            if isinstance(plan := statement.plan, Call) and plan.bound is not None:
                plan = replace(plan, bound=(plan.bound[0], m.bound(body)))
                statement = replace(statement, plan=plan)
            self._portals[portal] = statement
            if name and not self._prepare(statement):
                return
            if statement.reads_names and long_names.known():
                body = m.with_short_names(body)
        self._request(m.message(b"B", body))

    def _execute(self, body: bytes) -> None:
        statement = self._portals.get(m.take_text(body)[0])
        if statement is None:
            self._request(m.message(b"E", body))
            return
        plan = statement.plan
        self._look_at_names(statement)
        if isinstance(plan, Pass):
            if self._faults.armed and (fault := self._strike(statement)):
                if self._pause(hold=self._executed):
                    self._skipping = not self._run(statement, fault)
                return
            if plan.control:
                self._controlled, self._held = True, False
            self._executed = True
            self._recorder.wait(statement, self._upstream.status, self._sent)
            self._request(m.message(b"E", body))
            return
        # Alone in its batch, a plan is a transaction of its own, and may be one that takes no other.
        apart = isinstance(plan, Steps) and bool(plan.alone or plan.apart or plan.commits)
        alone = not self._executed and (apart or isinstance(plan, Commit) or self._reader.begins_with(b"S"))
        if not self._pause(hold=not alone):
            return
        self._executed = True
        if isinstance(plan, Commit):
            self._controlled, self._held = True, False
        self._skipping = not self._run(statement)

    def _close(self, body: bytes) -> None:
        (self._statements if body[:1] == b"S" else self._portals).pop(m.take_text(body, 1)[0], None)
        self._request(m.message(b"C", body))

    def _describe(self, body: bytes) -> None:
        self._request(m.message(b"D", body))

    def _send_out(self, body: bytes) -> None:
        if self._sent:
            self._forward(m.message(b"H", body))

    def _sync(self, _: bytes) -> None:
        self._open = False
        if self._held and not self._skipping:
            self._pause(hold=False)
        if self._held or self._skipping or not self._sent:
            self._release()
            self._settle()
            self._say_ready()
        else:
            self._owed.append(True)
            self._sent = 0
            self._forward(m.SYNC)
        self._end_batch()

    def _leave(self, _: bytes) -> None:
        raise ClientGone

    def _call(self, _: bytes) -> None:
        self._settle()
        self._say(m.error("0A000", "not emulated: function call messages").encode())
        self._say_ready()

    def _drop(self, _: bytes) -> None:
        pass

    # --- batches ----------------------------------------------------------------------------------------------

    def _request(self, data: bytes) -> None:
        self._sent += 1
        self._forward(data)

    def _pause(self, *, hold: bool) -> bool:
        """Finish what was sent in this batch, without showing the client that it is finished.

        Outside a block that commits it, unless the batch is to be held open. False when it failed: skip the rest.
        """
        self._settle()
        hold = hold and self._upstream.status == b"I" and not self._controlled
        if self._sent:
            sent, answered = self._sent, self._answered

            def before_hold(kind: bytes, body: bytes) -> bytes | None:
                nonlocal answered
                shown = answered < sent
                if kind in b"123TnCIs":
                    answered += 1
                return body if shown or kind == b"E" else None

            self._sent = 0
            self._owed.append(False)
            if hold:
                self._filter = before_hold
                self._forward(_HOLD)
            self._forward(m.SYNC)
            try:
                self._settle()
            finally:
                self._filter = None
            self._held = self._held or (hold and self._upstream.status == b"T")
        self._skipping = self._open and self._failed
        return not self._skipping

    def _release(self) -> None:
        """End the block in which the batch was held, if it was, as its Sync ends the transaction of a batch."""
        if not self._held:
            return
        failed = self._failed or self._upstream.status == b"E"
        try:
            for statement in ("ROLLBACK", *self._afterwards) if failed else ("COMMIT",):
                self._upstream.run(statement)
        except UpstreamError as error:
            self._say(reply.notice(error.notice).encode())

    def _end_batch(self) -> None:
        self._open = self._executed = self._controlled = self._held = self._skipping = False

    def _prepare(self, statement: Statement) -> bool:
        """Hand the query log over before a statement that reads it. False when the batch failed before it."""
        if self._reads_log(statement):
            if not self._pause(hold=True):
                return False
            self._hand_log_over()
        return True

    def _refuse(self, refusal: Refuse) -> None:
        """Let PostgreSQL fail in our place: it aborts what the batch began, and skips until Sync."""
        self._refusal = refusal
        self._request(m.Parse("", _REFUSED, b"\0\0").encode())

    # --- what PostgreSQL says ---------------------------------------------------------------------------------

    def _answer(self, kind: bytes, body: bytes) -> None:
        if kind == b"Z":
            self._answered = 0
            self._renaming = self._renaming and bool(self._owed or self._sent)
            self._upstream.status = body
            self._recorder.settle()
            if self._owed.popleft():
                self._say_ready()
            return
        if kind == b"S":
            name, at = m.take_text(body)
            if announced := reply.parameter(name, m.take_text(body, at)[0]):
                self._say(m.parameter_status(*announced))
            return
        if kind == b"E":
            self._failed = True
            self._last_error = m.parse_notice(body).text
            self._recorder.fail(self._last_error, self._answered)
        elif kind in b"CIs":
            self._answered += 1
            self._last_tag = m.take_text(body)[0] if kind == b"C" else ""
            self._recorder.complete(self._last_tag)
        elif kind == b"T":  # a procedure without output arguments has no row
            self._answered += self._filter is None
            kind, body = (b"n", b"") if m.is_void(body) else (kind, body)
        if self._filter is not None:
            kept = self._filter(kind, body)
            if kept is None:
                return
            body = kept
        if long_names.known() and (kind == b"T" or (kind == b"D" and self._renaming)):
            body = m.with_long_names(kind, body)
        if kind in b"EN":
            found = m.parse_notice(body)
            ours = self._refusal is not None and (self._refusal.said or _SENTINEL in found.text)
            if self._refusal is not None and kind == b"E" and ours:
                found = refused(self._refusal)
            found = reply.notice(found)
            if found.text == reply.CONFLICT and self._serializable:
                found = reply.isolation_violation(0, (), self._upstream.pid)
            self._say(found.encode(kind))
        elif kind == b"G":  # no plan of ours lets a client's COPY … FROM STDIN through
            self._forward(m.message(b"f", m.text("COPY FROM STDIN is not supported")))
        else:
            self._say(m.message(kind, body))

    def _say_ready(self) -> None:
        if self._hang_up:
            raise ClientGone
        self._failed = False
        self._refusal = None
        self._plain = PLAIN - DESCRIPTION if long_names.known() else PLAIN
        self._afterwards.clear()
        self._say(m.ready(self._upstream.status))


def _controls(plan: Plan) -> bool:
    return isinstance(plan, Commit) or (isinstance(plan, Pass) and plan.control)
