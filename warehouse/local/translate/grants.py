"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES, on tables, columns, schemas, databases, routines, languages and roles.

Sources: AWS r_GRANT, r_REVOKE, r_ALTER_DEFAULT_PRIVILEGES. PostgreSQL keeps and enforces what is granted.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.local.translate import routines
from warehouse.local.translate.plan import Plan, Refused, Steps, not_emulated
from warehouse.local.translate.tokens import Stream, literal, path, quote
from warehouse.local.translate.users import must_be

_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRUNCATE")
_PRIVILEGES = {
    "TABLE": _TABLE,
    "COLUMNS": ("SELECT", "UPDATE"),
    "SCHEMA": ("CREATE", "USAGE"),
    "DATABASE": ("CREATE", "TEMPORARY", "TEMP"),
    "FUNCTION": ("EXECUTE",),
    "PROCEDURE": ("EXECUTE",),
    "LANGUAGE": ("USAGE",),
}


@dataclass
class Privilege:
    """SELECT, or SELECT (a, b)."""

    word: str
    columns: tuple[str, ...] = ()

    def sql(self) -> str:
        return self.word + (f" ({', '.join(quote(column) for column in self.columns)})" if self.columns else "")


@dataclass
class Grantee:
    """A user, GROUP g, ROLE r or PUBLIC. `option` is WITH GRANT OPTION or WITH ADMIN OPTION."""

    kind: str
    name: str
    option: bool = False

    @property
    def sql(self) -> str:
        return "PUBLIC" if self.kind == "public" else quote(self.name)


def _privileges(stream: Stream) -> list[Privilege]:
    found = []
    while True:
        word = stream.next().word
        if word in ("ASSUMEROLE", "DROP", "ALTER", "SHARE", "RULE", "TRIGGER"):
            raise not_emulated(f"privilege {word}")
        if word == "ALL":
            stream.accept("PRIVILEGES")
        elif word not in (*_TABLE, "CREATE", "USAGE", "TEMPORARY", "TEMP", "EXECUTE"):
            stream.at -= 1
            raise stream.syntax_error()
        if word == "CREATE" and not (stream.sees("ON") or stream.sees(",")):
            raise not_emulated(f"system privilege CREATE {stream.peek().text.upper()}")
        found.append(Privilege(word, stream.names() if stream.sees("(") else ()))
        if not stream.accept(","):
            return found


@dataclass
class Objects:
    """What is behind ON: its kind, and PostgreSQL's words. `check` are statements that fail when it is something else.

    `schemas` are those of ALL FUNCTIONS | PROCEDURES IN SCHEMA: PostgreSQL does not tell the two apart.
    """

    kind: str
    sql: str
    check: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()


def _objects(stream: Stream) -> Objects:
    word = stream.peek(1).word if stream.sees("ALL") else stream.peek().word
    if stream.accept("ALL", "TABLES", "IN", "SCHEMA"):
        return Objects("TABLE", f"ALL TABLES IN SCHEMA {', '.join(quote(name) for name in _names(stream))}")
    if stream.sees("ALL") and word in ("FUNCTIONS", "PROCEDURES"):
        stream.expect("ALL", word, "IN", "SCHEMA")
        return Objects(word.rstrip("S"), "", schemas=tuple(_names(stream)))
    for kind in ("SCHEMA", "DATABASE", "LANGUAGE"):
        if stream.accept(kind):
            return Objects(kind, f"{kind} {', '.join(quote(name) for name in _names(stream))}")
    for kind in routines.KINDS:
        if stream.accept(kind):
            return _routines(stream, kind)
    stream.accept("TABLE")
    names = [stream.qualified()]
    while stream.accept(","):
        names.append(stream.qualified())
    return Objects("TABLE", f"TABLE {', '.join(path(name) for name in names)}")


def _routines(stream: Stream, kind: str) -> Objects:
    listed, checks = [], []
    while True:
        name = stream.qualified()
        types = routines.signature(stream)
        listed.append(path(name) + types)
        checks.append(routines.must_be_routine(kind, name, types))
        if not stream.accept(","):
            return Objects(kind, f"FUNCTION {', '.join(listed)}", tuple(checks))


def _names(stream: Stream) -> list[str]:
    found = [stream.name()]
    while stream.accept(","):
        found.append(stream.name())
    return found


def _grantees(stream: Stream, option: str) -> list[Grantee]:
    found = []
    while True:
        if stream.accept("PUBLIC"):
            one = Grantee("public", "public")
        elif stream.peek().word in ("GROUP", "ROLE") and stream.peek(1).kind in ("word", "name"):
            one = Grantee(stream.next().word.lower(), stream.name())
        else:
            one = Grantee("user", stream.name())
        if stream.accept("WITH", option, "OPTION"):
            if one.kind != "user":
                raise Refused(f"{option.lower()} options can only be granted to users", "0LP01")
            one.option = True
        found.append(one)
        if not stream.accept(","):
            return found


def _checks(grantees: list[Grantee]) -> tuple[str, ...]:
    kinds = ("user", "group", "role")
    named = {kind: [one.name for one in grantees if one.kind == kind] for kind in kinds}
    return tuple(must_be(kind, names) for kind, names in named.items() if names)


def _check(kind: str, privileges: list[Privilege]) -> None:
    for one in privileges:
        allowed = _PRIVILEGES["COLUMNS" if one.columns else kind]
        if one.word != "ALL" and one.word not in allowed:
            raise Refused(f"invalid privilege type {one.word} for {kind.lower()}", "0LP01")


def _statements(head: str, grantees: list[Grantee], tail: str) -> list[str]:
    """One statement for those that get an option with it, one for the others."""
    found = []
    for option in (False, True):
        listed = ", ".join(one.sql for one in grantees if one.option == option)
        if listed:
            found.append(f"{head} {listed}{tail if option else ''}")
    return found


def grant(stream: Stream) -> Plan:
    """GRANT …; the stream stands behind GRANT."""
    if stream.sees("ROLE"):
        return _grant_roles(stream)
    privileges = _privileges(stream)
    stream.expect("ON")
    objects = _objects(stream)
    _check(objects.kind, privileges)
    stream.expect("TO")
    grantees = _grantees(stream, "GRANT")
    stream.finish()
    words = ", ".join(one.sql() for one in privileges)
    if objects.schemas:
        return _on_all(objects, "GRANT", _statements(f"GRANT {words} ON FUNCTION %s TO", grantees, _OPTION), grantees)
    first, *others = _statements(f"GRANT {words} ON {objects.sql} TO", grantees, _OPTION)
    return Steps(first, before=(*_checks(grantees), *objects.check), after=tuple(others))


_OPTION = " WITH GRANT OPTION"


def _on_all(objects: Objects, tag: str, statements: list[str], grantees: list[Grantee]) -> Steps:
    """`statements` for every function or procedure of the schemas, %s being its name."""
    listed = ", ".join(literal(name) for name in objects.schemas)
    every = ", ".join(literal(statement) for statement in statements)
    call = f"pg_redshift.for_routines({literal(objects.kind.lower())}, ARRAY[{listed}], ARRAY[{every}])"
    return Steps(f"DO {literal(f'BEGIN PERFORM {call}; END')}", before=_checks(grantees), tag=tag)


def revoke(stream: Stream) -> Plan:
    """REVOKE …; the stream stands behind REVOKE."""
    if stream.sees("ROLE") or stream.sees("ADMIN", "OPTION"):
        return _revoke_roles(stream)
    option = "GRANT OPTION FOR " if stream.accept("GRANT", "OPTION", "FOR") else ""
    privileges = _privileges(stream)
    stream.expect("ON")
    objects = _objects(stream)
    _check(objects.kind, privileges)
    stream.expect("FROM")
    grantees = _grantees(stream, "")
    cascade = " CASCADE" if stream.accept("CASCADE") else ""
    stream.accept("RESTRICT")
    stream.finish()
    listed = ", ".join(one.sql for one in grantees)
    words = ", ".join(one.sql() for one in privileges)
    if objects.schemas:
        return _on_all(objects, "REVOKE", [f"REVOKE {option}{words} ON FUNCTION %s FROM {listed}{cascade}"], grantees)
    return Steps(
        f"REVOKE {option}{words} ON {objects.sql} FROM {listed}{cascade}", before=(*_checks(grantees), *objects.check)
    )


def _roles(stream: Stream) -> list[str]:
    found = []
    while stream.accept("ROLE"):
        found.append(stream.name())
        stream.accept(",")
    if not found:
        raise stream.syntax_error()
    return found


def _grant_roles(stream: Stream) -> Plan:
    roles = _roles(stream)
    stream.expect("TO")
    grantees = _grantees(stream, "ADMIN")
    stream.finish()
    if any(one.kind not in ("user", "role") for one in grantees):
        raise Refused("roles are granted to users and roles", "0LP01")
    head = f"GRANT {', '.join(quote(role) for role in roles)} TO"
    first, *others = _statements(head, grantees, " WITH ADMIN OPTION")
    return Steps(first, before=(must_be("role", roles), *_checks(grantees)), after=tuple(others), tag="GRANT")


def _revoke_roles(stream: Stream) -> Plan:
    option = "ADMIN OPTION FOR " if stream.accept("ADMIN", "OPTION", "FOR") else ""
    roles = _roles(stream)
    stream.expect("FROM")
    grantees = _grantees(stream, "")
    stream.finish()
    listed = ", ".join(one.sql for one in grantees)
    before = (must_be("role", roles), *_checks(grantees))
    return Steps(
        f"REVOKE {option}{', '.join(quote(role) for role in roles)} FROM {listed}", before=before, tag="REVOKE"
    )


def alter_default_privileges(stream: Stream) -> Plan:
    """ALTER DEFAULT PRIVILEGES [FOR USER …] [IN SCHEMA …] GRANT … | REVOKE …; the stream stands behind ALTER."""
    stream.expect("DEFAULT", "PRIVILEGES")
    head = "ALTER DEFAULT PRIVILEGES"
    before: tuple[str, ...] = ()
    if stream.accept("FOR", "USER"):
        users = _names(stream)
        before = (must_be("user", users),)
        head += f" FOR ROLE {', '.join(quote(user) for user in users)}"
    if stream.accept("IN", "SCHEMA"):
        head += f" IN SCHEMA {', '.join(quote(name) for name in _names(stream))}"
    granting = stream.accept("GRANT")
    if not granting:
        stream.expect("REVOKE")
    option = "GRANT OPTION FOR " if not granting and stream.accept("GRANT", "OPTION", "FOR") else ""
    privileges = _privileges(stream)
    stream.expect("ON")
    if stream.sees("PROCEDURES"):  # PostgreSQL would give them on functions too
        raise not_emulated("default privileges on PROCEDURES")
    kind = "FUNCTION" if stream.accept("FUNCTIONS") else "TABLE"
    if kind == "TABLE":
        stream.expect("TABLES")
    _check(kind, privileges)
    stream.expect("TO" if granting else "FROM")
    grantees = _grantees(stream, "GRANT" if granting else "")
    stream.accept("RESTRICT")
    stream.finish()
    words = ", ".join(one.sql() for one in privileges)
    verb, link = ("GRANT", "TO") if granting else ("REVOKE", "FROM")
    first, *others = _statements(f"{head} {verb} {option}{words} ON {kind}S {link}", grantees, " WITH GRANT OPTION")
    tag = "ALTER DEFAULT PRIVILEGES"
    return Steps(first, before=(*before, *_checks(grantees)), after=tuple(others), tag=tag)
