"""One client: what is passed on to PostgreSQL, what is worked out here, and what comes back.

A statement is translated to a plan (translate/plan.py). `Pass` flows through: in the extended protocol too, where the
client's
messages go on as they are but for the text of Parse. Every other plan is *ours*. In the extended protocol PostgreSQL
holds an
empty statement in its place, so that Parse, Bind, Describe and Close keep their order and their errors, and only
Execute stops
the flow: what was sent is finished first (`_drain`), then the plan runs, then the flow goes on.

Answers are relayed by message headers; rows are not looked at.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from warehouse.local.translate import Ask, Commit, Copy, Nothing, Pass, Plan, Refuse, Steps, Unload, translate
from warehouse.local.wire import messages as m
from warehouse.local.wire import reply, serial
from warehouse.local.wire.moving import Failed, Mover
from warehouse.local.wire.questions import decide
from warehouse.local.wire.upstream import Upstream, UpstreamError, UpstreamGone

_CHUNK = 1 << 16
# How long a read waits before it looks at the other end too (a timeval of 0.1 s). Asking first which end has something
# to say would cost a point query a third of its time.
_PATIENCE = struct.pack("@ll", 0, 100_000)
# How much of a client's pipeline is kept while PostgreSQL is busy, before we stop reading from the client.
_PIPELINE = 1 << 20
# A statement that PostgreSQL refuses; its answer is put in the words of the refusal that it stands for.
_SENTINEL = "pg_redshift.refused"
_REFUSED = f"SELECT FROM {_SENTINEL}"
_LEVEL = "SELECT upper(current_setting('redshift.isolation_level', true))"
_ABORTED = m.error("25P02", "current transaction is aborted, commands ignored until end of transaction block")


class ClientGone(Exception):
    """The client closed its connection, or said goodbye."""


class Session:
    """The conversation with one authenticated client."""

    # One for all sessions of the server.
    _certifier = serial.Certifier()

    def __init__(self, client: socket.socket, upstream: Upstream, mover: Mover) -> None:
        self._client = client
        self._encrypted = isinstance(client, ssl.SSLSocket)
        self._upstream = upstream
        for end in (client, upstream.socket):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
        self._mover = mover
        self._reader = m.Reader()
        # What is ready for the client, and for PostgreSQL: a batch of small messages is sent at once.
        self._out = bytearray()
        self._ahead = bytearray()
        self._inbox = bytearray()
        # One entry for each ReadyForQuery that PostgreSQL owes: whether the client is to see it.
        self._owed: deque[bool] = deque()
        self._ours: dict[str, Plan] = {}
        self._portals: dict[str, Plan] = {}
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
        self._filter: Callable[[bytes, bytes], bytes | None] | None = None

    @property
    def busy(self) -> bool:
        """True while PostgreSQL still owes an answer."""
        return bool(self._owed)

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
            self._forward(m.message(kind, body))
        elif kind == b"E":
            self._execute(body)
        elif kind == b"C":
            (self._ours if body[:1] == b"S" else self._portals).pop(m.take_text(body, 1)[0], None)
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
        single = len(plans) == 1 or self._upstream.status == b"T"
        if len(plans) == 1:
            plans = [decide(plans[0], self._upstream)]
        if single and all(isinstance(plan, Pass) for plan in plans):
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
        for plan in plans:
            if not self._run(plan):
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
            self._forward(m.message(b"E", body))
            return
        self._drain()
        if self._failed or not self._run(plan):
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

    def _run(self, plan: Plan) -> bool:
        """Execute one plan and say its answer, without ReadyForQuery. False when it failed."""
        plan = decide(plan, self._upstream)
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
                self._say(reply.isolation_violation(table, (other.xid, done.xid), self._upstream.pid).encode())
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
        self._say(m.command_complete(tag))

    def _abort(self) -> None:
        """Leave an open transaction as a failed statement leaves it: aborted."""
        if self._upstream.status == b"T":
            try:
                self._upstream.run("SELECT pg_redshift.abort()")
            except UpstreamError:
                return

    # --- what PostgreSQL says ---------------------------------------------------------------------------------

    def _wait(self, watched: Sequence[socket.socket]) -> None:
        """Block until one of `watched` says something, and take it in."""
        if isinstance(self._client, ssl.SSLSocket) and self._client in watched and self._client.pending():
            self._read_client()  # decrypted already: the socket itself has nothing more to say
            return
        readable, _, _ = select.select(watched, [], [])
        if self._upstream.socket in readable:
            self._take_answers()
        if self._client in readable:
            self._read_client()

    def _idle(self) -> None:
        """Wait for the client's next request; now and then see whether PostgreSQL has gone meanwhile."""
        try:
            self._read_client()
        except BlockingIOError:
            if select.select([self._upstream.socket], [], [], 0)[0]:
                self._take_answers()

    def _forward(self, data: bytes) -> None:
        """Have `data` sent to PostgreSQL, at the latest before we wait for anything."""
        self._ahead += data
        if len(self._ahead) >= _CHUNK:
            self._push()

    def _push(self) -> None:
        """Send to PostgreSQL. While it waits for us to read its answers it does not listen: then they are taken in."""
        if not self._ahead:
            return
        rest = memoryview(bytes(self._ahead))
        self._ahead.clear()
        upstream = self._upstream.socket
        while rest:
            try:
                rest = rest[upstream.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                readable, _, _ = select.select([upstream], [upstream], [])
                if readable:
                    self._take_answers()
            except OSError as error:
                raise UpstreamGone(f"PostgreSQL closed the connection: {error}") from error

    def _read_client(self) -> None:
        try:
            data = self._client.recv(_CHUNK)
        except BlockingIOError:
            raise
        except OSError as error:
            raise ClientGone from error
        if not data:
            raise ClientGone
        self._reader.feed(data)

    def _settle(self) -> None:
        """Relay until PostgreSQL owes nothing. The client may hang up meanwhile: then ClientGone is raised."""
        while self._owed:
            self._push()
            self._flush()
            # Most answers come at once: read before asking which of the two has something to say.
            with contextlib.suppress(BlockingIOError):
                self._take_answers()
                continue
            listening = len(self._reader) < _PIPELINE
            self._wait([self._client, self._upstream.socket] if listening else [self._upstream.socket])

    def _drain(self) -> None:
        """Finish what was sent in this batch, without showing the client that it is finished.

        Outside a transaction this commits it, where PostgreSQL would wait for the client's Sync.
        """
        self._owed.append(False)
        self._forward(m.SYNC)
        self._settle()

    def _take_answers(self) -> None:
        try:
            data = self._upstream.socket.recv(_CHUNK)
        except BlockingIOError:
            raise
        except OSError as error:
            raise UpstreamGone(str(error)) from error
        if not data:
            raise UpstreamGone("PostgreSQL closed the connection")
        inbox = self._inbox
        inbox += data
        at, size = 0, len(inbox)
        while size - at >= 5:
            if inbox[at] == 0x44 and self._filter is None:
                end = m.skip_rows(inbox, at)
                if end == at:
                    break
                self._out += inbox[at:end]
                at = end
                continue
            end = at + 1 + int.from_bytes(inbox[at + 1 : at + 5], "big")
            if end > size:
                break
            self._answer(bytes(inbox[at : at + 1]), bytes(inbox[at + 5 : end]))
            at = end
        del inbox[:at]
        if len(self._out) >= _CHUNK:
            self._flush()

    def _answer(self, kind: bytes, body: bytes) -> None:
        if kind == b"Z":
            self._upstream.status = body
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

    # --- to the client ----------------------------------------------------------------------------------------

    def _say(self, data: bytes) -> None:
        self._out += data

    def _say_ready(self) -> None:
        self._failed = False
        self._refusal = None
        self._say(m.ready(self._upstream.status))

    def _flush(self) -> None:
        if self._out:
            try:
                self._client.sendall(self._out)
            except OSError as error:
                raise ClientGone from error
            self._out.clear()


def _refused(plan: Refuse) -> m.Notice:
    return m.error(plan.sqlstate, plan.message, detail=plan.detail, hint=plan.hint)
