"""Transactions, comments, schemas, and the commands that look after a table.

Sources: AWS r_BEGIN, r_COMMIT, r_ROLLBACK, r_COMMENT, r_CREATE_SCHEMA, r_TRUNCATE, r_ANALYZE,
r_VACUUM_command, r_LOCK.
"""

from __future__ import annotations

from collections.abc import Callable

from warehouse.local.translate import explain, settings, show
from warehouse.local.translate.plan import Commit, Pass, Plan, Refused, Steps, not_emulated
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
    # One snapshot for the whole block; serial.py tells the two levels apart.
    return Pass(f"BEGIN ISOLATION LEVEL REPEATABLE READ{read_only}", control=True)


def _end(word: str) -> Callable[[Stream], Plan]:
    def handler(stream: Stream) -> Plan:
        if not stream.accept("WORK"):
            stream.accept("TRANSACTION")
        if stream.sees("TO") or stream.sees("PREPARED"):
            raise Refused('SQL command "ROLLBACK TO" not supported.', "0A000")
        stream.finish()
        return Commit() if word == "COMMIT" else Pass(word, control=True)

    return handler


def _refuse(what: str) -> Callable[[Stream], Plan]:
    def handler(stream: Stream) -> Plan:
        raise Refused(f'SQL command "{what}" not supported.', "0A000")

    return handler


def comment(stream: Stream) -> Plan:
    """COMMENT ON TABLE | COLUMN | SCHEMA | VIEW | DATABASE name IS 'text' | NULL"""
    stream.expect("ON")
    kind = stream.next().word
    if kind == "CONSTRAINT":
        return _comment_on_constraint(stream)
    if kind not in ("TABLE", "COLUMN", "SCHEMA", "VIEW", "DATABASE"):
        raise stream.syntax_error()
    parts = [stream.name()]
    while stream.accept("."):
        parts.append(stream.name())
    stream.expect("IS")
    text = "NULL" if stream.accept("NULL") else literal(stream.string())
    stream.finish()
    if kind == "VIEW":
        # A materialized one is a view too, which PostgreSQL denies.
        call = f"pg_redshift.comment_on_view({literal(path(tuple(parts)))}, {text})"
        return Steps(f"DO {literal(f'BEGIN PERFORM {call}; END')}", tag="COMMENT")
    return Pass(f"COMMENT ON {kind} {path(tuple(parts))} IS {text}")


def _comment_on_constraint(stream: Stream) -> Plan:
    name = stream.name()
    stream.expect("ON")
    table = stream.qualified()
    stream.expect("IS")
    text = "NULL" if stream.accept("NULL") else literal(stream.string())
    stream.finish()
    call = f"pg_redshift.comment_on_constraint({literal(name)}, {literal(path(table))}, {text})"
    return Steps(f"DO {literal(f'BEGIN PERFORM {call}; END')}", tag="COMMENT")


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
    if stream.accept("COMPRESSION"):
        return _compression(stream)
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


def _compression(stream: Stream) -> Plan:
    """ANALYZE COMPRESSION [table [(columns)]] [COMPROWS n] (r_ANALYZE_COMPRESSION)"""
    name = columns = rows = "NULL"
    if not (stream.done or stream.sees("COMPROWS")):
        name = literal(path(stream.qualified()))
        if stream.sees("("):
            columns = f"ARRAY[{', '.join(literal(column) for column in stream.names())}]::text[]"
    if stream.accept("COMPROWS"):
        wanted = stream.integer()
        if not 1000 <= wanted <= 1_000_000_000:
            raise Refused("COMPROWS must be between 1000 and 1000000000", "22023")
        rows = str(wanted)
    stream.finish()
    return Pass(f"SELECT * FROM pg_redshift.analyze_compression({name}, {columns}, {rows})")


def lock(stream: Stream) -> Plan:
    """LOCK [TABLE] a, b: ACCESS EXCLUSIVE, the only mode there is (r_LOCK)."""
    stream.accept("TABLE")
    names = [stream.qualified()]
    while stream.accept(","):
        names.append(stream.qualified())
    stream.finish()
    return Pass(f"LOCK TABLE {', '.join(path(name) for name in names)} IN ACCESS EXCLUSIVE MODE")


def cancel(stream: Stream) -> Plan:
    """CANCEL process [ 'message' ]: the session is told that its query ends (r_CANCEL)."""
    process = stream.integer()
    if not stream.done:
        stream.string()
    stream.finish()
    return Steps(f"DO 'BEGIN PERFORM pg_catalog.pg_cancel_backend({process}); END'", tag="CANCEL")


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
    "SET": settings.set_,
    "RESET": settings.reset,
    "SHOW": show.show,
    "COMMENT": comment,
    "DROP": drop,
    "TRUNCATE": truncate,
    "VACUUM": vacuum,
    "ANALYZE": analyze,
    "ANALYSE": analyze,
    "LOCK": lock,
    "CANCEL": cancel,
    "EXPLAIN": explain.explain,
}
