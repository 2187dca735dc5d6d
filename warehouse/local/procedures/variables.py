"""Variables of a running procedure, and how they get into SQL.

A variable in an expression becomes `$1`, `$2`, …, so that the text is that of a prepared statement and is translated
once; behind the translation a typed constant takes its place. A variable hides a column of the same name, as in the
PostgreSQL that Redshift comes from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from warehouse.local.translate.dialect import parse
from warehouse.local.translate.plan import Refused
from warehouse.local.translate.tokens import fold, literal, tokenize


@dataclass
class Variable:
    """A value as PostgreSQL prints it, and its type. `fields` are those of a record that has been assigned."""

    name: str
    type: str
    value: str | None = None
    fields: dict[str, Variable] | None = None
    constant: bool = False
    not_null: bool = False

    def sql(self) -> str:
        kind = "varchar" if self.type in ("refcursor", "record") else self.type
        return f"CAST({'NULL' if self.value is None else literal(self.value)} AS {kind})"

    def text(self) -> str:
        """As RAISE prints it."""
        if self.fields is not None:
            return f"({','.join(one.value or '' for one in self.fields.values())})"
        if self.type == "boolean" and self.value is not None:
            return {"true": "t", "false": "f"}.get(self.value, self.value)
        return "<NULL>" if self.value is None else self.value


@dataclass
class Scope:
    """The variables of a block, and the scope around it. A label, or the procedure's name, may stand before a name."""

    outer: Scope | None = None
    label: str = ""
    names: dict[str, Variable] = field(default_factory=dict)

    def find(self, *path: str) -> Variable | None:
        """A variable, a field of a record, or a variable behind its block's label."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(path[0])
            if found is not None:
                return found if len(path) == 1 else _field(found, path[1])
            if len(path) == 2 and scope.label == path[0]:
                return scope.names.get(path[1])
            scope = scope.outer
        return None

    def need(self, *path: str) -> Variable:
        """As `find`; raises Refused when there is none."""
        found = self.find(*path)
        if found is None:
            raise Refused(f'"{".".join(path)}" is not a known variable', "42601")
        return found


def _field(record: Variable, name: str) -> Variable | None:
    if record.type != "record":
        return None
    if record.fields is None:
        raise Refused(f'record "{record.name}" is not assigned yet', "55000", detail="It has no fields until it is.")
    if name not in record.fields:
        raise Refused(f'record "{record.name}" has no field "{name}"', "42703")
    return record.fields[name]


def bind(text: str, scope: Scope) -> tuple[str, tuple[str, ...]]:
    """`text`, a statement of SQL, with `$n` for each variable in it, and the constants that these stand for."""
    spans: list[tuple[int, int, Variable]] = []
    tokens = tokenize(text)
    for at, token in enumerate(tokens[:-1]):
        if token.kind == "sign" and token.text == "$" and tokens[at + 1].kind == "number":
            spans.append((token.start, tokens[at + 1].end, scope.need(f"${tokens[at + 1].text}")))
    for begin, end, path in _names(text):
        found = scope.find(*path)
        if found is not None:
            spans.append((begin, end, found))
    pieces, constants, at = [], [], 0
    for begin, end, variable in sorted(spans, key=lambda span: span[0]):
        constants.append(variable.sql())
        pieces += [text[at:begin], f"${len(constants)}"]
        at = end
    return "".join(pieces) + text[at:], tuple(constants)


def _query(text: str) -> int | None:
    """Where the part of a statement begins that may hold variables: all of DML, the query of CREATE TABLE … AS."""
    tokens = tokenize(text)
    if not tokens:
        return None
    if tokens[0].word in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE") or tokens[0].text == "(":
        return 0
    if tokens[0].word == "CREATE" and any(token.word == "TABLE" for token in tokens[:4]):
        depth = 0
        for token in tokens:
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
            if depth == 0 and token.word == "AS":
                return token.end
    return None


@lru_cache(maxsize=1024)
def _names(text: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """Where names stand in a statement that may be variables: start, end, and the folded parts."""
    start = _query(text)
    if start is None:
        return ()
    try:
        tree = parse(text[start:])
    except (ParseError, TokenError):
        return ()  # the translation says what is wrong
    found = []
    for column in tree.find_all(exp.Column):
        parts = column.parts
        if len(parts) > 2 or any(not isinstance(part, exp.Identifier) or "start" not in part.meta for part in parts):
            continue
        if isinstance(column.parent, exp.EQ) and column.arg_key == "this" and _assigned(column.parent):
            continue
        begin, end = parts[0].meta["start"], parts[-1].meta["end"] + 1
        found.append((start + begin, start + end, tuple(fold(part.name) for part in parts)))
    return tuple(found)


def _assigned(equality: exp.EQ) -> bool:
    """True for `column = …` behind SET."""
    return isinstance(equality.parent, exp.Update) and equality.arg_key == "expressions"


_PIECE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)""")


def fill(sql: str, constants: Sequence[str]) -> str:
    """PostgreSQL's text with the constants in the place of `$n`."""
    if not constants:
        return sql
    return _PIECE.sub(lambda found: constants[int(found[1]) - 1] if found[1] else found[0], sql)
