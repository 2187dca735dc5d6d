"""SQL text as a value that rules can ask: a file's statements, what a revision executes, a view's query.

Words answer most questions (`VACUUM`, `GRANT … TO PUBLIC`), whatever statement it is; the parsed tree answers the rest
(a DELETE's predicate, a SELECT's stars). sqlglot reads both, and is imported when the first one is asked. What it
cannot parse is not silently fine: `readable` is False, and a rule says so.

A waiver stands in a comment of the statement, or between it and the one before, with its reason:

    -- waive WH402: the scratch table is emptied on purpose
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Literal

from warehouse.discipline.finding import Place
from warehouse.discipline.trees import dialect, has_star, parsed, tables, unconnected, wrapped_columns
from warehouse.redshift.transactions import Boundary, boundary
from warehouse.schema.design import qualified, with_reasons

Origin = Literal["file", "revision", "view"]

_WAIVER = re.compile(r"--[ \t]*waive[ \t]+(?P<code>\w+)[ \t]*:?(?P<reason>[^\n]*)", re.IGNORECASE)
# Words between a statement's verb and the name of what it is about.
_BEFORE_NAME = frozenset(
    [
        "OR",
        "REPLACE",
        "LOCAL",
        "TEMP",
        "TEMPORARY",
        "EXTERNAL",
        "MATERIALIZED",
        "TABLE",
        "VIEW",
        "INTO",
        "FROM",
        "ONLY",
        "IF",
        "NOT",
        "EXISTS",
        "FULL",
        "SORT",
        "DELETE",
        "REINDEX",
        "RECLUSTER",
        "VERBOSE",
    ]
)
_NAMED = frozenset(
    ["CREATE", "ALTER", "DROP", "TRUNCATE", "DELETE", "UPDATE", "INSERT", "COPY", "VACUUM", "ANALYZE", "MERGE"]
)
_MAKING = frozenset({"CREATE", "ALTER", "DROP"})
# The first words of what is parsed; a query may stand in brackets.
_PARSED = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE"})
_WITHOUT_BRACKETS = frozenset({"SYSDATE", "CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"})
_UNBOUND = ("WITH", "NO", "SCHEMA", "BINDING")
# Placeholders of template engines and drivers, which stand for a value or a name.
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|%\(\w+\)s|\$\{\w+\}", re.DOTALL)
_BLOCK = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


@dataclass(frozen=True)
class Word:
    """One token. `text` is upper case for words, lower case in double quotes for quoted names, '…' for strings."""

    text: str
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Statement:
    """One SQL statement. `name` is the view whose query it is; `in_block`: it stands between BEGIN and COMMIT."""

    text: str
    origin: Origin = "file"
    name: str = ""
    in_block: bool = False
    late_binding: bool = False
    place: Place | None = field(default=None, compare=False)

    @property
    def of_table(self) -> str:
        return self.name or self.target

    @property
    def where(self) -> str:
        return self.of_table or "SQL"

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The tokens: words in upper case, quoted names and strings in their quotes, symbols as they are."""
        return tuple(word.text for word in tokens(self.text))

    @property
    def verb(self) -> str:
        """The first word: SELECT, DELETE, …; what a WITH leads to is the tree's kind."""
        words = [word for word in self.words[:8] if word != "("]
        if words[:1] == ["WITH"] and self.tree is not None:
            return str(self.tree.key).upper()
        return words[0] if words else ""

    @property
    def boundary(self) -> Boundary | None:
        """Why it cannot share a transaction with others; None when it can."""
        return boundary(self.text)

    def has(self, *words: str) -> bool:
        """Do these words stand in it, one after the other?"""
        return self.count(*words) > 0

    def count(self, *words: str) -> int:
        """How often these words stand in it, one after the other."""
        many = len(words)
        return sum(self.words[at : at + many] == words for at in range(len(self.words) - many + 1))

    @property
    def kind(self) -> str:
        """What a CREATE, ALTER or DROP is about: TABLE, VIEW, INDEX, …"""
        rest = [word for word in self.words[1:8] if word not in _BEFORE_NAME or word in ("TABLE", "VIEW")]
        return rest[0] if rest else ""

    @property
    def target(self) -> str:
        """The table or view that it writes, creates, alters or drops, qualified unless in public; '' when unknown."""
        if self.verb not in _NAMED or (self.verb in _MAKING and self.kind not in ("TABLE", "VIEW")):
            return ""
        at = self.words.index(self.verb) + 1 if self.verb in self.words else 0
        while at < len(self.words) and self.words[at] in _BEFORE_NAME:
            at += 1
        parts = [_plain(self.words[at])] if at < len(self.words) and _is_name(self.words[at]) else []
        while parts and self.words[at + 1 : at + 2] == (".",) and at + 2 < len(self.words):
            at += 2
            parts.append(_plain(self.words[at]))
        return qualified(parts[-2] if len(parts) > 1 else None, parts[-1]) if parts else ""

    @cached_property
    def tree(self) -> Any:
        """sqlglot's expression of a query or of DML; of a CREATE … AS, its query's; None for anything else, and for
        what sqlglot cannot read.
        """
        if self.words[:1] == ("CREATE",):
            return parsed(_filled_in(self._query)) if self._query else None
        return parsed(_filled_in(self.text)) if set(self.words[:2]) & _PARSED else None

    @cached_property
    def _query(self) -> str:
        found = tokens(self.text)
        for word, after in pairwise(found):
            if word.text == "AS" and after.text in ("SELECT", "WITH", "("):
                last = found[-4].start if self.words[-4:] == _UNBOUND else len(self.text)
                return self.text[after.start : last]
        return ""

    @property
    def is_view(self) -> bool:
        """Is it a view's query, or does it create a view?"""
        return self.origin == "view" or (self.verb == "CREATE" and self.kind == "VIEW")

    @property
    def is_late_binding(self) -> bool:
        """Is it the query of a view WITH NO SCHEMA BINDING, or does it create one?"""
        return self.late_binding or (self.is_view and self.words[-4:] == _UNBOUND)

    @property
    def readable(self) -> bool:
        """Could the statement be read: as a whole, or at least as one whose words say everything?"""
        if self.words[:1] == ("CREATE",):
            return not self._query or self.tree is not None
        # sqlglot does not know this form of MERGE.
        known = self.has("REMOVE", "DUPLICATES")
        return self.tree is not None or known or not (self.words and set(self.words[:2]) & (_PARSED | {""}))

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The tables and views that it reads, qualified unless in public, in alphabetical order."""
        return tuple(sorted({qualified(table.db or None, table.name) for table in tables(self.tree) if table.name}))

    @property
    def unqualified(self) -> tuple[str, ...]:
        """The tables and views that it names without a schema."""
        return tuple(sorted({table.name for table in tables(self.tree) if not table.db and table.name}))

    @property
    def functions(self) -> frozenset[str]:
        """The functions that it calls, in lower case, by the words that stand before a bracket; and those without."""
        words = (*self.words, "")
        called = {word.lower() for word, after in pairwise(words) if after == "(" and word.isidentifier()}
        return frozenset(called | {word.lower() for word in words if word in _WITHOUT_BRACKETS})

    @property
    def has_star(self) -> bool:
        """Does it select all columns, by * or table.*? (EXISTS (SELECT *) selects none.)"""
        return has_star(self.tree)

    @property
    def wrapped_columns(self) -> tuple[str, ...]:
        """The columns that a predicate compares inside of a function or a cast."""
        return wrapped_columns(self.tree)

    @property
    def unconnected(self) -> tuple[str, ...]:
        """The tables of a FROM that no predicate connects with the first one."""
        return unconnected(self.tree)

    @property
    def inserted_columns(self) -> tuple[str, ...]:
        """The columns that an INSERT names."""
        listed = self.tree.this.expressions if self.tree is not None and self.tree.key == "insert" else ()
        return tuple(one.name for one in listed)

    def outer_clauses(self, *names: str) -> list[str]:
        """Which of these clauses (order, limit, offset) the outermost query has."""
        return [name for name in names if self.tree is not None and self.tree.args.get(name)]

    def mentions(self, name: str) -> bool:
        """Does a word of it, quoted or not, read like this name? A star mentions everything."""
        return name.upper() in self.words or f'"{name.lower()}"' in self.words or self.has_star

    @property
    def waivers(self) -> Mapping[str, str]:
        """Rule code -> why this statement may break it. Raises DesignError for an empty reason."""
        found = {one["code"].upper(): one["reason"].strip() for one in _WAIVER.finditer(self.text)}
        return with_reasons(str(self.place or self.where), found)


def statements(text: str, *, origin: Origin = "file", place: Place | None = None) -> Iterator[Statement]:
    """The statements of a text, each with the comments before it, in order. `place` is where the text begins."""
    in_block, begin, line = False, 0, None
    for word in (*tokens(text), Word(";", len(text), len(text), 0)):
        if word.text != ";":
            line = line or word.line
            continue
        if line is not None:
            at = Place(place.file, place.line + line - 1) if place else None
            one = Statement(text[begin : word.start].strip(), origin, in_block=in_block, place=at)
            if one.verb in ("BEGIN", "START"):
                in_block = True
            elif one.verb in ("COMMIT", "END", "ROLLBACK", "ABORT"):
                in_block = False
            yield one
        begin, line = word.end + 1, None


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Word, ...]:
    """The tokens of a text, comments left out. A text that cannot be cut into tokens is one unreadable word."""
    from sqlglot.errors import TokenError

    try:
        found = dialect().tokenize(_filled_in(text))
    except TokenError:
        return (Word("", 0, len(text) - 1, 1),)
    return tuple(Word(_spelled(token), token.start, token.end, token.line) for token in found)


def _filled_in(text: str) -> str:
    """The text with templates' placeholders as names of the same length, so that places stay what they are."""
    without = _BLOCK.sub(lambda one: re.sub(r"[^\n]", " ", one[0]), text)
    return _PLACEHOLDER.sub(lambda one: "_" * len(one[0]), without)


def _spelled(token: Any) -> str:
    from sqlglot.tokenizer_core import TokenType

    if token.token_type == TokenType.STRING:
        return f"'{token.text}'"
    if token.token_type == TokenType.IDENTIFIER:
        return f'"{token.text.lower()}"'
    # Some tokens are two words, with whatever was between them.
    return " ".join(str(token.text).upper().split())


def _is_name(word: str) -> bool:
    return word.startswith('"') or word.replace("_", "a").replace("$", "a").replace("#", "a").isalnum()


def _plain(word: str) -> str:
    return word.strip('"').lower()
