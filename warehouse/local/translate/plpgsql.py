"""The text of a PL/pgSQL body to a tree (body.py). Raises Refused for what cannot be read.

Sources: AWS c_PLpgSQL-structure, c_PLpgSQL-statements.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

from warehouse.local.translate import body as tree
from warehouse.local.translate import types
from warehouse.local.translate.plan import Refused
from warehouse.local.translate.tokens import Stream, tokenize

Statements = tuple[tree.Statement, ...]
_LEVELS = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION")


@lru_cache(maxsize=256)
def parse(source: str) -> tree.Block:
    """The block that a procedure's body is."""
    text = source.removeprefix("\r").removeprefix("\n")  # lines are counted from the one behind $$
    reader = _Reader(text)
    label = reader.label()
    block = reader.block(label)
    reader.stream.accept(";")
    reader.stream.finish()
    return block


def variable_type(stream: Stream) -> str:
    """The type of a variable or argument, as tree.Declaration has it."""
    if stream.peek().word in ("RECORD", "REFCURSOR"):
        return stream.next().word.lower()
    start = stream.at
    if stream.peek().kind in ("word", "name"):
        parts = list(stream.qualified())
        if stream.accept("%"):
            kind = stream.next().word
            if kind not in ("TYPE", "ROWTYPE"):
                stream.at -= 1
                raise stream.syntax_error()
            return f"{'.'.join(parts)}%{kind.lower()}"
    stream.at = start
    return types.column_type(stream)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.stream = Stream(text, tokenize(text))

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.stream.peek().start) + 1

    def label(self) -> str:
        """<<name>>, if that comes next."""
        if not self.stream.accept("<", "<"):
            return ""
        name = self.stream.name()
        self.stream.expect(">", ">")
        return name

    def block(self, label: str) -> tree.Block:
        stream, line = self.stream, self.line
        declarations: list[tree.Declaration] = []
        if stream.accept("DECLARE"):
            while not stream.sees("BEGIN"):
                if stream.accept("DECLARE"):
                    continue
                declarations.append(self.declaration())
        stream.expect("BEGIN")
        body = self.statements("EXCEPTION", "END")
        handler = None
        if stream.accept("EXCEPTION"):
            stream.expect("WHEN")
            condition = stream.next()
            if condition.word != "OTHERS":
                # "The only supported condition in an exception block is OTHERS" (stored-procedure-trapping-errors)
                raise Refused(f'unrecognized exception condition "{condition.text.lower()}"', "42704")
            stream.expect("THEN")
            handler = self.statements("END", "WHEN")
        stream.expect("END")
        if stream.peek().kind in ("word", "name"):
            stream.name()
        return tree.Block(line, body, tuple(declarations), handler, label)

    def declaration(self) -> tree.Declaration:
        stream = self.stream
        name = stream.name()
        if stream.accept("ALIAS"):
            stream.expect("FOR", "$")
            number = stream.integer()
            stream.expect(";")
            return tree.Declaration(name, alias=number)
        if stream.accept("CURSOR"):
            arguments: list[tuple[str, str]] = []
            while stream.accept("(") or (arguments and stream.accept(",")):
                arguments.append((stream.name(), variable_type(stream)))
            if arguments:
                stream.expect(")")
            if not stream.accept("FOR"):
                stream.expect("IS")
            query = self.until(";")
            stream.expect(";")
            return tree.Declaration(name, "refcursor", cursor=tree.Cursor(query, tuple(arguments)))
        constant = stream.accept("CONSTANT")
        kind = variable_type(stream)
        not_null = stream.accept("NOT", "NULL")
        default = ""
        if stream.accept("DEFAULT") or stream.accept(":=") or stream.accept("="):
            default = self.until(";")
        stream.expect(";")
        return tree.Declaration(name, kind, default, constant, not_null)

    def statements(self, *stops: str) -> Statements:
        """Statements up to one of the words `stops`, which is left."""
        found: list[tree.Statement] = []
        while not self.stream.done and self.stream.peek().word not in stops:
            found.append(self.statement())
        return tuple(found)

    def statement(self) -> tree.Statement:
        stream, line = self.stream, self.line
        label = self.label()
        word = stream.peek().word
        if word in ("DECLARE", "BEGIN") and not (word == "BEGIN" and stream.peek(1).text == ";"):
            made: tree.Statement = self.block(label)
        elif word in self._LABELLED:
            made = self._LABELLED[word](self, line, label)
        elif label:
            raise stream.syntax_error()
        elif self._assigns():
            target = self.target()
            stream.next()
            made = tree.Assign(line, target, self.until(";"))
        elif word in self._PLAIN:
            made = self._PLAIN[word](self, line)
        else:
            made = self._sql(line)
        if not stream.done:
            stream.expect(";")
        return made

    def _assigns(self) -> bool:
        ahead = 3 if self.stream.peek(1).text == "." and self.stream.peek(1).kind == "sign" else 1
        first, sign = self.stream.peek(), self.stream.peek(ahead)
        if first.kind == "sign" and first.text == "$":  # $1 := …
            sign = self.stream.peek(2)
            return sign.kind == "sign" and sign.text in (":=", "=")
        return first.kind in ("word", "name") and sign.kind == "sign" and sign.text in (":=", "=")

    def target(self) -> tuple[str, ...]:
        stream = self.stream
        if stream.accept("$"):
            return (f"${stream.integer()}",)
        name = stream.name()
        return (name, stream.name()) if stream.accept(".") else (name,)

    def targets(self) -> tuple[tuple[str, ...], ...]:
        found = [self.target()]
        while self.stream.accept(","):
            found.append(self.target())
        return tuple(found)

    def until(self, *stops: str) -> str:
        """The text up to a word or sign of `stops` that stands outside parentheses and CASE … END."""
        stream, start, depth = self.stream, self.stream.peek().start, 0
        end = start
        while not stream.done:
            token = stream.peek()
            if depth == 0 and (token.word in stops or (token.kind == "sign" and token.text in stops)):
                break
            if token.kind == "sign":
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
            elif token.word == "CASE":
                depth += 1
            elif token.word == "END" and depth:
                depth -= 1
            end = stream.next().end
        if end == start:
            raise stream.syntax_error()
        return self.text[start:end]

    # --- statements with a grammar of their own -----------------------------------------------------------------

    def _if(self, line: int) -> tree.Statement:
        stream = self.stream
        branches: list[tuple[str, Statements]] = []
        stream.expect("IF")
        while True:
            condition = self.until("THEN")
            stream.expect("THEN")
            branches.append((condition, self.statements("ELSIF", "ELSEIF", "ELSE", "END")))
            if not (stream.accept("ELSIF") or stream.accept("ELSEIF")):
                break
        otherwise = self.statements("END") if stream.accept("ELSE") else ()
        stream.expect("END", "IF")
        return tree.If(line, tuple(branches), otherwise)

    def _case(self, line: int) -> tree.Statement:
        stream = self.stream
        stream.expect("CASE")
        operand = "" if stream.sees("WHEN") else self.until("WHEN")
        branches: list[tuple[str, Statements]] = []
        while stream.accept("WHEN"):
            values = self.until("THEN")
            stream.expect("THEN")
            branches.append((values, self.statements("WHEN", "ELSE", "END")))
        otherwise = self.statements("END") if stream.accept("ELSE") else None
        stream.expect("END", "CASE")
        return tree.Case(line, operand, tuple(branches), otherwise)

    def _body(self) -> Statements:
        stream = self.stream
        stream.expect("LOOP")
        body = self.statements("END")
        stream.expect("END", "LOOP")
        if stream.peek().kind in ("word", "name"):
            stream.name()
        return body

    def _loop(self, line: int, label: str) -> tree.Statement:
        return tree.Loop(line, self._body(), "", label)

    def _while(self, line: int, label: str) -> tree.Statement:
        self.stream.expect("WHILE")
        condition = self.until("LOOP")
        return tree.Loop(line, self._body(), condition, label)

    def _for(self, line: int, label: str) -> tree.Statement:
        stream = self.stream
        stream.expect("FOR")
        targets = self.targets()
        stream.expect("IN")
        if stream.accept("EXECUTE"):
            query = self.until("LOOP")
            return tree.ForQuery(line, targets, query, True, self._body(), label)
        reverse = stream.accept("REVERSE")
        text = self.until("LOOP")
        if cut := _range(text):
            if len(targets) > 1 or len(targets[0]) > 1:
                raise stream.syntax_error()
            return tree.ForRange(line, targets[0][0], *cut, reverse, self._body(), label)
        return tree.ForQuery(line, targets, text, False, self._body(), label)

    def _exit(self, line: int) -> tree.Statement:
        stream = self.stream
        again = stream.next().word == "CONTINUE"
        label = stream.name() if stream.peek().kind in ("word", "name") and not stream.sees("WHEN") else ""
        condition = self.until(";") if stream.accept("WHEN") else ""
        return tree.Exit(line, label, condition, again)

    def _return(self, line: int) -> tree.Statement:
        self.stream.next()
        if not self.stream.sees(";"):
            # A procedure has no value (c_PLpgSQL-statements).
            raise Refused("RETURN cannot have a parameter in a procedure", "42804")
        return tree.Return(line)

    def _raise(self, line: int) -> tree.Statement:
        stream = self.stream
        stream.next()
        if stream.sees(";"):
            return tree.Raise(line, "")
        level = stream.next().word if stream.peek().word in _LEVELS else "EXCEPTION"
        if level == "EXCEPTION" and stream.peek().kind != "string":
            raise stream.syntax_error()
        text = stream.string()
        arguments = []
        while stream.accept(","):  # "must be simple variables, not expressions"
            arguments.append(".".join(self.target()))
        return tree.Raise(line, level, text, tuple(arguments))

    def _execute(self, line: int) -> tree.Statement:
        stream = self.stream
        stream.expect("EXECUTE")
        expression = self.until("INTO", "USING", ";")
        into = self.targets() if stream.accept("INTO") else ()
        if stream.sees("USING"):
            raise stream.syntax_error()
        return tree.Execute(line, expression, into)

    def _perform(self, line: int) -> tree.Statement:
        self.stream.next()
        return tree.Perform(line, self.until(";"))

    def _call(self, line: int) -> tree.Statement:
        stream = self.stream
        stream.next()
        start = stream.peek().start
        stream.qualified()
        name = self.text[start : stream.peek(-1).end]
        stream.expect("(")
        arguments = []
        while not stream.sees(")"):
            arguments.append(self.until(",", ")"))
            if not stream.accept(","):
                break
        stream.expect(")")
        return tree.Call(line, name, tuple(arguments))

    def _open(self, line: int) -> tree.Statement:
        stream = self.stream
        stream.next()
        name = stream.name()
        if stream.accept("FOR"):
            dynamic = stream.accept("EXECUTE")
            return tree.Open(line, name, self.until(";"), dynamic)
        arguments = []
        if stream.accept("("):
            while not stream.sees(")"):
                arguments.append(self.until(",", ")"))
                if not stream.accept(","):
                    break
            stream.expect(")")
        return tree.Open(line, name, arguments=tuple(arguments))

    def _fetch(self, line: int) -> tree.Statement:
        stream = self.stream
        stream.next()
        stream.accept("NEXT")
        stream.accept("FROM")
        name = stream.name()
        stream.expect("INTO")
        return tree.Fetch(line, name, self.targets())

    def _close(self, line: int) -> tree.Statement:
        self.stream.next()
        return tree.Close(line, self.stream.name())

    def _diagnostics(self, line: int) -> tree.Statement:
        stream = self.stream
        stream.expect("GET", "DIAGNOSTICS")
        target = stream.name()
        if not stream.accept(":="):
            stream.expect("=")
        stream.expect("ROW_COUNT")
        return tree.Diagnostics(line, target)

    def _control(self, line: int) -> tree.Statement:
        word = self.stream.next().word
        if word == "START":
            self.stream.expect("TRANSACTION")
        elif not self.stream.accept("WORK"):
            self.stream.accept("TRANSACTION")
        return tree.Control(line, word)

    def _null(self, line: int) -> tree.Statement:
        self.stream.next()
        return tree.Nothing(line)

    def _sql(self, line: int) -> tree.Statement:
        """Any other statement; of a SELECT, INTO and its targets are taken out."""
        stream, start = self.stream, self.stream.peek().start
        if self.stream.peek().kind not in ("word", "sign"):
            raise stream.syntax_error()
        first, depth, cut = stream.peek().word, 0, (0, 0)
        into: tuple[tuple[str, ...], ...] = ()
        while not stream.done and not (depth == 0 and stream.sees(";")):
            token = stream.peek()
            if token.kind == "sign":
                depth += {"(": 1, ")": -1}.get(token.text, 0)
            if first in ("SELECT", "WITH") and depth == 0 and token.word == "INTO" and not into:
                stream.next()
                into = self.targets()
                cut = (token.start, stream.peek(-1).end)
                continue
            stream.next()
        end = stream.peek(-1).end
        if end <= start:
            raise stream.syntax_error()
        text = self.text[start : cut[0]] + self.text[cut[1] : end] if into else self.text[start:end]
        return tree.Sql(line, text, into)

    _LABELLED: ClassVar[dict[str, Callable[[_Reader, int, str], tree.Statement]]] = {
        "LOOP": _loop,
        "WHILE": _while,
        "FOR": _for,
    }
    _PLAIN: ClassVar[dict[str, Callable[[_Reader, int], tree.Statement]]] = {
        "IF": _if,
        "CASE": _case,
        "EXIT": _exit,
        "CONTINUE": _exit,
        "RETURN": _return,
        "RAISE": _raise,
        "EXECUTE": _execute,
        "PERFORM": _perform,
        "CALL": _call,
        "OPEN": _open,
        "FETCH": _fetch,
        "CLOSE": _close,
        "GET": _diagnostics,
        "COMMIT": _control,
        "ROLLBACK": _control,
        "START": _control,
        "NULL": _null,
    }


def _range(text: str) -> tuple[str, str] | None:
    """The bounds of `first .. last`; None when the text is a query."""
    tokens = tokenize(text)
    if tokens[0].word in ("SELECT", "WITH", "("):
        return None
    for at, token in enumerate(tokens[:-1]):
        following = tokens[at + 1]
        if following.kind == "sign" and following.text == "." and following.start == token.end:
            if token.kind == "number" and token.text.endswith("."):  # `1..10`: the first point went to the number
                return text[: token.end - 1], text[following.end :]
            if token.kind == "sign" and token.text == ".":
                return text[: token.start], text[following.end :]
    return None
