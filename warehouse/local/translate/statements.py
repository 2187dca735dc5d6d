"""Which family a statement belongs to. A statement of no family is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from warehouse.local.translate import (
    alter_table,
    beyond,
    create_as,
    create_table,
    databases,
    grants,
    prepared,
    routines,
    transfer,
    users,
    utility,
    views,
)
from warehouse.local.translate.constants import Shapes
from warehouse.local.translate.merge import remove_duplicates
from warehouse.local.translate.plan import Ask, Nothing, Pass, Plan, Refuse, Refused, not_emulated
from warehouse.local.translate.query import translate_query
from warehouse.local.translate.questions import Unsure, conversation
from warehouse.local.translate.tokens import Stream, Token, split

# Longer texts (a multi-row INSERT) come once; keeping their plans would only cost memory.
_WORTH_KEEPING = 20_000


def translate(text: str) -> list[Plan]:
    """The plans of all statements in `text`, in order. Never raises for bad SQL: what is refused is a Refuse plan."""
    return list(_kept(text)) if len(text) <= _WORTH_KEEPING else _translate(text)


def split_texts(text: str, count: int) -> list[str]:
    """The texts of the `count` statements that `translate` found; the whole text for each when it cannot be cut."""
    found = [one for one, _ in split(text)]
    return found if len(found) == count else [text] * count


@lru_cache(maxsize=4096)
def _kept(text: str) -> tuple[Plan, ...]:
    return tuple(_translate(text))


def _translate(text: str) -> list[Plan]:
    try:
        statements = split(text)
    except Refused as refused:
        return [refused.plan]
    if not statements:
        return [Nothing()]
    return [_planned(one, tokens, {}) for one, tokens in statements]


_shapes = Shapes(_translate)


def translate_by_shape(text: str) -> Pass | Ask | None:
    """The plan of a statement that differs only in its constants from some that came before (constants.py)."""
    return _shapes.plan(text)


def _planned(text: str, tokens: list[Token], answers: Mapping[str, str]) -> Plan:
    known = tuple(answers.items())
    with conversation(answers) as passed_over:
        try:
            plan = _one(text, tokens)
        except Unsure as unsure:
            return Ask(text, unsure.questions, known)
        except Refused as refused:
            return refused.plan
        except Exception as problem:  # noqa: BLE001 a fault of ours: the session goes on, the user learns of it
            return Refuse(f"internal error while translating: {type(problem).__name__}: {problem}", "XX000")
    return Ask(text, tuple(passed_over), known, plan) if passed_over else plan


def _one(text: str, tokens: list[Token]) -> Plan:
    stream = Stream(text, tokens)
    first = stream.peek()
    if name := beyond.named(tokens):
        raise not_emulated(name)
    if first.word in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE") or first.text == "(":
        if first.word in ("SELECT", "WITH") and (made := create_as.select_into(text, tokens)):
            return made
        return _query(text)
    if first.word == "MERGE":
        if not any(t.word == "REMOVE" for t in tokens):
            return _query(text)
        stream.next()
        insert, delete = (translate_query(part).sql for part in remove_duplicates(stream))
        return Pass(f"WITH _removed AS ({delete}) {insert}")
    stream.next()
    if first.word == "COPY":
        return transfer.copy(stream)
    if first.word == "UNLOAD":
        return transfer.unload(stream)
    if first.word == "CREATE":
        return _create(stream)
    if first.word == "ALTER" and stream.accept("TABLE"):
        return alter_table.alter_table(stream)
    if first.word == "ALTER" and stream.peek().word in _ALTER:
        return _ALTER[stream.peek().word](stream)
    if first.word == "DROP" and stream.peek().word in users.ALTER:
        return users.drop(stream)
    if first.word == "DROP" and stream.peek().word in routines.KINDS:
        return routines.drop(stream)
    if first.word == "CALL":
        return routines.call(stream)
    if first.word in ("GRANT", "REVOKE"):
        return grants.grant(stream) if first.word == "GRANT" else grants.revoke(stream)
    if first.word == "REFRESH":
        return views.refresh(stream)
    if first.word == "DROP" and stream.peek().word in ("VIEW", "MATERIALIZED"):
        return views.drop_view(stream)
    if first.word == "DROP" and stream.accept("TABLE"):
        return alter_table.drop_table(stream)
    handler = utility.HANDLERS.get(first.word) or prepared.HANDLERS.get(first.word)
    if handler is None:
        raise not_emulated(_title(text, tokens))
    return handler(stream)


def _query(text: str) -> Plan:
    translated = translate_query(text, shown=True)
    return Pass(translated.sql, leader=translated.on_leader, reads=translated.reads)


def answered(ask: Ask, answers: tuple[str, ...]) -> Plan:
    """What follows from the answers to `ask`, "" for none: a plan, or further questions."""
    if ask.plain is not None and not any(answers):
        return ask.plain
    return _kept_answered(ask, answers) if len(ask.text) <= _WORTH_KEEPING else _answered(ask, answers)


def _answered(ask: Ask, answers: tuple[str, ...]) -> Plan:
    [(text, tokens)] = split(ask.text)
    return _planned(text, tokens, {**dict(ask.known), **dict(zip(ask.questions, answers, strict=True))})


_kept_answered = lru_cache(maxsize=1024)(_answered)


# What Redshift does not have (c_unsupported-postgresql-features), as CREATE names it.
_NO_SUCH_OBJECTS = {
    "INDEX",
    "SEQUENCE",
    "TRIGGER",
    "TYPE",
    "DOMAIN",
    "RULE",
    "TABLESPACE",
    "EXTENSION",
    "OPERATOR",
    "AGGREGATE",
    "COLLATION",
    "POLICY",
}


_ALTER: dict[str, Callable[[Stream], Plan]] = {
    **users.ALTER,
    "DATABASE": databases.alter_database,
    "DEFAULT": grants.alter_default_privileges,
    "MATERIALIZED": views.alter_materialized_view,
    "SCHEMA": databases.alter_schema,
    **dict.fromkeys(routines.KINDS, routines.alter),
}


def _create(stream: Stream) -> Plan:
    word = stream.peek().word
    if word in ("TABLE", "TEMP", "TEMPORARY", "LOCAL"):
        return create_table.create_table(stream)
    if word == "UNIQUE" and stream.peek(1).word == "INDEX":
        word = "INDEX"
    if word in _NO_SUCH_OBJECTS:
        raise Refused(f"CREATE {word} is not supported", "0A000")
    if word == "VIEW" or (word == "OR" and stream.peek(2).word == "VIEW"):
        return views.create_view(stream)
    if word in routines.KINDS or (word == "OR" and stream.peek(2).word in (*routines.KINDS, "EXTERNAL")):
        return routines.create(stream)
    if word == "MATERIALIZED":
        return views.create_materialized_view(stream)
    if word == "SCHEMA":
        return databases.create_schema(stream)
    if word == "DATABASE":
        return databases.create_database(stream)
    if word in users.CREATE:
        return users.CREATE[word](stream)
    if not word:
        raise stream.syntax_error()
    raise not_emulated(f"CREATE {word}")


def _title(text: str, tokens: list[Token]) -> str:
    """The command, with the kind of object that it is about, but no name."""
    words = [token.word for token in tokens[: 2 if tokens[0].word in ("CREATE", "ALTER", "DROP") else 1]]
    return " ".join(word for word in words if word) or text[:20]
