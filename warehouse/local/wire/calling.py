"""CALL: a procedure runs over the session's own connection, and its statements as if a client had sent them.

What a call means PostgreSQL knows (translate/routines.py): the function behind a procedure notes which one was called,
and with which arguments, in the setting `redshift.call`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from warehouse.local.procedures import Answer, Interpreter, Procedure, Thrown
from warehouse.local.procedures.variables import Variable, fill
from warehouse.local.translate import (
    Call,
    Copy,
    Pass,
    Plan,
    Refuse,
    Steps,
    Unload,
    translate,
)
from warehouse.local.translate.tokens import Stream, literal, path, quote, tokenize
from warehouse.local.wire import messages as m
from warehouse.local.wire import reply
from warehouse.local.wire.history import Recorder
from warehouse.local.wire.moving import Failed, Mover
from warehouse.local.wire.questions import decide
from warehouse.local.wire.statement import Statement, statements
from warehouse.local.wire.upstream import Upstream, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALLED = (
    "SELECT current_setting('redshift.call', true), "
    "pg_redshift.procedure_called((nullif(current_setting('redshift.call', true), '')::json->>0)::oid), "
    "set_config('redshift.call', '', false)"
)
# Types without a size, by their OIDs; others PostgreSQL is asked for.
_TYPES = {
    16: "boolean", 20: "bigint", 21: "smallint", 23: "integer", 25: "varchar", 700: "real", 701: "double precision",
    705: "varchar", 1082: "date", 1083: "time", 1114: "timestamp", 1184: "timestamptz", 1266: "timetz",
    1790: "refcursor", 3802: "jsonb",
}  # fmt: skip
_LEVELS = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION")
# RAISE tells the client of these; LOG goes to the log alone (AWS c_PLpgSQL-statements).
_TOLD = ("INFO", "NOTICE", "WARNING")
# What a procedure cannot hold: it needs a transaction context of its own (stored-procedure-constraints).
_OWN_CONTEXT = ("PREPARE", "VACUUM")


class Caller:
    """Runs procedures for one session. `commit` ends the open transaction, or says why it could not."""

    def __init__(
        self,
        upstream: Upstream,
        mover: Mover,
        recorder: Recorder,
        say: Callable[[bytes], None],
        commit: Callable[[], m.Notice | None],
    ) -> None:
        self._upstream = upstream
        self._mover = mover
        self._recorder = recorder
        self._say = say
        self._commit = commit
        self._later: list[str] = []

    def run(self, plan: Call) -> str:
        """Run a call in the session's transaction, or in its own.

        Returns the query of PostgreSQL whose row are the INOUT and OUT arguments, "" when there are none.
        Raises Failed.
        """
        own = self.outside
        if self._upstream.status == b"E":
            raise Failed(reply.ABORTED)
        try:
            # An atomic procedure is one transaction; one that is not begins its own.
            procedure, values = self._resolve(plan.sql(), plan.name, plan.bound)
            if own and not procedure.nonatomic:
                self.begin()
            outputs = Interpreter(self, procedure, fixed=not own).run(values)
            if own and not self.outside:
                self.commit()
        except Thrown as thrown:
            if own and not self.outside:
                self.rollback()
            raise Failed(_notice(thrown)) from thrown
        finally:
            while self._later and self._upstream.status != b"E":
                self._upstream.run(self._later.pop())
        return _row(procedure, outputs)

    # --- procedures.Host ----------------------------------------------------------------------------------------

    @property
    def outside(self) -> bool:
        return self._upstream.status == b"I"

    def sql(self, text: str, constants: Sequence[str]) -> Answer:
        answer = Answer()
        for statement in statements(text):
            answer = self._recorded(statement, constants)
        return answer

    def text(self, query: str, constants: Sequence[str]) -> str:
        plan = decide(translate(query)[0], self._upstream)
        if isinstance(plan, Refuse):
            raise Thrown(plan.sqlstate, plan.message, detail=plan.detail, hint=plan.hint)
        if not isinstance(plan, Pass):
            raise Thrown("42601", "a query is needed here")
        return fill(plan.sql, constants)

    def behind(self, sql: str) -> Answer:
        return self._ask(sql)[0]

    def resolve(self, name: str, arguments: Sequence[str]) -> tuple[Procedure, list[str | None]]:
        called = path(Stream(name, tokenize(name)).qualified())
        return self._resolve(Call(called, tuple(arguments)).sql(), called, None)

    def say(self, level: str, text: str) -> None:
        least = self.behind("SELECT current_setting('redshift.stored_proc_log_min_messages', true)").rows[0][0] or "LOG"
        if _LEVELS.index(level) >= _LEVELS.index(least.upper()):
            self._recorder.said(level, text)
        if level in _TOLD:
            self._say(m.error("00000", text, severity=level).encode(b"N"))

    def begin(self) -> None:
        self._ask("BEGIN ISOLATION LEVEL REPEATABLE READ")

    def commit(self) -> None:
        notice = self._commit()
        if notice is not None:
            _throw(notice)

    def rollback(self) -> None:
        self._ask("ROLLBACK")

    def enter(self, procedure: Procedure) -> Callable[[], None]:
        undo: list[str] = []
        if procedure.definer:
            [[owner]] = self.behind(f"SELECT pg_redshift.lend_role({procedure.oid}, true)").rows
            self.behind(f"SET ROLE {quote(str(owner))}")
            undo += ["RESET ROLE", f"SELECT pg_redshift.lend_role({procedure.oid}, false)"]
        for name, value in procedure.settings.items():
            setting = f"SET {name} TO {value if name == 'search_path' else literal(value)}"
            plan = translate(setting)[0]
            if isinstance(plan, Refuse):
                raise Thrown(plan.sqlstate, plan.message)
            before = self.text_of_setting(plan)
            self.sql(setting, ())
            undo.append(before)

        def leave() -> None:
            if self._upstream.status == b"E":
                self._later += reversed(undo)
            else:
                for one in undo:
                    self.behind(one)

        return leave

    # --- how statements run -------------------------------------------------------------------------------------

    def text_of_setting(self, plan: Plan) -> str:
        """The statement that sets what `plan` will set to its present value."""
        assert isinstance(plan, Pass)
        name = plan.sql.split()[1]
        [[value]] = self.behind(f"SELECT current_setting({literal(name)}, true)").rows
        return f"SELECT set_config({literal(name)}, {literal(value or '')}, false)"

    def _recorded(self, statement: Statement, constants: Sequence[str]) -> Answer:
        statement = statement.decided(decide(statement.plan, self._upstream))
        plan = statement.plan
        if isinstance(plan, Refuse):
            raise Thrown(plan.sqlstate, plan.message, detail=plan.detail, hint=plan.hint)
        entry = self._recorder.begin(statement, self._upstream.status)
        self._upstream.query_id, self._upstream.transaction = entry.id, entry.xid
        error = "failed"
        answer = Answer()
        try:
            if statement.reads_log or self._recorder.history.is_read_through_view(statement.sql):
                superuser = self.behind("SELECT pg_redshift.is_superuser()").rows[0][0] == "t"
                self._upstream.run(self._recorder.preparation(everything=superuser))
            answer = self._execute(statement.logged, plan, constants)
            error = ""
        except Thrown as thrown:
            error = thrown.message
            raise
        finally:
            self._recorder.end(entry, statement, tag=answer.tag, error=error)
        return answer

    def _execute(self, text: str, plan: Plan, constants: Sequence[str]) -> Answer:
        word = text.split(None, 1)[0].upper()
        if word in _OWN_CONTEXT or (isinstance(plan, Steps) and plan.alone):
            what = plan.alone if isinstance(plan, Steps) and plan.alone else word
            raise Thrown("25001", f"{what} cannot be executed from a procedure")
        if isinstance(plan, Copy | Unload):
            return self._move(plan)
        if isinstance(plan, Pass) and not plan.control:
            return self._ask(fill(plan.sql, constants))[0]
        if isinstance(plan, Steps):
            if plan.inside and self.outside:
                raise Thrown("25P01", f"{plan.inside} may only be used in begin/end transaction blocks")
            if plan.commits and not self.outside:
                self.commit()
            answers = self._ask(fill(plan.sql(), constants))
            main = answers[len(plan.before)]
            return replace(main, tag=plan.tag) if plan.tag else main
        raise Thrown("0A000", f"not emulated: {word} in a procedure")

    def _move(self, plan: Copy | Unload) -> Answer:
        own = self.outside
        try:
            if own:
                self.begin()
            tag, told = self._mover(plan, self._upstream)
        except UpstreamError as error:
            _throw(reply.notice(error.notice))
        except Failed as failure:
            if failure.afterwards:
                self._later.append(failure.afterwards)
            _throw(failure.notice)
        if own:
            self.commit()
        for one in told:
            self._say(m.error("00000", one, severity="INFO").encode(b"N"))
        return Answer(tag=tag)

    def _ask(self, sql: str) -> list[Answer]:
        with _thrown():
            found = self._upstream.ask(sql, lambda notice: self._say(reply.notice(notice).encode(b"N")))
        return [
            Answer(tuple((name, self._type(oid, modifier)) for name, oid, modifier in columns), rows, tag)
            for columns, rows, tag in found
        ]

    def _type(self, oid: int, modifier: int) -> str:
        if oid in (1042, 1043) and modifier >= 4:
            return f"{'varchar' if oid == 1043 else 'char'}({modifier - 4})"
        if oid in (1042, 1043):
            return "varchar"
        if oid == 1700:
            return "numeric" if modifier < 0 else f"numeric({(modifier - 4) >> 16 & 65535},{(modifier - 4) & 65535})"
        if oid not in _TYPES:
            with _thrown():
                [[name]] = self._upstream.rows(f"SELECT pg_catalog.format_type({oid}, NULL)")
            _TYPES[oid] = str(name)
        return _TYPES[oid]

    def _resolve(self, query: str, name: str, bound: tuple[bytes, bytes] | None) -> tuple[Procedure, list[str | None]]:
        """Have the call noted, and read what was noted."""
        plain = name.replace('"', "")
        try:
            with _thrown():
                if bound is None:
                    self._upstream.rows(query)
                else:
                    self._upstream.run_bound(query, *bound)
        except Thrown as thrown:
            thrown.message = thrown.message.replace("function ", "procedure ", 1)
            thrown.hint = thrown.hint.replace("function", "procedure")
            raise
        with _thrown():
            [[noted, found, _]] = self._upstream.rows(_CALLED)
        if not noted or found is None:
            raise Thrown("42809", f"{plain} is not a procedure", hint="To call a function, use SELECT.")
        oid, values = json.loads(noted)
        spec = json.loads(found)
        arguments = tuple((name, mode, kind) for name, mode, kind in spec["arguments"])
        procedure = Procedure(
            oid, spec["name"], spec["source"], arguments, spec["nonatomic"], spec["definer"], spec["settings"]
        )
        return procedure, values


def _row(procedure: Procedure, outputs: Sequence[Variable]) -> str:
    if not outputs:
        return ""
    names = [name or f"column{at}" for at, (name, mode, _) in
             enumerate((one for one in procedure.arguments if one[1] != "i"), 1)]  # fmt: skip
    if len(names) == 1 and not next(one for one in procedure.arguments if one[1] != "i")[0]:
        names = [procedure.name]
    return "SELECT " + ", ".join(
        f"CAST({'NULL' if one.value is None else literal(one.value)} AS {one.type}) AS {quote(name)}"
        for name, one in zip(names, outputs, strict=True)
    )


def _throw(notice: m.Notice) -> NoReturn:
    raise Thrown(notice.sqlstate, notice.text, detail=notice.fields.get("D", ""), hint=notice.fields.get("H", ""))


def _notice(thrown: Thrown) -> m.Notice:
    notice = m.error(thrown.sqlstate, thrown.message, detail=thrown.detail, hint=thrown.hint)
    if thrown.context:
        notice.fields["W"] = "\n".join(thrown.context)
    return notice


@contextmanager
def _thrown() -> Iterator[None]:
    """Errors of PostgreSQL as errors of the procedure, in Redshift's words."""
    try:
        yield
    except UpstreamError as error:
        _throw(reply.notice(error.notice))
