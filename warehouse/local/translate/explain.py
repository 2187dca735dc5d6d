"""EXPLAIN [VERBOSE] of a query: PostgreSQL plans it, query_plan.py tells the plan as a cluster would.

Source: AWS r_EXPLAIN. VERBOSE adds the plan's inner tree on a cluster, which is not emulated.
"""

from __future__ import annotations

import json
import re

from warehouse.local import long_names
from warehouse.local.translate import create_as
from warehouse.local.translate.plan import Pass, Plan, not_emulated
from warehouse.local.translate.query import translate_query
from warehouse.local.translate.query_plan import lines
from warehouse.local.translate.questions import answer
from warehouse.local.translate.tokens import Stream, literal, tokenize

_QUERIES = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


def explain(stream: Stream) -> Plan:
    """EXPLAIN query | CREATE TABLE … AS query | SELECT … INTO …; the stream stands behind EXPLAIN."""
    if stream.sees("ANALYZE") or stream.sees("ANALYSE"):
        raise stream.syntax_error()
    if stream.accept("VERBOSE"):
        raise not_emulated("EXPLAIN VERBOSE")
    sql, stored = _query(stream)
    question = f"pg_redshift.explained({literal(sql)})"
    found = answer([question])[question]
    if not found:  # in a transaction that has failed; PostgreSQL says so
        return Pass('SELECT NULL::text AS "QUERY PLAN"')
    plan = json.loads(found)
    told = ", ".join(literal(long_names.shown(line)) for line in lines(plan["plan"], plan["tables"], stored=stored))
    rows = f'SELECT line AS "QUERY PLAN" FROM unnest(ARRAY[{told}]::text[]) WITH ORDINALITY AS t(line, place)'
    # A client that prepares the statement binds its parameters, which no line needs.
    bound = max((int(number) for number in re.findall(r"\$(\d+)", sql)), default=0)
    taken = f" WHERE num_nulls({', '.join(f'${n}' for n in range(1, bound + 1))}) >= 0" if bound else ""
    return Pass(f"{rows}{taken} ORDER BY place")


def _query(stream: Stream) -> tuple[str, bool]:
    """PostgreSQL's text of the query to be planned; whether its rows make a table."""
    word = stream.peek().word
    if word == "MERGE":
        raise not_emulated("EXPLAIN MERGE")
    if word == "CREATE":
        stream.next()
        for local in ("LOCAL", "TEMPORARY", "TEMP"):
            stream.accept(local)
        stream.expect("TABLE")
        stream.until("AS")
        stream.expect("AS")
    elif word not in _QUERIES and stream.peek().text != "(":
        raise stream.syntax_error()
    text = stream.rest()
    if word in ("SELECT", "WITH"):
        made = create_as.select_into(text, tokenize(text))
        if made:
            return made.main.partition(" AS ")[2], True
    return translate_query(text).sql, word == "CREATE"
