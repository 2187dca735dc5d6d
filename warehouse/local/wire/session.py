"""One client: what is passed on to PostgreSQL, what is worked out here, and what comes back.

A statement is translated to a plan (translate/plan.py). `Pass` flows through: in the extended protocol too, where the
client's
messages go on as they are but for the text of Parse. Every other plan is *ours*. In the extended protocol PostgreSQL
holds an
empty statement in its place, so that Parse, Bind, Describe and Close keep their order and their errors, and only
Execute stops
the flow: what was sent is finished first (`_drain`), then the plan runs, then the flow goes on.

How bytes go to and fro: relay.py.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace

from warehouse.local.translate import (
    Ask,
    Commit,
    Copy,
    Nothing,
    Pass,
    Plan,
    Refuse,
    Steps,
    Unload,
    split_texts,
    translate,
)
from warehouse.local.wire import messages as m
from warehouse.local.wire import reply, serial
from warehouse.local.wire.history import Recorder
from warehouse.local.wire.moving import Failed, Mover
from warehouse.local.wire.questions import decide
from warehouse.local.wire.relay import ClientGone, Relay
from warehouse.local.wire.upstream import Upstream, UpstreamError

# A statement that PostgreSQL refuses; its answer is put in the words of the refusal that it stands for.
_SENTINEL = "pg_redshift.refused"
_REFUSED = f"SELECT FROM {_SENTINEL}"
_LEVEL = "SELECT upper(current_setting('redshift.isolation_level', true))"
_ABORTED = m.error("25P02", "current transaction is aborted, commands ignored until end of transaction block")


class Session(Relay):
    """The conversation with one authenticated client."""

    # One for all sessions of the server.
    _certifier = serial.Certifier()

    def __init__(self, client: socket.socket, upstream: Upstream, mover: Mover, recorder: Recorder) -> None:
        super().__init__(client, upstream)
        self._mover = mover
        self._recorder = recorder
        self._ours: dict[str, Plan] = {}
        self._portals: dict[str, Plan] = {}
        # What prepared statements and portals stand for, for the query log.
        self._texts: dict[str, tuple[str, Plan]] = {}
        self._portal_texts: dict[str, tuple[str, Plan]] = {}
        self._last_error = self._last_tag = ""
        # The client has begun an extended batch and not ended it with Sync.
        self._open = False
        # A statement of ours failed: PostgreSQL knows nothing of it, so we skip until Sync in its place.
        self._skipping = False
        # An error was said since the last ReadyForQuery that the client saw.
        self._failed = False
        # What the client reads instead of PostgreSQL's answer to _REFUSED.
        self._refusal: Refuse | None = None
        # The isolation level of the database (AWS r_CREATE_DATABASE).
        self._serializable = True

    def run(self) -> None:
        """Serve the client until it leaves. Raises UpstreamGone when PostgreSQL goes away first."""
        try:
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
        except ClientGone:
            return
        except m.ProtocolError as problem:
            self._say(m.error("08P01", f"protocol violation: {problem}", severity="FATAL").encode())
            self._flush()

    # --- what the client says ---------------------------------------------------------------------------------

    def _handle(self, kind: bytes, body: bytes) -> None:
        if self._skipping and kind not in b"SX":
            return
        self._open = kind in b"PBEDCH" or (self._open and kind != b"S")
        if kind == b"Q":
            if self._open:
                self._drain()
            self._settle()
            self._skipping = self._open and self._failed
            if not self._skipping:
                self._simple(m.take_text(body)[0])
        elif kind == b"P":
            self._parse(m.parse_parse(body))
        elif kind == b"B":
            portal, statement = m.parse_bind(body)
            self._portals.pop(portal, None)
            if statement in self._ours:
                self._portals[portal] = self._ours[statement]
            if found := self._texts.get(statement):
                self._portal_texts[portal] = found
                if statement and not self._prepare(found[1]):
                    return
            else:
                self._portal_texts.pop(portal, None)
            self._forward(m.message(kind, body))
        elif kind == b"E":
            self._execute(body)
        elif kind == b"C":
            name = m.take_text(body, 1)[0]
            (self._ours if body[:1] == b"S" else self._portals).pop(name, None)
            (self._texts if body[:1] == b"S" else self._portal_texts).pop(name, None)
            self._forward(m.message(kind, body))
        elif kind in (b"D", b"H"):
            self._forward(m.message(kind, body))
        elif kind == b"S":
            self._sync()
        elif kind == b"X":
            raise ClientGone
        elif kind == b"F":
            self._settle()
            self._say(m.error("0A000", "not emulated: function call messages").encode())
            self._say_ready()
        elif kind not in (b"d", b"c", b"f"):  # stray copy data is dropped, as PostgreSQL does
            raise m.ProtocolError(f"unknown message type {kind!r}")

    def _simple(self, text: str) -> None:
        plans: list[Plan] = [plan for plan in translate(text) if not isinstance(plan, Nothing)]
        if not plans:
            self._say(m.EMPTY_QUERY)
            self._say_ready()
            return
        texts = [text] if len(plans) == 1 else split_texts(text, len(plans))
        single = len(plans) == 1 or self._upstream.status == b"T"
        if len(plans) == 1:
            plans = [decide(plans[0], self._upstream)]
        if single and all(isinstance(plan, Pass) and not self._recorder.is_read(plan) for plan in plans):
            for one, plan in zip(texts, plans, strict=True):
                self._recorder.wait(one, plan, self._upstream.status)
            self._recorder.bound = True
            self._owed.append(True)
            self._forward(m.query(";\n".join(plan.sql for plan in plans if isinstance(plan, Pass))))
            return
        # Several statements in one message are one transaction, unless they say otherwise themselves.
        wrap = (
            len(plans) > 1
            and self._upstream.status == b"I"
            and not any(isinstance(plan, Commit) or (isinstance(plan, Pass) and plan.control) for plan in plans)
        )
        failed = False
        if wrap:
            self._upstream.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        for one, plan in zip(texts, plans, strict=True):
            if not self._run(plan, one):
                failed = True
                break
        if wrap:
            self._upstream.run("ROLLBACK" if failed else "COMMIT")
        self._say_ready()

    def _parse(self, parse: m.Parse) -> None:
        plans: list[Plan] = [plan for plan in translate(parse.query) if not isinstance(plan, Nothing)]
        self._ours.pop(parse.name, None)
        if len(plans) == 1 and isinstance(plans[0], Ask):
            self._drain()
            if self._failed:
                self._skipping = True
                return
            plans = [decide(plans[0], self._upstream)]
        self._texts.pop(parse.name, None)
        if len(plans) == 1:
            self._texts[parse.name] = (parse.query, plans[0])
            if not parse.name and not self._prepare(plans[0]):
                return
        if not plans:
            self._forward(m.Parse(parse.name, "", parse.types).encode())
        elif len(plans) > 1:
            self._refuse(Refuse("cannot insert multiple commands into a prepared statement", "42601"))
        elif isinstance(plan := plans[0], Pass):
            self._forward(m.Parse(parse.name, plan.sql, parse.types).encode())
        elif isinstance(plan, Refuse):
            self._refuse(plan)
        else:
            self._ours[parse.name] = plan
            self._forward(m.Parse(parse.name, "", parse.types).encode())

    def _execute(self, body: bytes) -> None:
        portal, _ = m.take_text(body)
        plan = self._portals.get(portal)
        if plan is None:
            if found := self._portal_texts.get(portal):
                self._recorder.wait(*found, self._upstream.status)
            self._forward(m.message(b"E", body))
            return
        self._drain()
        if self._failed or not self._run(plan, self._portal_texts[portal][0]):
            self._skipping = True

    def _sync(self) -> None:
        if self._skipping:
            self._skipping = False
            self._settle()
            self._say_ready()
        else:
            self._owed.append(True)
            self._forward(m.SYNC)

    def _refuse(self, refusal: Refuse) -> None:
        """Let PostgreSQL fail in our place: it aborts what the batch began, and skips until Sync."""
        self._refusal = refusal
        self._forward(m.Parse("", _REFUSED, b"\0\0").encode())

    # --- plans of ours ----------------------------------------------------------------------------------------

    def _run(self, plan: Plan, text: str) -> bool:
        """Execute one plan and say its answer, without ReadyForQuery. False when it failed."""
        plan = decide(plan, self._upstream)
        if isinstance(plan, Refuse):
            return self._execute_plan(plan)
        entry = self._recorder.begin(text, plan, self._upstream.status)
        self._upstream.query_id, self._upstream.transaction = entry.id, entry.xid
        self._last_error = self._last_tag = ""
        done = False
        try:
            self._prepare(plan)
            done = self._execute_plan(plan)
        finally:
            error = "" if done else self._last_error or "the session ended"
            self._recorder.end(entry, plan, tag=self._last_tag, error=error)
        return done

    def _prepare(self, plan: Plan) -> bool:
        """Hand the query log over before a statement that reads it. False when the batch failed before it."""
        if not self._recorder.is_read(plan):
            return True
        self._drain()
        self._skipping = self._open and self._failed
        if not self._failed and self._upstream.status != b"E":
            superuser = self._upstream.rows("SELECT pg_redshift.is_superuser()")[0][0] == "t"
            self._upstream.run(self._recorder.preparation(everything=superuser))
        return not self._skipping

    def _execute_plan(self, plan: Plan) -> bool:
        try:
            if isinstance(plan, Refuse):
                if self._upstream.status == b"E" and plan.sqlstate != "42601":
                    raise Failed(_ABORTED)
                raise Failed(_refused(plan))
            if isinstance(plan, Copy | Unload):
                self._move(plan)
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
        failed = False

        def only_main(kind: bytes, body: bytes) -> bytes | None:
            nonlocal seen, failed
            wanted = seen == len(plan.before)
            if kind == b"E":
                failed = True
                return body
            if kind in (b"C", b"I"):
                seen += 1
                return m.text(plan.tag) if wanted and plan.tag and kind == b"C" else body if wanted else None
            return body if wanted or kind == b"N" else None

        self._filter = only_main
        self._owed.append(False)
        self._forward(m.query(plan.sql()))
        try:
            self._settle()
        finally:
            self._filter = None
        return not failed

    def _commit(self) -> bool:
        """COMMIT; in a serializable database only what could have run one after another is committed."""
        done = None
        if self._serializable and self._upstream.status == b"T":
            done = serial.Transaction.from_row(self._upstream.rows(serial.QUESTION)[0])
            if done and (other := self._certifier.admit(done)):
                self._upstream.run("ROLLBACK")
                table = min(done.reads & other.writes or other.reads & done.writes or done.writes)
                violation = reply.isolation_violation(table, (other.xid, done.xid), self._upstream.pid)
                self._last_error = violation.text
                self._say(violation.encode())
                return False
        committed = self._steps(Steps("COMMIT"))
        if done and not committed:
            self._certifier.forget(done)
        return committed

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
            raise Failed(_ABORTED)
        self._flush()
        try:
            if own:
                self._upstream.run("BEGIN")
            tag, told = self._mover(plan, self._upstream)
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
            raise
        if told:
            self._say(m.error("00000", told, severity="INFO").encode(b"N"))
        self._last_tag = tag
        self._say(m.command_complete(tag))

    def _abort(self) -> None:
        """Leave an open transaction as a failed statement leaves it: aborted."""
        if self._upstream.status == b"T":
            try:
                self._upstream.run("SELECT pg_redshift.abort()")
            except UpstreamError:
                return

    # --- what PostgreSQL says ---------------------------------------------------------------------------------

    def _answer(self, kind: bytes, body: bytes) -> None:
        if kind == b"Z":
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
            self._recorder.fail(self._last_error)
        elif kind == b"2":
            self._recorder.bound = True
        elif kind in b"Cs":
            self._last_tag = m.take_text(body)[0] if body else ""
            self._recorder.complete(self._last_tag)
        if self._filter is not None:
            kept = self._filter(kind, body)
            if kept is None:
                return
            body = kept
        if kind in (b"E", b"N"):
            found = m.parse_notice(body)
            if self._refusal is not None and kind == b"E" and _SENTINEL in found.text:
                found = _refused(self._refusal)
            found = reply.notice(found)
            if found.text == reply.CONFLICT and self._serializable:
                found = reply.isolation_violation(0, (), self._upstream.pid)
            self._say(found.encode(kind))
        elif kind == b"G":  # no plan of ours lets a client's COPY … FROM STDIN through
            self._forward(m.message(b"f", m.text("COPY FROM STDIN is not supported")))
        else:
            self._say(m.message(kind, body))

    def _say_ready(self) -> None:
        self._failed = False
        self._refusal = None
        self._say(m.ready(self._upstream.status))


def _refused(plan: Refuse) -> m.Notice:
    return m.error(plan.sqlstate, plan.message, detail=plan.detail, hint=plan.hint)
