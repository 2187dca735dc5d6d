"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES, on tables, columns, schemas, databases and roles.

Sources: AWS r_GRANT, r_REVOKE, r_ALTER_DEFAULT_PRIVILEGES. PostgreSQL keeps and enforces what is granted.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.local.translate.plan import Plan, Refused, Steps, not_emulated
from warehouse.local.translate.tokens import Stream, path, quote
from warehouse.local.translate.users import must_be

_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES")
_PRIVILEGES = {
    "TABLE": _TABLE,
    "COLUMNS": ("SELECT", "UPDATE"),
    "SCHEMA": ("CREATE", "USAGE"),
    "DATABASE": ("CREATE", "TEMPORARY", "TEMP"),
}
_NOT_EMULATED = ("FUNCTION", "PROCEDURE", "LANGUAGE", "EXTERNAL", "DATASHARE", "MODEL")


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
        if word in ("ASSUMEROLE", "EXECUTE", "DROP", "ALTER", "TRUNCATE", "SHARE", "RULE", "TRIGGER"):
            raise not_emulated(f"privilege {word}")
        if word == "ALL":
            stream.accept("PRIVILEGES")
        elif word not in (*_TABLE, "CREATE", "USAGE", "TEMPORARY", "TEMP"):
            stream.at -= 1
            raise stream.syntax_error()
        if word == "CREATE" and not (stream.sees("ON") or stream.sees(",")):
            raise not_emulated(f"system privilege CREATE {stream.peek().text.upper()}")
        found.append(Privilege(word, stream.names() if stream.sees("(") else ()))
        if not stream.accept(","):
            return found


def _objects(stream: Stream) -> tuple[str, str]:
    """What is behind ON: its kind for the check of privileges, and PostgreSQL's words."""
    if stream.peek().word in _NOT_EMULATED or (stream.sees("ALL") and stream.peek(1).word != "TABLES"):
        raise not_emulated(f"privileges on {stream.peek().word if not stream.sees('ALL') else stream.peek(1).word}")
    if stream.accept("ALL", "TABLES", "IN", "SCHEMA"):
        return "TABLE", f"ALL TABLES IN SCHEMA {', '.join(quote(name) for name in _names(stream))}"
    for kind in ("SCHEMA", "DATABASE"):
        if stream.accept(kind):
            return kind, f"{kind} {', '.join(quote(name) for name in _names(stream))}"
    stream.accept("TABLE")
    names = [stream.qualified()]
    while stream.accept(","):
        names.append(stream.qualified())
    return "TABLE", f"TABLE {', '.join(path(name) for name in names)}"


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
    kind, objects = _objects(stream)
    _check(kind, privileges)
    stream.expect("TO")
    grantees = _grantees(stream, "GRANT")
    stream.finish()
    head = f"GRANT {', '.join(one.sql() for one in privileges)} ON {objects} TO"
    first, *others = _statements(head, grantees, " WITH GRANT OPTION")
    return Steps(first, before=_checks(grantees), after=tuple(others))


def revoke(stream: Stream) -> Plan:
    """REVOKE …; the stream stands behind REVOKE."""
    if stream.sees("ROLE") or stream.sees("ADMIN", "OPTION"):
        return _revoke_roles(stream)
    option = "GRANT OPTION FOR " if stream.accept("GRANT", "OPTION", "FOR") else ""
    privileges = _privileges(stream)
    stream.expect("ON")
    kind, objects = _objects(stream)
    _check(kind, privileges)
    stream.expect("FROM")
    grantees = _grantees(stream, "")
    cascade = " CASCADE" if stream.accept("CASCADE") else ""
    stream.accept("RESTRICT")
    stream.finish()
    listed = ", ".join(one.sql for one in grantees)
    words = ", ".join(one.sql() for one in privileges)
    return Steps(f"REVOKE {option}{words} ON {objects} FROM {listed}{cascade}", before=_checks(grantees))


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
    if stream.peek().word in ("FUNCTIONS", "PROCEDURES"):
        raise not_emulated(f"default privileges on {stream.peek().word}")
    stream.expect("TABLES")
    _check("TABLE", privileges)
    stream.expect("TO" if granting else "FROM")
    grantees = _grantees(stream, "GRANT" if granting else "")
    stream.accept("RESTRICT")
    stream.finish()
    words = ", ".join(one.sql() for one in privileges)
    verb, link = ("GRANT", "TO") if granting else ("REVOKE", "FROM")
    first, *others = _statements(f"{head} {verb} {option}{words} ON TABLES {link}", grantees, " WITH GRANT OPTION")
    tag = "ALTER DEFAULT PRIVILEGES"
    return Steps(first, before=(*before, *_checks(grantees)), after=tuple(others), tag=tag)
