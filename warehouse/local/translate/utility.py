"""Transactions, settings, comments, schemas, and the commands that look after a table.

Sources: AWS r_BEGIN, r_COMMIT, r_ROLLBACK, r_SET, r_SHOW, r_COMMENT, r_CREATE_SCHEMA, r_TRUNCATE, r_ANALYZE,
r_VACUUM_command, r_LOCK.
"""

from __future__ import annotations

from collections.abc import Callable

from warehouse.local.translate.plan import Pass, Plan, Refused, Steps, not_emulated
from warehouse.local.translate.tokens import Stream, literal, path, quote


def begin(stream: Stream) -> Plan:
    """BEGIN | START TRANSACTION [ISOLATION LEVEL …] [READ WRITE | READ ONLY].

    Every level is the database's own (r_BEGIN).
    """
    if not (stream.accept("WORK") or stream.accept("TRANSACTION")):
        pass
    read_only = ""
    while not stream.done:
        if stream.accept("ISOLATION", "LEVEL"):
            if not (
                stream.accept("SERIALIZABLE")
                or stream.accept("READ", "COMMITTED")
                or stream.accept("READ", "UNCOMMITTED")
                or stream.accept("REPEATABLE", "READ")
                or stream.accept("SNAPSHOT")
            ):
                raise stream.syntax_error()
        elif stream.accept("READ", "ONLY"):
            read_only = " READ ONLY"
        elif stream.accept("READ", "WRITE"):
            read_only = " READ WRITE"
        else:
            stream.accept(",")
            if stream.peek().word not in ("ISOLATION", "READ"):
                raise stream.syntax_error()
    return Pass(f"BEGIN{read_only}", control=True)


def _end(word: str) -> Callable[[Stream], Plan]:
    def handler(stream: Stream) -> Plan:
        if not stream.accept("WORK"):
            stream.accept("TRANSACTION")
        if stream.sees("TO") or stream.sees("PREPARED"):
            raise Refused('SQL command "ROLLBACK TO" not supported.', "0A000")
        stream.finish()
        return Pass(word, control=True)

    return handler


def _refuse(what: str) -> Callable[[Stream], Plan]:
    def handler(stream: Stream) -> Plan:
        raise Refused(f'SQL command "{what}" not supported.', "0A000")

    return handler


# Session settings: what PostgreSQL behind us knows as it is, and what is only remembered (REDSHIFT.md, section 11).
_REAL = {
    "search_path",
    "statement_timeout",
    "timezone",
    "datestyle",
    "extra_float_digits",
    "client_encoding",
    "application_name",
    "client_min_messages",
}
_REMEMBERED = {
    "query_group": "", "wlm_query_slot_count": "1", "enable_result_cache_for_session": "on",
    "analyze_threshold_percent": "10", "describe_field_name_in_uppercase": "off",
}  # fmt: skip


def set_(stream: Stream) -> Plan:
    """SET [SESSION | LOCAL] name { TO | = } value [, …]"""
    scope = ""
    if stream.accept("LOCAL"):
        scope = "LOCAL "
    elif stream.accept("SESSION"):
        if stream.accept("CHARACTERISTICS", "AS", "TRANSACTION"):
            return _isolation(stream)
        if stream.sees("AUTHORIZATION"):
            raise not_emulated("SET SESSION AUTHORIZATION")
    if stream.accept("TRANSACTION"):
        return _isolation(stream)
    if stream.accept("TIME", "ZONE"):
        name = "timezone"
    else:
        name = stream.name()
        if stream.accept("."):
            raise not_emulated(f"setting {name}.{stream.name()}")
        if not stream.accept("TO"):
            stream.expect("=")
    values = []
    while not stream.done:
        token = stream.next()
        if token.kind == "sign" and token.text == ",":
            continue
        if token.kind == "sign" and token.text not in ("-", "$"):
            raise stream.syntax_error()
        values.append(token)
    if not values:
        raise stream.syntax_error()
    if len(values) == 1 and values[0].word == "DEFAULT":
        return _reset(name)
    if name in _REMEMBERED:
        text = values[0].text
        return Steps(f"SET {scope}redshift.{name} = {literal(text)}")
    if name not in _REAL:
        raise not_emulated(f"setting {name}")
    if name == "search_path":
        if any(value.text.lower() == "pg_redshift" for value in values):
            raise Refused('schema "pg_redshift" does not exist', "3F000")
        listed = ", ".join(
            quote(value.text.lower()) if value.text != "$user" else '"$user"'
            for value in values
            if value.kind != "sign"
        )
        return Pass(f"SET {scope}search_path = {listed}")
    return Pass(f"SET {scope}{name} = {literal(''.join(value.text for value in values))}")


def _isolation(stream: Stream) -> Plan:
    if not stream.accept("ISOLATION", "LEVEL"):
        raise not_emulated("SET TRANSACTION without ISOLATION LEVEL")
    while not stream.done:
        if stream.next().word not in (
            "SERIALIZABLE",
            "READ",
            "COMMITTED",
            "UNCOMMITTED",
            "REPEATABLE",
            "SNAPSHOT",
            "WRITE",
            "ONLY",
        ):
            raise stream.syntax_error()
    # The level belongs to the database; a session's wish is accepted and changes nothing.
    return Steps("SELECT 1 WHERE false", tag="SET")


def _reset(name: str) -> Plan:
    if name in _REMEMBERED:
        return Pass(f"SET redshift.{name} = {literal(_REMEMBERED[name])}")
    if name not in _REAL:
        raise not_emulated(f"setting {name}")
    return Pass(f"RESET {name}")


def reset(stream: Stream) -> Plan:
    name = stream.name()
    stream.finish()
    if name == "all":
        return Pass("RESET ALL")
    return _reset(name)


def show(stream: Stream) -> Plan:
    """SHOW setting; the SHOW … FROM family belongs to the catalogs."""
    if stream.accept("TRANSACTION", "ISOLATION", "LEVEL"):
        return Pass("SELECT 'SERIALIZABLE'::text AS transaction_isolation")
    if stream.accept("TIME", "ZONE"):
        return Pass("SHOW timezone")
    name = stream.name()
    if not stream.done:
        raise not_emulated(f"SHOW {name.upper()} {stream.peek().text.upper()}")
    if name == "server_version":
        return Pass("SELECT '8.0.2'::text AS server_version")
    if name in ("standard_conforming_strings", "transaction_isolation") and name.startswith("s"):
        raise Refused(f'unrecognized configuration parameter "{name}"', "42704")
    if name == "transaction_isolation":
        return Pass("SELECT 'SERIALIZABLE'::text AS transaction_isolation")
    if name in _REMEMBERED:
        kept = f"nullif(current_setting('redshift.{name}', true), '')"
        return Pass(f"SELECT coalesce({kept}, {literal(_REMEMBERED[name])}) AS {quote(name)}")
    if name not in _REAL:
        raise not_emulated(f"SHOW {name}")
    return Pass(f"SHOW {name}")


def comment(stream: Stream) -> Plan:
    """COMMENT ON TABLE | COLUMN | SCHEMA | VIEW | DATABASE name IS 'text' | NULL"""
    stream.expect("ON")
    kind = stream.next().word
    if kind == "CONSTRAINT":
        raise not_emulated("COMMENT ON CONSTRAINT")
    if kind not in ("TABLE", "COLUMN", "SCHEMA", "VIEW", "DATABASE"):
        raise stream.syntax_error()
    parts = [stream.name()]
    while stream.accept("."):
        parts.append(stream.name())
    stream.expect("IS")
    text = "NULL" if stream.accept("NULL") else literal(stream.string())
    stream.finish()
    return Pass(f"COMMENT ON {kind} {path(tuple(parts))} IS {text}")


def drop(stream: Stream) -> Plan:
    """DROP SCHEMA [IF EXISTS] name [CASCADE | RESTRICT], DROP DATABASE name; DROP TABLE has a file of its own."""
    kind = stream.next().word
    if kind == "DATABASE":
        name = stream.name()
        force = " WITH (FORCE)" if stream.accept("FORCE") else ""
        stream.finish()
        return Pass(f"DROP DATABASE {quote(name)}{force}")
    if kind != "SCHEMA":
        raise not_emulated(f"DROP {kind}")
    if_exists = " IF EXISTS" if stream.accept("IF", "EXISTS") else ""
    names = [stream.name()]
    while stream.accept(","):
        names.append(stream.name())
    cascade = " CASCADE" if stream.accept("CASCADE") else ""
    stream.accept("RESTRICT")
    stream.finish()
    if "pg_redshift" in names:
        raise Refused('schema "pg_redshift" does not exist', "3F000")
    return Pass(f"DROP SCHEMA{if_exists} {', '.join(quote(name) for name in names)}{cascade}")


def truncate(stream: Stream) -> Plan:
    """TRUNCATE [TABLE] name: commits the transaction it is in, with what came before it (r_TRUNCATE)."""
    stream.accept("TABLE")
    name = stream.qualified()
    stream.finish()
    return Steps(f"TRUNCATE {path(name)}", commits=True)


def vacuum(stream: Stream) -> Plan:
    """VACUUM [FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [table [TO n PERCENT] [BOOST]]

    Rows lie in no order here, so what is left of it is to give back the space of deleted rows.
    """
    kind = "FULL"
    for words in (("FULL",), ("SORT", "ONLY"), ("DELETE", "ONLY"), ("REINDEX",), ("RECLUSTER",)):
        if stream.accept(*words):
            kind = " ".join(words)
            break
    target = ""
    if not stream.done and stream.peek().word != "BOOST":
        target = " " + path(stream.qualified())
        if stream.accept("TO"):
            if kind == "REINDEX":
                raise stream.syntax_error()
            if not 0 <= stream.integer() <= 100:
                raise Refused("VACUUM threshold must be between 0 and 100 percent", "22023")
            stream.expect("PERCENT")
    if stream.sees("BOOST") and kind == "REINDEX":
        raise stream.syntax_error()
    stream.accept("BOOST")
    stream.finish()
    return Steps(f"VACUUM{target}", alone="VACUUM")


def analyze(stream: Stream) -> Plan:
    """ANALYZE [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS | ALL COLUMNS]"""
    if stream.sees("COMPRESSION"):
        raise not_emulated("ANALYZE COMPRESSION")
    stream.accept("VERBOSE")
    if stream.done:
        return Pass("ANALYZE")
    name = stream.qualified()
    columns = stream.names() if stream.sees("(") else ()
    if stream.accept("PREDICATE") or stream.accept("ALL"):
        stream.expect("COLUMNS")
    stream.finish()
    listed = f" ({', '.join(quote(c) for c in columns)})" if columns else ""
    return Pass(f"ANALYZE {path(name)}{listed}")


def lock(stream: Stream) -> Plan:
    """LOCK [TABLE] a, b: ACCESS EXCLUSIVE, the only mode there is (r_LOCK)."""
    stream.accept("TABLE")
    names = [stream.qualified()]
    while stream.accept(","):
        names.append(stream.qualified())
    stream.finish()
    return Pass(f"LOCK TABLE {', '.join(path(name) for name in names)} IN ACCESS EXCLUSIVE MODE")


def explain(stream: Stream) -> Plan:
    if stream.sees("ANALYZE"):
        raise stream.syntax_error()
    raise not_emulated("EXPLAIN")


HANDLERS: dict[str, Callable[[Stream], Plan]] = {
    "BEGIN": begin,
    "START": begin,
    "COMMIT": _end("COMMIT"),
    "END": _end("COMMIT"),
    "ROLLBACK": _end("ROLLBACK"),
    "ABORT": _end("ROLLBACK"),
    "SAVEPOINT": _refuse("SAVEPOINT"),
    "RELEASE": _refuse("RELEASE"),
    "LISTEN": _refuse("LISTEN"),
    "NOTIFY": _refuse("NOTIFY"),
    "UNLISTEN": _refuse("UNLISTEN"),
    "SET": set_,
    "RESET": reset,
    "SHOW": show,
    "COMMENT": comment,
    "DROP": drop,
    "TRUNCATE": truncate,
    "VACUUM": vacuum,
    "ANALYZE": analyze,
    "ANALYSE": analyze,
    "LOCK": lock,
    "EXPLAIN": explain,
}
