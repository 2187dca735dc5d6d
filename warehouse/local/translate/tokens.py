"""Tokens of a Redshift statement, cut by sqlglot's tokenizer, and a reader for the small grammars of DDL and utilities.

sqlglot joins multi-word keywords and treats some words as commands whose rest is opaque; here every word is a token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import TokenType

from warehouse.local import long_names
from warehouse.local.translate.dialect import LocalRedshift
from warehouse.local.translate.plan import Refused, not_emulated


@dataclass(frozen=True)
class Token:
    """A word, a quoted identifier, a string, a number or a sign; `start` and `end` are offsets in the text."""

    kind: str  # word, name, string, number, sign
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The upper-case word, or "" for anything that is not a bare word."""
        return self.text.upper() if self.kind == "word" else ""


def tokenize(text: str) -> list[Token]:
    """Cut `text` into tokens; comments are dropped. Raises Refused (42601) when it cannot be cut."""
    try:
        raw = LocalRedshift.Tokenizer(dialect=LocalRedshift).tokenize(_untagged(text))
    except TokenError as error:
        raise Refused("unterminated quoted string or comment", "42601") from error
    found: list[Token] = []
    for token in raw:
        start, end = token.start, token.end + 1
        if token.token_type == TokenType.BYTE_STRING and "pg_catalog." in text:  # psql's own questions to the catalogs
            found.append(Token("string", token.text, start, end))
            continue
        _no_prefix(token.token_type, found[-1] if found else None, start)
        if token.token_type in (TokenType.STRING, TokenType.RAW_STRING):
            found.append(Token("string", token.text.replace(_DOLLAR, "$"), start, end))
        elif token.token_type == TokenType.IDENTIFIER:
            found.append(Token("name", token.text, start, end))
        elif token.token_type == TokenType.NUMBER:
            found.append(Token("number", token.text, start, end))
        elif token.text[:1].isalpha() or token.text[:1] in "_#" or ord(token.text[:1] or "\0") > 127:
            # As it stands there: sqlglot's text of a type of two words is in upper case.
            for part in re.finditer(r"\S+", text[start:end]):
                found.append(Token("word", part.group(), start + part.start(), start + part.end()))
        else:
            found.append(Token("sign", token.text, start, end))
    return _join_temp_names(found)


# Of dollar quotes, sqlglot here reads $$…$$ alone (dialect.py): $tag$…$tag$ becomes that, in the same length.
_DOLLAR = "\ue000"
_QUOTED = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'|"[^"]*"|\$\$.*?\$\$|(?<!\w)\$([A-Za-z_]\w*)\$(.*?)\$\1\$""", re.DOTALL
)


def _untagged(text: str) -> str:
    if "$" not in text:
        return text

    def plain(found: re.Match[str]) -> str:
        tag = found[1]
        if not tag:
            return found[0]
        blanks = " " * len(tag)
        return f"{blanks}$${found[2].replace('$', _DOLLAR)}$${blanks}"

    return _QUOTED.sub(plain, text)


# What may stand before a string in PostgreSQL, right beside it; Redshift knows none of them.
_PREFIXES = {TokenType.BYTE_STRING: "e", TokenType.UNICODE_STRING: "U&", TokenType.NATIONAL_STRING: "n"}


def _no_prefix(kind: TokenType, before: Token | None, start: int) -> None:
    prefix = _PREFIXES.get(kind)
    if kind == TokenType.STRING and before and before.end == start and before.word in ("B", "X"):
        prefix = before.text
    if prefix:
        raise Refused(
            f'type "{prefix.lower()}" does not exist', "42704", hint="A backslash escapes inside '…' as it is."
        )


_FOLDED = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """An identifier as Redshift keeps it: its ASCII letters in lower case, even when it was quoted (r_names).

    One that PostgreSQL would cut comes back as PostgreSQL's name for it.
    """
    try:
        return long_names.behind(name.translate(_FOLDED))
    except long_names.TooManyNames as many:
        raise not_emulated(str(many)) from many


def _join_temp_names(tokens: list[Token]) -> list[Token]:
    """`#` and the word right behind it are one name: that of a temporary table."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if (
            last
            and last.kind == "sign"
            and last.text == "#"
            and last.end == token.start
            and token.kind in ("word", "number")
        ):
            joined[-1] = Token("name", "#" + token.text, last.start, token.end)
        else:
            joined.append(token)
    return joined


def split(text: str) -> list[tuple[str, list[Token]]]:
    """The statements of `text`, each with its tokens (offsets are those of the statement)."""
    statements: list[tuple[str, list[Token]]] = []
    current: list[Token] = []
    for token in [*tokenize(text), Token("sign", ";", len(text), len(text))]:
        if token.kind == "sign" and token.text == ";":
            if current:
                start, end = current[0].start, current[-1].end
                shifted = [Token(t.kind, t.text, t.start - start, t.end - start) for t in current]
                statements.append((text[start:end], shifted))
            current = []
        else:
            current.append(token)
    return statements


class Stream:
    """Reads a statement's tokens from left to right."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self._tokens = tokens
        self.at = 0
        # Strings of this statement may be secrets: an error does not repeat them.
        self.secret = False

    @cached_property
    def _end(self) -> Token:
        return Token("end", "", len(self.text), len(self.text))

    def peek(self, ahead: int = 0) -> Token:
        index = self.at + ahead
        return self._tokens[index] if index < len(self._tokens) else self._end

    def next(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    @property
    def done(self) -> bool:
        return self.at >= len(self._tokens)

    def sees(self, *words: str) -> bool:
        return all(
            self.peek(i).word == word or (self.peek(i).kind == "sign" and self.peek(i).text == word)
            for i, word in enumerate(words)
        )

    def accept(self, *words: str) -> bool:
        """Step over `words` when they come next."""
        if self.sees(*words):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.syntax_error()

    def syntax_error(self) -> Refused:
        token = self.peek()
        if token.kind == "end":
            return Refused("syntax error at end of input", "42601")
        if self.secret and token.kind == "string":
            return Refused("syntax error at or near a string", "42601")
        return Refused(f'syntax error at or near "{self.text[token.start : token.end]}"', "42601")

    def finish(self) -> None:
        """Insist that nothing is left."""
        if not self.done:
            raise self.syntax_error()

    def name(self) -> str:
        """An identifier, folded to lower case even when quoted, as Redshift does."""
        token = self.next()
        if token.kind not in ("word", "name") or not token.text:
            self.at -= 1
            raise self.syntax_error()
        return fold(token.text)

    def qualified(self) -> tuple[str, ...]:
        """`table`, `schema.table` or `database.schema.table`; the database is dropped when given."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        if len(parts) > 3:
            raise self.syntax_error()
        if "pg_redshift" in parts[-2:-1]:  # the server's own schema, open to every user because no name leads there
            raise Refused('schema "pg_redshift" does not exist', "3F000")
        return tuple(parts[-2:])

    def names(self) -> tuple[str, ...]:
        """( a, b, … )"""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return tuple(found)

    def string(self) -> str:
        token = self.next()
        if token.kind != "string":
            self.at -= 1
            raise self.syntax_error()
        return token.text

    def integer(self) -> int:
        sign = -1 if self.accept("-") else 1
        token = self.next()
        if token.kind != "number" or not token.text.isdigit():
            self.at -= 1
            raise self.syntax_error()
        return sign * int(token.text)

    def last(self, count: int) -> list[str]:
        """The last words of the statement."""
        return [token.word for token in self._tokens[-count:]]

    def rest(self, *, without: int = 0) -> str:
        """The text from here to the end, less so many last tokens; the stream is done then."""
        start, stop = self.peek().start, len(self._tokens) - without
        if self.at >= stop:
            raise Refused("syntax error at end of input", "42601")
        self.at = len(self._tokens)
        return self.text[start : self._tokens[stop - 1].end]

    def until(self, *stops: str, own: tuple[str, ...] = ()) -> str:
        """The text up to the first of the words or signs `stops` outside parentheses, or to the end. A text that
        begins with one of the words `own` does not stop there.
        """
        start = self.peek().start
        depth = 0
        while not self.done:
            token = self.peek()
            is_own = token.start == start and token.word in own
            if depth == 0 and not is_own and (token.word in stops or (token.kind == "sign" and token.text in stops)):
                break
            if token.kind == "sign":
                depth += {"(": 1, ")": -1}.get(token.text, 0)
            self.at += 1
        if self.at == 0 or self.peek(-1).end <= start:
            raise self.syntax_error()
        return self.text[start : self.peek(-1).end]


def quote(name: str) -> str:
    """An identifier as PostgreSQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def path(names: tuple[str, ...]) -> str:
    """A qualified name as PostgreSQL takes it."""
    return ".".join(quote(name) for name in names)


def literal(value: str) -> str:
    """A string constant as PostgreSQL takes it (standard_conforming_strings is on behind us)."""
    return "'" + value.replace("'", "''") + "'"
