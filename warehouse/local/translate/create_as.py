"""CREATE TABLE … AS and SELECT … INTO: PostgreSQL makes and fills the table; keys come from the query's shape.

What a query tells about the keys of the table made from it (AWS r_CTAS_usage_notes): a simple selection from one table
keeps that table's keys, as far as its columns are selected; ORDER BY makes a sort key; joins, groups and LIMIT keep
nothing. Column types are settled in the catalog afterwards: PostgreSQL's `text` has no place in a Redshift table.
"""

from __future__ import annotations

import json
from typing import Any

from sqlglot import exp

from warehouse.local.translate.dialect import parse
from warehouse.local.translate.plan import Refused, Steps
from warehouse.local.translate.query import translate_query
from warehouse.local.translate.table_attributes import Attributes, attributes, check
from warehouse.local.translate.tokens import Stream, Token, fold, literal, path, quote


def follows(stream: Stream) -> bool:
    """True when what comes behind a table's name is a query, not a list of columns with types."""
    if not stream.sees("("):
        return True
    return stream.peek(1).word != "LIKE" and stream.peek(2).kind == "sign" and stream.peek(2).text in (",", ")")


def create_table_as(stream: Stream, name: tuple[str, ...], *, temporary: bool) -> Steps:
    """[(columns)] [attributes] AS query; the stream stands behind the table's name."""
    columns = stream.names() if stream.sees("(") and stream.peek(1).word != "SELECT" else ()
    given = attributes(stream, positions=True)
    if given.encode_auto:
        raise stream.syntax_error()
    stream.expect("AS")
    if stream.done:
        raise stream.syntax_error()
    return made_from_query(name, columns, given, stream.rest(), temporary=temporary)


def select_into(text: str, tokens: list[Token]) -> Steps | None:
    """SELECT … INTO [TEMP] [TABLE] name …; None when the statement has no such clause."""
    depth = 0
    for at, token in enumerate(tokens):
        if token.kind == "sign":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.word == "INTO" and tokens[at - 1].word not in ("INSERT", "MERGE"):
            stream = Stream(text, tokens)
            stream.at = at + 1
            temporary = stream.accept("TEMPORARY") or stream.accept("TEMP")
            stream.accept("TABLE")
            name = stream.qualified()
            temporary = temporary or name[-1].startswith("#")
            if temporary and len(name) > 1:
                raise Refused("cannot create temporary relation in non-temporary schema", "42P16")
            query = text[: token.start] + text[stream.peek(-1).end :]
            return made_from_query(name, (), Attributes(), query, temporary=temporary)
    return None


def made_from_query(
    name: tuple[str, ...], columns: tuple[str, ...], given: Attributes, query: str, *, temporary: bool
) -> Steps:
    """The statements that make table `name` from `query` and declare its design."""
    translated = translate_query(query)
    if not translated.is_select:
        raise Refused(f'syntax error at or near "{query.split()[0]}"', "42601")
    made = f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {path(name)}"
    if columns:
        made += f" ({', '.join(quote(column) for column in columns)})"
    before, spec = design_of_query(given, query)
    spec["temporary"] = temporary
    declare = f"SELECT pg_redshift.declare_query_table({literal(path(name))}, {literal(json.dumps(spec))}::jsonb)"
    return Steps(f"{made} AS {translated.sql}", before=before, after=(declare,), reads=translated.reads)


def design_of_query(given: Attributes, query: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """What is to run before the table is made, and what its declaration needs to know."""
    distkeys = (given.distkey,) if given.distkey else ()
    diststyle, sortstyle = check(distkeys, given.sortkey, given)
    spec: dict[str, Any] = {
        "diststyle": diststyle,
        "distkey": given.distkey or None,
        "sortstyle": sortstyle,
        "sortkey": list(given.sortkey),
        "backup": given.backup is not False,
    }
    # One explicit attribute, and nothing is taken over (r_CTAS_examples: DISTSTYLE EVEN alone leaves no sort key).
    if given.diststyle or given.distkey or given.sortstyle:
        return (), spec
    source = _single_scan(parse(query))
    if source is None:
        return (), spec
    table, outputs, order = source
    spec.update(outputs=outputs, order=order)
    # A temporary table may hide the one that it is made from, so that is looked up first.
    return (f"SELECT pg_redshift.remember_parent({literal(table)})",), spec


def _single_scan(tree: exp.Expr) -> tuple[str, list[str | None], list[str]] | None:
    """The table that the query only scans, its column behind each output ("*" for all), and the sorted outputs."""
    if not isinstance(tree, exp.Select):
        return None
    grouping = ("joins", "group", "having", "limit", "offset", "distinct", "with_", "with", "qualify", "laterals")
    if any(tree.args.get(part) for part in grouping) or tree.find(exp.AggFunc, exp.Window):
        return None
    start = tree.args.get("from_") or tree.args.get("from")
    table = start.this if start else None
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return None
    outputs: list[str | None] = []
    for item in tree.expressions:
        plain = item.this if isinstance(item, exp.Alias) else item
        if isinstance(plain, exp.Star) or (isinstance(plain, exp.Column) and isinstance(plain.this, exp.Star)):
            outputs.append("*")
        else:
            outputs.append(fold(plain.name) if isinstance(plain, exp.Column) else None)
    names = [fold(item.alias_or_name) for item in tree.expressions]
    order: list[str] = []
    for ordered in tree.args["order"].expressions if tree.args.get("order") else ():
        key = _output(ordered.this, names, outputs)
        if key is None:
            break
        order.append(key)
    found = tuple(fold(part) for part in (table.db, table.name) if part)
    return path(found), outputs, order


def _output(key: exp.Expr, names: list[str], outputs: list[str | None]) -> str | None:
    """The output that ORDER BY means: its position from 1, or its name where "*" hides the positions."""
    if isinstance(key, exp.Literal) and not key.is_string:
        return None if "*" in outputs else str(key.this)
    if not isinstance(key, exp.Column):
        return None
    name = fold(key.name)
    if "*" in outputs:
        return name
    for listed in (names, outputs):
        if name in listed:
            return str(listed.index(name) + 1)
    return None
