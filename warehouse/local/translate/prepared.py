"""Prepared statements and cursors as SQL has them: PREPARE, EXECUTE, DEALLOCATE; DECLARE, FETCH, CLOSE.

Sources: AWS r_PREPARE, r_EXECUTE, r_DEALLOCATE, declare, fetch, close. A cursor lives in a block, goes
forward only, and there is one at a time.
"""

from __future__ import annotations

from collections.abc import Callable

from warehouse.local.translate import types
from warehouse.local.translate.plan import Pass, Plan, Refused, Steps
from warehouse.local.translate.query import translate_query
from warehouse.local.translate.tokens import Stream, quote


def prepare(stream: Stream) -> Plan:
    """PREPARE name [(type, …)] AS statement"""
    if stream.sees("TRANSACTION") and stream.peek(1).kind == "string":
        raise Refused("PREPARE TRANSACTION is not supported", "0A000")
    name = quote(stream.name())
    listed = []
    if stream.accept("("):
        listed.append(types.column_type(stream))
        while stream.accept(","):
            listed.append(types.column_type(stream))
        stream.expect(")")
    stream.expect("AS")
    translated = translate_query(stream.rest())
    parameters = f" ({', '.join(listed)})" if listed else ""
    return Pass(f"PREPARE {name}{parameters} AS {translated.sql}")


def execute(stream: Stream) -> Plan:
    """EXECUTE name [(value, …)]"""
    name = quote(stream.name())
    if stream.done:
        return Pass(f"EXECUTE {name}")
    stream.expect("(")
    values = []
    while True:
        value = translate_query(f"SELECT {stream.until(',', ')')}")
        if value.has_columns or value.has_subquery:
            raise Refused("EXECUTE takes values", "0A000")
        values.append(value.sql.removeprefix("SELECT "))
        if not stream.accept(","):
            break
    stream.expect(")")
    stream.finish()
    return Pass(f"EXECUTE {name} ({', '.join(values)})")


def deallocate(stream: Stream) -> Plan:
    """DEALLOCATE [PREPARE] name | ALL"""
    stream.accept("PREPARE")
    if stream.accept("ALL"):
        stream.finish()
        return Pass("DEALLOCATE ALL")
    name = stream.name()
    stream.finish()
    return Pass(f"DEALLOCATE {quote(name)}")


def declare(stream: Stream) -> Plan:
    """DECLARE name CURSOR [WITHOUT HOLD] FOR query"""
    name = stream.name()
    stream.expect("CURSOR")
    stream.accept("WITHOUT", "HOLD")
    stream.expect("FOR")
    text = stream.rest()
    translated = translate_query(text)
    if not translated.is_select:
        raise Refused(f'syntax error at or near "{text.split()[0]}"', "42601")
    return Steps(
        f"DECLARE {quote(name)} NO SCROLL CURSOR FOR {translated.sql}",
        before=("SELECT pg_redshift.only_one_cursor()",),
        inside="DECLARE CURSOR",
    )


def fetch(stream: Stream) -> Plan:
    """FETCH [NEXT | ALL | n | FORWARD [n | ALL]] FROM name"""
    count = "NEXT"
    if stream.accept("FORWARD") and stream.sees("FROM"):
        count = "1"
    elif stream.accept("ALL"):
        count = "ALL"
    elif stream.peek().kind == "number":
        count = str(stream.integer())
    elif not stream.accept("NEXT") and not stream.sees("FROM"):
        raise stream.syntax_error()
    stream.expect("FROM")
    name = stream.name()
    stream.finish()
    return Pass(f"FETCH {'NEXT' if count == 'NEXT' else f'FORWARD {count}'} FROM {quote(name)}")


def close(stream: Stream) -> Plan:
    """CLOSE name"""
    name = stream.name()
    stream.finish()
    return Pass(f"CLOSE {quote(name)}")


HANDLERS: dict[str, Callable[[Stream], Plan]] = {
    "PREPARE": prepare,
    "EXECUTE": execute,
    "DEALLOCATE": deallocate,
    "DECLARE": declare,
    "FETCH": fetch,
    "CLOSE": close,
}
