"""Runs a procedure's tree over a Host: expressions and SQL go to the session, the rest happens here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from warehouse.local.procedures.host import Answer, Host, Procedure, Thrown
from warehouse.local.procedures.values import Values
from warehouse.local.procedures.variables import Scope, Variable, bind
from warehouse.local.translate import body as tree
from warehouse.local.translate.plan import Refused
from warehouse.local.translate.plpgsql import parse
from warehouse.local.translate.tokens import quote

# "The maximum number of levels for nested calls is 16" (stored-procedure-constraints)
MAX_DEPTH = 16


def atomic(what: str) -> Thrown:
    """The refusal of what would end a transaction that is not the procedure's own."""
    return Thrown(
        "2D000",
        f"{what} cannot be invoked from a procedure that is executing in an atomic context.",
        hint="Try calling the procedure as a top-level call i.e. not from within an explicit transaction block. Or, if "
        "this procedure (or one of its ancestors in the call chain) was created with SET config options, recreate the "
        "procedure without them.",
    )


class _Leave(Exception):
    """EXIT or CONTINUE on its way to its loop."""

    def __init__(self, label: str, again: bool) -> None:
        super().__init__()
        self.label, self.again = label, again


class _Done(Exception):
    """RETURN."""


class Interpreter(Values):
    """One call of one procedure. `fixed`: it may not end its transaction."""

    def __init__(self, host: Host, procedure: Procedure, *, fixed: bool, depth: int = 1) -> None:
        if depth > MAX_DEPTH:
            raise Thrown("54001", f"stored procedure nesting level too deep (limit {MAX_DEPTH})")
        super().__init__(host, procedure)
        self._fixed = fixed or bool(procedure.settings)
        self._depth = depth
        self._caught: list[Thrown] = []
        self._looping = False
        # A cursor of a NONATOMIC procedure holds a transaction open, which the next statement ends.
        self._held = False
        self._rows = 0
        self._found = Variable("found", "boolean", "f")

    def run(self, values: Sequence[str | None]) -> list[Variable]:
        """Run the body; returns what INOUT and OUT arguments came to. Raises Thrown."""
        scope = Scope(label=self._procedure.name, names={"found": self._found})
        given, outputs = iter(values), []
        for number, (name, mode, kind) in enumerate(self._procedure.arguments, 1):
            variable = Variable(name or f"${number}", kind, None if mode == "o" else next(given), constant=mode == "i")
            scope.names[f"${number}"] = variable
            if name:
                scope.names[name] = variable
            if mode != "i":
                outputs.append(variable)
        leave = self._host.enter(self._procedure)
        try:
            self._block(parse(self._procedure.source), scope)
        except _Done:
            pass
        except _Leave as lost:
            raise Thrown("42601", f"{'CONTINUE' if lost.again else 'EXIT'} cannot be used outside a loop") from lost
        finally:
            leave()
        self._release()
        return outputs

    # --- statements ---------------------------------------------------------------------------------------------

    def _run(self, statements: Sequence[tree.Statement], scope: Scope) -> None:
        for statement in statements:
            try:
                self._STATEMENTS[type(statement)](self, statement, scope)
            except Refused as refused:
                plan = refused.plan
                thrown = Thrown(plan.sqlstate, plan.message, detail=plan.detail, hint=plan.hint)
                raise self._located(thrown, statement) from refused
            except Thrown as thrown:
                raise self._located(thrown, statement) from thrown.__cause__

    def _located(self, thrown: Thrown, statement: tree.Statement) -> Thrown:
        where = f'PL/pgSQL function "{self._procedure.name}" line '
        if not any(line.startswith(where) for line in thrown.context):
            thrown.context.append(f"{where}{statement.line} at {_WHAT.get(type(statement), 'SQL statement')}")
        return thrown

    def _block(self, block: tree.Block, outer: Scope) -> None:
        scope = Scope(outer, block.label)
        try:
            self._declare(block.declarations, scope)
            self._run(block.body, scope)
        except Thrown as thrown:
            # "Others" is every error but a cancelled query (stored-procedure-trapping-errors).
            if block.handler is None or thrown.sqlstate == "57014":
                raise
            self._handle(block.handler, thrown, scope)
        except _Leave as leave:
            if leave.again or not block.label or leave.label != block.label:
                raise

    def _handle(self, handler: Sequence[tree.Statement], thrown: Thrown, scope: Scope) -> None:
        """Roll back, run the handler in a transaction of its own; an atomic procedure throws the error again."""
        host, inner = self._host, Scope(scope)
        inner.names["sqlerrm"] = Variable("sqlerrm", "varchar", thrown.message)
        inner.names["sqlstate"] = Variable("sqlstate", "varchar", thrown.sqlstate)
        self._held = False
        if not host.outside:
            host.rollback()
        self._caught.append(thrown)
        try:
            if self._procedure.nonatomic:
                self._run(handler, inner)
                return
            host.begin()
            self._run(handler, inner)
            host.commit()
            host.begin()
        finally:
            self._caught.pop()
        raise thrown

    def _assignment(self, one: tree.Assign, scope: Scope) -> None:
        variable = scope.need(*one.target)
        if variable.type == "record":
            raise Thrown("42601", f'"{variable.name}" is a record, which SELECT INTO assigns')
        self._assign(variable, self._evaluate(one.expression, variable.type, scope))

    def _if(self, one: tree.If, scope: Scope) -> None:
        for condition, body in one.branches:
            if self._true(condition, scope):
                return self._run(body, scope)
        return self._run(one.otherwise, scope)

    def _case(self, one: tree.Case, scope: Scope) -> None:
        for values, body in one.branches:
            if self._true(f"({one.operand}) IN ({values})" if one.operand else values, scope):
                return self._run(body, scope)
        if one.otherwise is None:
            raise Thrown("20000", "case not found", hint="CASE statement is missing ELSE part.")
        return self._run(one.otherwise, scope)

    def _again(self, body: Sequence[tree.Statement], label: str, scope: Scope) -> bool:
        """Run a loop's body once. False when the loop ends."""
        try:
            self._run(body, scope)
        except _Leave as leave:
            if leave.label not in ("", label):
                raise
            return leave.again
        return True

    def _loop(self, one: tree.Loop, scope: Scope) -> None:
        while not one.condition or self._true(one.condition, scope):
            if not self._again(one.body, one.label, scope):
                break

    def _for_range(self, one: tree.ForRange, scope: Scope) -> None:
        bounds = [self._evaluate(bound, "integer", scope) for bound in (one.first, one.last)]
        if bounds[0] is None or bounds[1] is None:
            raise Thrown("22004", f"{'lower' if bounds[0] is None else 'upper'} bound of FOR loop cannot be null")
        first, last = int(bounds[0]), int(bounds[1])
        inner = Scope(scope, one.label)
        found = "f"
        for number in range(first, last - 1, -1) if one.reverse else range(first, last + 1):
            found = "t"
            inner.names[one.variable] = Variable(one.variable, "integer", str(number))
            if not self._again(one.body, one.label, inner):
                break
        self._found.value = found

    def _for_query(self, one: tree.ForQuery, scope: Scope) -> None:
        if self._looping:
            # "Nested cursors aren't supported" (stored-procedure-constraints)
            raise Thrown("0A000", "Nested cursors are not supported")
        answer = self._query(one.query, one.dynamic, scope)
        self._looping, found = True, "f"
        try:
            for row in answer.rows:
                found = "t"
                self._take(one.targets, Answer(answer.columns, (row,)), scope)
                if not self._again(one.body, one.label, scope):
                    break
        finally:
            self._looping = False
        self._found.value = found

    def _query(self, query: str, dynamic: bool, scope: Scope) -> Answer:
        if dynamic:
            return self._host.sql(self._command(query, scope), ())
        return self._host.sql(*bind(query, scope))

    def _exit(self, one: tree.Exit, scope: Scope) -> None:
        if not one.condition or self._true(one.condition, scope):
            raise _Leave(one.label, one.again)

    def _return(self, one: tree.Return, scope: Scope) -> None:
        raise _Done

    def _raise(self, one: tree.Raise, scope: Scope) -> None:
        if not one.level:
            if not (self._caught and self._procedure.nonatomic):
                raise Thrown("0Z002", "RAISE without parameters cannot be used outside an exception handler")
            raise self._caught[-1]
        pieces = re.split(r"(%%|%)", one.format)
        if pieces.count("%") != len(one.arguments):
            few = "few" if pieces.count("%") > len(one.arguments) else "many"
            raise Thrown("42601", f"too {few} parameters specified for RAISE")
        values = iter(scope.need(*argument.split(".")).text() for argument in one.arguments)
        text = "".join("%" if piece == "%%" else next(values) if piece == "%" else piece for piece in pieces)
        self._host.say(one.level, text)
        if one.level == "EXCEPTION":
            raise Thrown("P0001", text)

    def _sql(self, one: tree.Sql, scope: Scope) -> None:
        answer = self._statement(*bind(one.text, scope))
        if one.into:
            self._take(one.into, answer, scope)
            self._count(min(len(answer.rows), 1))
        elif answer.columns:
            raise Thrown(
                "42601", "query has no destination for result data",
                hint="If you want to discard the results, use PERFORM instead.",
            )  # fmt: skip

    def _statement(self, text: str, constants: Sequence[str]) -> Answer:
        ends = text.split(None, 1)[0].upper() == "TRUNCATE" and not self._procedure.nonatomic
        if ends and self._fixed:
            raise atomic("TRUNCATE")
        answer = self._host.sql(text, constants)
        if ends and self._host.outside:
            self._host.begin()
        if answer.tag.startswith(("INSERT", "UPDATE", "DELETE", "SELECT", "MERGE", "COPY")):
            self._count(answer.count)
        self._release()
        return answer

    def _count(self, rows: int) -> None:
        self._rows = rows
        self._found.value = "t" if rows else "f"

    def _release(self) -> None:
        """A NONATOMIC procedure's statement commits; that closes its cursors."""
        if self._held:
            self._held = False
            self._host.commit()

    def _command(self, expression: str, scope: Scope) -> str:
        text = self._evaluate(expression, "varchar", scope)
        if text is None:
            raise Thrown("22004", "cannot EXECUTE a null querystring")
        return text

    def _execute(self, one: tree.Execute, scope: Scope) -> None:
        text = self._command(one.expression, scope)
        word = text.split(None, 1)[0].rstrip(";").upper() if text.split() else ""
        if word in ("COMMIT", "ROLLBACK", "BEGIN", "START", "END", "ABORT"):
            raise Thrown("0A000", f"EXECUTE of {word} is not supported")
        try:
            answer = self._statement(text, ())
        except Thrown as thrown:
            thrown.context.append(f'SQL statement "{text}"')
            raise
        if one.into:
            self._take(one.into, answer, scope)

    def _perform(self, one: tree.Perform, scope: Scope) -> None:
        answer = self._host.sql(*bind(f"SELECT {one.query}", scope))
        self._count(len(answer.rows))

    def _call(self, one: tree.Call, scope: Scope) -> None:
        constants = []
        for argument in one.arguments:
            constants.append(f"({self._host.text(*bind(f'SELECT {argument}', scope))})")
        procedure, values = self._host.resolve(one.name, constants)
        if procedure.nonatomic != self._procedure.nonatomic:
            raise Thrown("0A000", "Nested procedures must be created in the same transaction mode")
        if any(mode == "o" for _, mode, _ in procedure.arguments):
            raise Thrown("0A000", "OUT arguments are not supported in a nested call; use INOUT")
        inner = Interpreter(self._host, procedure, fixed=self._fixed, depth=self._depth + 1)
        results = iter(inner.run(values))
        for argument, (_, mode, _) in zip(one.arguments, procedure.arguments, strict=True):
            if mode == "b":
                variable = scope.find(*argument.strip().lower().split("."))
                if variable is None:
                    raise Thrown("42601", "INOUT argument of a nested call must be a variable")
                self._assign(variable, self._cast(next(results), variable.type))

    def _open(self, one: tree.Open, scope: Scope) -> None:
        variable = scope.need(one.cursor)
        bound = self._cursors.get(id(variable))
        query, inner = one.query, scope
        if bound is not None:
            if one.query:
                raise Thrown("42601", f'cursor "{one.cursor}" is bound to a query already')
            if len(one.arguments) != len(bound.arguments):
                raise Thrown("42601", f'cursor "{one.cursor}" takes {len(bound.arguments)} arguments')
            query, inner = bound.query, Scope(scope)
            for (name, kind), argument in zip(bound.arguments, one.arguments, strict=True):
                inner.names[name] = Variable(name, kind, self._evaluate(argument, kind, scope))
        elif not query:
            raise Thrown("42601", f'cursor "{one.cursor}" has no query')
        text, constants = (self._command(query, scope), ()) if one.dynamic else bind(query, inner)
        variable.value = variable.value or one.cursor
        if self._host.outside:
            self._held = True
            self._host.begin()
        query = self._host.text(text, constants)
        self._host.behind(f"DECLARE {quote(variable.value)} NO SCROLL CURSOR FOR {query}")

    def _fetch(self, one: tree.Fetch, scope: Scope) -> None:
        name = scope.need(one.cursor).value
        if name is None:
            raise Thrown("22004", f'cursor variable "{one.cursor}" is null')
        if self._host.outside:
            raise Thrown("34000", f'cursor "{name}" does not exist')
        answer = self._host.behind(f"FETCH NEXT FROM {quote(name)}")
        self._take(one.into, answer, scope)
        self._found.value = "t" if answer.rows else "f"

    def _close(self, one: tree.Close, scope: Scope) -> None:
        name = scope.need(one.cursor).value
        if name is None or self._host.outside:
            raise Thrown("34000", f'cursor "{name or one.cursor}" does not exist')
        self._host.behind(f"CLOSE {quote(name)}")

    def _diagnostics(self, one: tree.Diagnostics, scope: Scope) -> None:
        self._assign(scope.need(one.target), str(self._rows))

    def _control(self, one: tree.Control, scope: Scope) -> None:
        host = self._host
        if one.word == "START":
            if not self._procedure.nonatomic:
                raise Thrown("0A000", "START TRANSACTION is only supported in NONATOMIC procedures")
            if host.outside:
                host.begin()
            return
        if self._fixed and not self._procedure.nonatomic:
            raise atomic(one.word)
        self._held = False
        if not host.outside:
            (host.commit if one.word == "COMMIT" else host.rollback)()
        if not self._procedure.nonatomic:
            host.begin()

    def _nothing(self, one: tree.Nothing, scope: Scope) -> None:
        return

    _STATEMENTS: ClassVar[dict[type[tree.Statement], Callable[..., None]]] = {
        tree.Block: _block, tree.Assign: _assignment, tree.If: _if, tree.Case: _case, tree.Loop: _loop,
        tree.ForRange: _for_range, tree.ForQuery: _for_query, tree.Exit: _exit, tree.Return: _return,
        tree.Raise: _raise, tree.Sql: _sql, tree.Execute: _execute, tree.Perform: _perform, tree.Call: _call,
        tree.Open: _open, tree.Fetch: _fetch, tree.Close: _close, tree.Diagnostics: _diagnostics,
        tree.Control: _control, tree.Nothing: _nothing,
    }  # fmt: skip


# What errors call the statements that they come from.
_WHAT: dict[type[tree.Statement], str] = {
    tree.Assign: "assignment", tree.If: "if", tree.Case: "CASE", tree.Loop: "loop",
    tree.ForRange: "for with integer loopvar",
    tree.ForQuery: "for over select rows", tree.Raise: "raise", tree.Execute: "execute statement",
    tree.Perform: "perform", tree.Call: "call", tree.Open: "open", tree.Fetch: "fetch", tree.Close: "close",
    tree.Block: "block variables initialization",
}  # fmt: skip
