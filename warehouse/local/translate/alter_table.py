"""ALTER TABLE, DROP TABLE and what else changes a table that exists.

Source: AWS "ALTER TABLE" (r_ALTER_TABLE); texts of refusals: REDSHIFT.md, section 2.
"""

from __future__ import annotations

import json
import re
from typing import Any

from warehouse.local.translate import types
from warehouse.local.translate.create_table import TYPES_OF, column, encoding_name, table_constraint
from warehouse.local.translate.plan import Plan, Refused, Steps
from warehouse.local.translate.table_attributes import DISTSTYLES, MAX_COMPOUND
from warehouse.local.translate.tokens import Stream, literal, path, quote


def alter_table(stream: Stream) -> Plan:
    """Translate ALTER TABLE; the stream stands behind these words."""
    name = stream.qualified()
    if stream.sees("ADD"):
        plan = _add(stream, name)
    elif stream.accept("DROP"):
        plan = _drop(stream, name)
    elif stream.accept("RENAME"):
        plan = _rename(stream, name)
    elif stream.accept("OWNER", "TO"):
        plan = Steps(f"ALTER TABLE {path(name)} OWNER TO {quote(stream.name())}")
    elif stream.accept("ALTER"):
        plan = _alter(stream, name)
    elif stream.accept("APPEND"):
        plan = _append(stream, name)
    else:
        raise stream.syntax_error()
    stream.finish()
    return plan


def _harmless(name: tuple[str, ...]) -> str:
    """A change without effect, whose tag, lock and errors are those of ALTER TABLE."""
    return f"ALTER TABLE {path(name)} SET (fillfactor = 100)"


def _add(stream: Stream, name: tuple[str, ...]) -> Steps:
    stream.expect("ADD")
    constraint = table_constraint(stream)
    if constraint is not None:
        spec = literal(json.dumps(constraint))
        return Steps(
            _harmless(name),
            after=(f"SELECT pg_redshift.alter_add_constraint({literal(path(name))}, {spec}::jsonb)",),
        )
    stream.accept("COLUMN")
    if stream.sees("IF", "NOT", "EXISTS"):
        raise stream.syntax_error()
    added = column(stream)
    if stream.sees(","):
        raise Refused("ALTER TABLE supports only one ADD COLUMN in a statement", "42601")
    if added.identity:
        raise Refused("ALTER TABLE ADD COLUMN does not support columns with type IDENTITY", "0A000")
    if added.distkey or added.sortkey:
        raise Refused("ALTER TABLE ADD COLUMN does not support DISTKEY or SORTKEY columns", "0A000")
    if added.constraints:
        raise Refused("ALTER TABLE ADD COLUMN does not support PRIMARY KEY, UNIQUE or REFERENCES", "0A000")
    if added.not_null and added.default.strip("() ").upper() in ("", "NULL"):
        raise Refused("ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression", "0A000")
    encode = literal(added.encode) if added.encode else "NULL"
    return Steps(
        f"ALTER TABLE {path(name)} ADD COLUMN {added.sql()}",
        after=(f"SELECT pg_redshift.after_add_column({literal(path(name))}, {literal(added.name)}, {encode})",),
    )


def _drop(stream: Stream, name: tuple[str, ...]) -> Steps:
    if stream.accept("CONSTRAINT"):
        constraint = stream.name()
        cascade = _cascade(stream)
        return Steps(
            _harmless(name),
            before=(f"SELECT pg_redshift.drop_constraint({literal(path(name))}, {literal(constraint)}, {cascade})",),
        )
    stream.accept("COLUMN")
    if stream.sees("IF", "EXISTS"):
        raise stream.syntax_error()
    dropped = stream.name()
    cascade = _cascade(stream)
    words = "CASCADE" if cascade == "true" else "RESTRICT"
    # PostgreSQL counts the hidden length check as a dependant only of its own column, and drops it with it.
    return Steps(
        f"ALTER TABLE {path(name)} DROP COLUMN {quote(dropped)} {words}",
        before=(f"SELECT pg_redshift.before_drop_column({literal(path(name))}, {literal(dropped)}, {cascade})",),
    )


def _rename(stream: Stream, name: tuple[str, ...]) -> Steps:
    if stream.accept("TO"):
        new = stream.qualified()
        if len(new) > 1:
            raise stream.syntax_error()
        if new[0].startswith("#") and not name[-1].startswith("#"):
            raise Refused("a permanent table cannot be renamed to a temporary name", "42602")
        return Steps(f"ALTER TABLE {path(name)} RENAME TO {quote(new[0])}")
    if stream.sees("CONSTRAINT"):
        raise stream.syntax_error()
    stream.accept("COLUMN")
    old = stream.name()
    stream.expect("TO")
    return Steps(f"ALTER TABLE {path(name)} RENAME COLUMN {quote(old)} TO {quote(stream.name())}")


_VARCHAR = re.compile(r"varchar\((\d+)\)")


def _alter(stream: Stream, name: tuple[str, ...]) -> Steps:
    """One or two design changes, one or several encodings, or one column's type; `ALTER` has been read."""
    if not _sees_design(stream):
        stream.accept("COLUMN")
        changed = stream.name()
        if not stream.sees("ENCODE"):
            return _alter_type(stream, name, changed)
        return _alter_encodings(stream, name, changed)
    actions = [_design_action(stream)]
    while stream.accept(","):
        stream.expect("ALTER")
        actions.append(_design_action(stream))
    kinds = sorted(action["action"] for action in actions)
    if len(actions) > 1 and (kinds != ["dist", "sort"] or not any(action.get("columns") for action in actions)):
        raise Refused("this combination of ALTER TABLE actions is not supported", "0A000")
    return _change(name, actions)


def _sees_design(stream: Stream) -> bool:
    words = ("DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "INTERLEAVED")
    return stream.peek().word in words or stream.sees("ENCODE", "AUTO")


def _change(name: tuple[str, ...], actions: list[dict[str, Any]]) -> Steps:
    spec = literal(json.dumps(actions))
    return Steps(_harmless(name), after=(f"SELECT pg_redshift.alter_design({literal(path(name))}, {spec}::jsonb)",))


def _design_action(stream: Stream) -> dict[str, Any]:
    """DISTSTYLE … | DISTKEY c | [COMPOUND] SORTKEY (…) | SORTKEY AUTO | SORTKEY NONE | ENCODE AUTO"""
    if stream.accept("ENCODE", "AUTO"):
        return {"action": "encode auto"}
    if stream.accept("DISTKEY"):
        return {"action": "dist", "style": DISTSTYLES["KEY"], "distkey": stream.name()}
    if stream.accept("DISTSTYLE"):
        word = stream.name().upper()
        if word not in DISTSTYLES:
            raise Refused(f'invalid DISTSTYLE "{word.lower()}"', "42601")
        if word != "KEY":
            return {"action": "dist", "style": DISTSTYLES[word], "distkey": None}
        stream.expect("DISTKEY")
        return {"action": "dist", "style": DISTSTYLES["KEY"], "distkey": stream.name()}
    if stream.sees("INTERLEAVED"):
        raise Refused("ALTER TABLE ALTER SORTKEY does not support INTERLEAVED", "0A000")
    stream.accept("COMPOUND")
    stream.expect("SORTKEY")
    if stream.accept("AUTO"):
        return {"action": "sort", "style": "auto"}
    if stream.accept("NONE"):
        return {"action": "sort", "style": "none", "columns": ()}
    columns = stream.names()
    if len(columns) > MAX_COMPOUND:
        raise Refused(f"compound sort keys can have at most {MAX_COMPOUND} columns", "54011")
    if len(set(columns)) < len(columns):
        raise Refused("a column appears twice in SORTKEY", "42701")
    return {"action": "sort", "style": "compound", "columns": columns}


def _alter_encodings(stream: Stream, name: tuple[str, ...], first: str) -> Steps:
    """ALTER COLUMN c ENCODE e [, ALTER COLUMN d ENCODE f …]; the first column's name has been read."""
    actions: list[dict[str, Any]] = []
    column_name = first
    while True:
        stream.expect("ENCODE")
        word = encoding_name(stream, column_name)
        types_of = TYPES_OF.get(word.upper())
        actions.append({"action": "encode", "column": column_name, "encode": word, "types": types_of})
        if not stream.accept(","):
            break
        stream.expect("ALTER")
        stream.accept("COLUMN")
        column_name = stream.name()
    if len({action["column"] for action in actions}) < len(actions):
        raise Refused("a column cannot be altered twice in one ALTER TABLE", "0A000")
    return _change(name, actions)


_VARCHAR = re.compile(r"varchar\((\d+)\)")


def _alter_type(stream: Stream, name: tuple[str, ...], changed: str) -> Steps:
    if stream.sees("SET", "NOT") or stream.sees("DROP", "NOT"):
        raise Refused(f"ALTER COLUMN {stream.peek().word} NOT NULL is not supported", "0A000")
    if stream.sees("SET", "DEFAULT") or stream.sees("DROP", "DEFAULT"):
        raise Refused("ALTER COLUMN SET/DROP DEFAULT is not supported", "0A000")
    stream.expect("TYPE")
    new = types.column_type(stream)
    if stream.sees("USING"):
        raise Refused("ALTER TABLE ALTER COLUMN does not support USING expression", "0A000")
    match = _VARCHAR.fullmatch(new)
    if not match:
        raise Refused(
            f'ALTER TABLE ALTER COLUMN "{changed}" to type {new} is not supported',
            "0A000",
            detail="Only the size of a VARCHAR can change.",
        )
    relation = literal(path(name))
    return Steps(
        f"ALTER TABLE {path(name)} ALTER COLUMN {quote(changed)} TYPE {new}",
        before=(f"SELECT pg_redshift.before_alter_type({relation}, {literal(changed)}, {match[1]})",),
        after=(f"SELECT pg_redshift.keep_lengths(to_regclass({relation}))",),
        alone="ALTER TABLE ALTER COLUMN",
    )


def drop_table(stream: Stream) -> Plan:
    """Translate DROP TABLE [IF EXISTS] a, b [CASCADE | RESTRICT]; the stream stands behind DROP TABLE."""
    if_exists = stream.accept("IF", "EXISTS")
    names = [stream.qualified()]
    while stream.accept(","):
        names.append(stream.qualified())
    cascade = _cascade(stream)
    stream.finish()
    listed = ", ".join(path(name) for name in names)
    array = ", ".join(literal(path(name)) for name in names)
    return Steps(
        f"DROP TABLE {'IF EXISTS ' if if_exists else ''}{listed}{' CASCADE' if cascade == 'true' else ''}",
        before=(f"SELECT pg_redshift.before_drop_table(ARRAY[{array}], {cascade})",),
    )


def _append(stream: Stream, name: tuple[str, ...]) -> Steps:
    """APPEND FROM source [IGNOREEXTRA | FILLTARGET] (r_ALTER_TABLE_APPEND)."""
    stream.expect("FROM")
    source = stream.qualified()
    mode = next((word for word in ("IGNOREEXTRA", "FILLTARGET") if stream.accept(word)), "")
    call = f"pg_redshift.append_table({literal(path(name))}, {literal(path(source))}, {literal(mode)})"
    return Steps(f"DO {literal(f'BEGIN PERFORM {call}; END')}", tag="ALTER TABLE", alone="ALTER TABLE APPEND")


def _cascade(stream: Stream) -> str:
    if stream.accept("CASCADE"):
        return "true"
    stream.accept("RESTRICT")
    return "false"
