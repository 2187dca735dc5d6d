"""Views: bound ones are PostgreSQL's, late-binding ones are bound anew whenever what they read changes.

Sources: AWS r_CREATE_VIEW, r_DROP_VIEW, materialized-view-create-sql-command and its kin, r_ALTER_MATERIALIZED_VIEW.
catalog/35_views.sql tells how a late-binding view is kept.
"""

from __future__ import annotations

import json

from sqlglot import exp

from warehouse.local import catalog
from warehouse.local.translate.create_as import design_of_query
from warehouse.local.translate.dialect import parse
from warehouse.local.translate.plan import Plan, Refused, Steps
from warehouse.local.translate.query import Translated, translate_query
from warehouse.local.translate.table_attributes import DISTSTYLES, attributes
from warehouse.local.translate.tokens import Stream, fold, literal, path, quote

_UNBOUND = ("WITH", "NO", "SCHEMA", "BINDING")


def create_view(stream: Stream) -> Plan:
    """CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING]; the stream stands behind CREATE."""
    replace = stream.accept("OR", "REPLACE")
    stream.expect("VIEW")
    name = stream.qualified()
    columns = stream.names() if stream.sees("(") else ()
    stream.expect("AS")
    late = tuple(stream.last(len(_UNBOUND))) == _UNBOUND
    text = stream.rest(without=len(_UNBOUND) if late else 0)
    translated = _selection(text)
    temporary = name[-1].startswith("#")
    if temporary and len(name) > 1:
        raise Refused("cannot create temporary relation in non-temporary schema", "42P16")
    listed = f" ({', '.join(quote(column) for column in columns)})" if columns else ""
    relation = literal(path(name))
    if late:
        if temporary:
            raise Refused("a late-binding view cannot be temporary", "0A000")
        spec = json.dumps(
            {"columns": listed, "query": translated.sql, "reads": _reads(text), "replace": replace, "said": stream.text}
        )
        return Steps(
            f"DO {literal(f'BEGIN PERFORM pg_redshift.create_late_view({relation}, {literal(spec)}); END')}",
            tag="CREATE VIEW",
        )
    words = f"CREATE {'OR REPLACE ' if replace else ''}{'TEMPORARY ' if temporary else ''}VIEW"
    return Steps(
        f"{words} {path(name)}{listed} AS {translated.sql}",
        before=(f"SELECT pg_redshift.before_create_view({relation})",) if replace else (),
        after=(f"SELECT pg_redshift.after_create_view({relation}, {str(temporary).lower()})",),
    )


def _selection(text: str) -> Translated:
    translated = translate_query(text, kept=True)
    if not translated.is_select:
        raise Refused(f'syntax error at or near "{text.split()[0]}"', "42601")
    return translated


def _reads(text: str) -> list[str]:
    """The relations that a late-binding view reads; each must name its schema."""
    tree = parse(text)
    inner = {fold(cte.alias_or_name) for cte in tree.find_all(exp.CTE)}
    found = []
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or (not table.db and fold(table.name) in inner):
            continue
        if not table.db:
            raise Refused(
                "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING.", "0A000"
            )
        if table.db.lower() not in ("pg_catalog", "information_schema", catalog.SCHEMA):
            found.append(path((fold(table.db), fold(table.name))))
    return sorted(set(found))


def create_materialized_view(stream: Stream) -> Plan:
    """CREATE MATERIALIZED VIEW name [BACKUP …] [attributes] [AUTO REFRESH {YES | NO}] AS query."""
    stream.expect("MATERIALIZED", "VIEW")
    name = stream.qualified()
    given = attributes(stream, stops=("AUTO",))
    automatic = _auto_refresh(stream) if stream.sees("AUTO") else False
    stream.expect("AS")
    text = stream.rest()
    translated = _selection(text)
    tree = parse(text)
    if any(tree.args.get(part) for part in ("order", "limit", "offset")):
        raise Refused("A materialized view cannot have an ORDER BY, LIMIT or OFFSET clause", "0A000")
    if given.encode_auto:
        raise stream.syntax_error()
    if not given.diststyle and not given.distkey:
        given.diststyle = "EVEN"  # the default here (materialized-view-create-sql-command)
    if given.diststyle == "AUTO":
        given.diststyle = ""
    _, spec = design_of_query(given, text)
    if not given.diststyle and not given.distkey:
        spec["diststyle"] = DISTSTYLES["AUTO"]
    spec.pop("outputs", None)
    spec["auto_refresh"] = automatic
    relation = literal(path(name))
    return Steps(
        f"CREATE MATERIALIZED VIEW {path(name)} AS {translated.sql}",
        after=(f"SELECT pg_redshift.after_create_materialized({relation}, {literal(json.dumps(spec))}::jsonb)",),
        tag="CREATE MATERIALIZED VIEW",
    )


def _auto_refresh(stream: Stream) -> bool:
    stream.expect("AUTO", "REFRESH")
    if stream.accept("YES"):
        return True
    stream.expect("NO")
    return False


def refresh(stream: Stream) -> Plan:
    """REFRESH MATERIALIZED VIEW name; the stream stands behind REFRESH."""
    stream.expect("MATERIALIZED", "VIEW")
    name = stream.qualified()
    stream.finish()
    return Steps(f"REFRESH MATERIALIZED VIEW {path(name)}")


def alter_materialized_view(stream: Stream) -> Plan:
    """ALTER MATERIALIZED VIEW name AUTO REFRESH {YES | NO}; the stream stands behind ALTER."""
    stream.expect("MATERIALIZED", "VIEW")
    name = stream.qualified()
    automatic = _auto_refresh(stream)
    stream.finish()
    call = f"pg_redshift.alter_auto_refresh({literal(path(name))}, {str(automatic).lower()})"
    return Steps(f"DO {literal(f'BEGIN PERFORM {call}; END')}", tag="ALTER MATERIALIZED VIEW")


def drop_view(stream: Stream) -> Plan:
    """DROP [MATERIALIZED] VIEW [IF EXISTS] a [, b] [CASCADE | RESTRICT]; the stream stands behind DROP."""
    kind = "MATERIALIZED VIEW" if stream.accept("MATERIALIZED") else "VIEW"
    stream.expect("VIEW")
    if_exists = stream.accept("IF", "EXISTS")
    names = [stream.qualified()]
    while kind == "VIEW" and stream.accept(","):
        names.append(stream.qualified())
    cascade = stream.accept("CASCADE")
    if not cascade:
        stream.accept("RESTRICT")
    stream.finish()
    listed = ", ".join(path(name) for name in names)
    return Steps(f"DROP {kind} {'IF EXISTS ' if if_exists else ''}{listed}{' CASCADE' if cascade else ''}")
