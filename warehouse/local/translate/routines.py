"""Stored procedures and SQL functions: CREATE, ALTER, DROP, CALL.

Both are functions of PostgreSQL. That of a procedure only notes that it was called, and with what: PostgreSQL then
knows which of several procedures of one name is meant, converts the arguments and checks the right to execute it.
warehouse.local.procedures runs the body. Sources: AWS r_CREATE_PROCEDURE, r_CREATE_FUNCTION and their kin,
r_CALL_procedure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from warehouse.local.translate import plpgsql, types
from warehouse.local.translate.dialect import parse
from warehouse.local.translate.plan import Call, Plan, Refused, Steps, not_emulated
from warehouse.local.translate.query import translate_query
from warehouse.local.translate.tokens import Stream, literal, path, quote

KINDS = ("PROCEDURE", "FUNCTION")
_MODES = {"IN": "i", "OUT": "o", "INOUT": "b"}
_WORDS = {"i": "IN", "o": "OUT", "b": "INOUT"}
# "You can specify a maximum of 32 arguments"
_MAX_ARGUMENTS = 32
# The first words of types that have two.
_TWO_WORDS = {"DOUBLE", "CHARACTER", "TIMESTAMP", "TIME"}
_VOLATILITY = ("VOLATILE", "STABLE", "IMMUTABLE")
# Notes the call where the session finds it (wire/calling.py).
_BODY = """
DECLARE me oid;
BEGIN
    GET DIAGNOSTICS me = PG_ROUTINE_OID;
    PERFORM pg_catalog.set_config('redshift.call', pg_catalog.json_build_array(me::bigint, ARRAY[{values}]::text[])::text, false);
END
"""  # noqa: E501


@dataclass(frozen=True)
class Argument:
    """`mode` is i, o or b; `type` is PostgreSQL's spelling, which may be refcursor."""

    name: str
    mode: str
    type: str

    def sql(self) -> str:
        return f"{_WORDS[self.mode]} {quote(self.name) + ' ' if self.name else ''}{self.type}"


def arguments(stream: Stream) -> list[Argument]:
    """( [[name] [mode] type] [, …] ), name and mode in any order."""
    found: list[Argument] = []
    stream.expect("(")
    while not stream.sees(")"):
        found.append(_argument(stream))
        if not stream.accept(","):
            break
    stream.expect(")")
    for word, modes in (("input", "ib"), ("output", "ob")):
        if sum(one.mode in modes for one in found) > _MAX_ARGUMENTS:
            raise Refused(f"cannot have more than {_MAX_ARGUMENTS} {word} arguments", "54023")
    return found


def _argument(stream: Stream) -> Argument:
    name = mode = ""
    while True:
        word = stream.peek().word
        following = stream.peek(1)
        if word in _MODES and not mode and following.kind in ("word", "name"):
            mode = _MODES[stream.next().word]
        elif not name and following.kind in ("word", "name") and word not in _TWO_WORDS:
            name = stream.name()
        else:
            break
    if stream.accept("REFCURSOR"):
        return Argument(name, mode or "i", "refcursor")
    # Sizes are not kept (r_SHOW_PROCEDURE prints none).
    return Argument(name, mode or "i", types.column_type(stream).partition("(")[0])


def signature(stream: Stream) -> str:
    """The input types behind a routine's name, in parentheses."""
    return f"({', '.join(one.type for one in arguments(stream) if one.mode != 'o')})"


def create(stream: Stream) -> Plan:
    """CREATE [OR REPLACE] PROCEDURE | FUNCTION …; the stream stands behind CREATE."""
    replace = "OR REPLACE " if stream.accept("OR", "REPLACE") else ""
    kind = stream.next().word
    if kind == "EXTERNAL":
        raise not_emulated("CREATE EXTERNAL FUNCTION")
    name = stream.qualified()
    return (_procedure if kind == "PROCEDURE" else _function)(stream, replace, name)


def _procedure(stream: Stream, replace: str, name: tuple[str, ...]) -> Plan:

    listed = arguments(stream)
    body, language, nonatomic, definer = "", "", False, False
    settings: dict[str, str] = {}
    while not stream.done:
        if stream.accept("NONATOMIC"):
            nonatomic = True
        elif stream.accept("AS"):
            body = stream.string()
        elif stream.accept("LANGUAGE"):
            language = _language(stream)
        elif stream.accept("SECURITY"):
            definer = stream.accept("DEFINER")
            if not definer:
                stream.expect("INVOKER")
        elif stream.accept("SET"):
            setting = stream.name()
            if not stream.accept("TO"):
                stream.expect("=")
            settings[setting] = ",".join(_values(stream))
        else:
            raise stream.syntax_error()
    if language != "plpgsql":
        raise Refused(f'language "{language}" does not support stored procedures' if language else "no language "
                      "specified", "42P13")  # fmt: skip
    if nonatomic and (definer or settings):
        raise Refused(
            f"{'SECURITY DEFINER' if definer else 'SET'} is not supported for procedures in NONATOMIC mode", "0A000"
        )
    plpgsql.parse(body)
    values = ", ".join(f"${at}::text" for at, one in enumerate(listed, 1) if one.mode != "o")
    returns = "" if any(one.mode != "i" for one in listed) else " RETURNS void"
    made = f"CREATE {replace}FUNCTION {path(name)}({', '.join(one.sql() for one in listed)}){returns}"
    spec: dict[str, Any] = {
        "kind": "p",
        "source": body,
        "nonatomic": nonatomic,
        "definer": definer,
        "settings": settings,
        "arguments": [[one.name, one.mode, one.type] for one in listed],
    }
    return _made("PROCEDURE", name, listed, f"{made} LANGUAGE plpgsql AS {literal(_BODY.format(values=values))}", spec)


def _values(stream: Stream) -> list[str]:
    """The value of a SET clause: words or strings, with commas between them."""
    found = []
    while True:
        token = stream.next()
        if token.kind not in ("word", "name", "string", "number"):
            stream.at -= 1
            raise stream.syntax_error()
        found.append(token.text)
        if not stream.accept(","):
            return found


def _language(stream: Stream) -> str:
    token = stream.next()
    if token.kind not in ("word", "name", "string"):
        stream.at -= 1
        raise stream.syntax_error()
    return token.text.lower()


def _function(stream: Stream, replace: str, name: tuple[str, ...]) -> Plan:
    start = stream.at
    depth = 0
    while not stream.done:  # the language comes last, and tells whether arguments have names
        depth += {"(": 1, ")": -1}.get(stream.peek().text, 0) if stream.peek().kind == "sign" else 0
        if stream.next().word == "LANGUAGE" and depth == 0:
            language = _language(stream)
            if language in ("plpythonu", "plpython3u"):
                raise not_emulated(f"Python UDFs (LANGUAGE {language})")
            if language != "sql":
                raise Refused(f'language "{language}" does not exist', "42704")
    stream.at = start
    listed = arguments(stream)
    if any(one.name or one.mode != "i" for one in listed):
        raise Refused("SQL functions take types, not names, as arguments", "42P13")
    stream.expect("RETURNS")
    returns = types.column_type(stream).partition("(")[0]
    body, volatility, language = "", "", ""
    while not stream.done:
        word = stream.peek().word
        if word in _VOLATILITY and not volatility:
            volatility = stream.next().word
        elif stream.accept("AS"):
            body = stream.string()
        elif stream.accept("LANGUAGE"):
            language = _language(stream)
        else:
            raise stream.syntax_error()
    if not language:
        raise Refused("no language specified", "42P13")
    selected = translate_query(body.strip().rstrip(";"))
    tree = parse(body.strip().rstrip(";"))
    for clause in ("from_", "from", "into", "where", "group", "order", "limit"):
        if tree.args.get(clause):
            word = clause.rstrip("_").upper() + (" BY" if clause in ("group", "order") else "")
            raise Refused(f"The select expression can not have a {word} clause.", "0A000")
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
        raise Refused(f"return type mismatch in function declared to return {returns}", "42P13")
    made = f"CREATE {replace}FUNCTION {path(name)}({', '.join(one.type for one in listed)}) RETURNS {returns}"
    spec: dict[str, Any] = {
        "kind": "f",
        "source": body,
        "arguments": [[one.name, one.mode, one.type] for one in listed],
    }
    sql = f"{made} LANGUAGE sql {volatility} AS {literal(f'SELECT CAST(({selected.sql}) AS {returns})')}"
    return _made("FUNCTION", name, listed, sql, spec)


def _made(word: str, name: tuple[str, ...], listed: list[Argument], sql: str, spec: dict[str, Any]) -> Steps:
    called = f"{literal(path(name))}, {literal(', '.join(one.type for one in listed if one.mode != 'o'))}"
    declare = f"SELECT pg_redshift.declare_routine({called}, {literal(json.dumps(spec))})"
    check = f"SELECT pg_redshift.before_routine({called}, {literal(spec['kind'])})"
    return Steps(sql, before=(check,), after=(declare,), tag=f"CREATE {word}")


def drop(stream: Stream) -> Plan:
    """DROP PROCEDURE | FUNCTION name (arguments) [CASCADE | RESTRICT]; the stream stands behind DROP."""
    kind = stream.next().word
    if_exists = "IF EXISTS " if stream.accept("IF", "EXISTS") else ""
    name = stream.qualified()
    types_ = signature(stream)
    cascade = ""
    if kind == "FUNCTION":
        cascade = " CASCADE" if stream.accept("CASCADE") else ""
        if not cascade:
            stream.accept("RESTRICT")
    stream.finish()
    before = () if if_exists else (must_be_routine(kind, name, types_),)
    return Steps(f"DROP FUNCTION {if_exists}{path(name)}{types_}{cascade}", before=before, tag=f"DROP {kind}")


def must_be_routine(kind: str, name: tuple[str, ...], types_: str | None) -> str:
    """A statement that fails unless such a procedure or function exists."""
    given = "NULL" if types_ is None else literal(types_.strip("()"))
    return f"SELECT pg_redshift.routine({literal(kind.lower())}, {literal(path(name))}, {given})"


def alter(stream: Stream) -> Plan:
    """ALTER PROCEDURE name [(arguments)] RENAME TO new | OWNER TO user; the stream stands behind ALTER."""
    kind = stream.next().word
    name = stream.qualified()
    types_ = signature(stream) if stream.sees("(") else None
    if stream.accept("RENAME", "TO"):
        change = f"RENAME TO {quote(stream.name())}"
    else:
        stream.expect("OWNER", "TO")
        word = stream.peek().word
        owner = stream.name()
        change = f"OWNER TO {word if word in ('CURRENT_USER', 'SESSION_USER') else quote(owner)}"
    stream.finish()
    return Steps(
        f"ALTER FUNCTION {path(name)}{types_ or ''} {change}",
        before=(must_be_routine(kind, name, types_),),
        tag=f"ALTER {kind}",
    )


def call(stream: Stream) -> Plan:
    """CALL name (value, …); the stream stands behind CALL."""
    name = stream.qualified()
    stream.expect("(")
    values = []
    while not stream.sees(")"):
        text = stream.until(",", ")")
        value = translate_query(f"SELECT {text}")
        if value.has_subquery:
            raise Refused("cannot use subquery in CALL argument", "0A000")
        if value.has_columns:
            raise Refused("cannot use column references in CALL argument", "42P10")
        values.append(value.sql.removeprefix("SELECT "))
        if not stream.accept(","):
            break
    stream.expect(")")
    stream.finish()
    return Call(path(name), tuple(values))
