"""Users, groups and roles: all three are roles of PostgreSQL; only users log in, and roles carry a mark.

Sources: AWS r_CREATE_USER, r_ALTER_USER, r_DROP_USER, r_CREATE_GROUP, r_ALTER_GROUP, r_DROP_GROUP, r_CREATE_ROLE,
r_ALTER_ROLE, r_DROP_ROLE.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from warehouse.local.translate import passwords
from warehouse.local.translate.plan import Plan, Refused, Steps, not_emulated
from warehouse.local.translate.tokens import Stream, literal, quote


def must_be(kind: str, names: Sequence[str]) -> str:
    """A statement that fails unless all `names` are users, groups or roles."""
    return f"SELECT pg_redshift.must_be({literal(kind)}, ARRAY[{', '.join(literal(name) for name in names)}]::text[])"


def _names(stream: Stream) -> list[str]:
    found = [stream.name()]
    while stream.accept(","):
        found.append(stream.name())
    return found


def _new(stream: Stream) -> str:
    name = stream.name()
    if name == "public":
        raise Refused('role name "public" is reserved', "42939")
    if name.startswith(("pg_", "__")):
        raise Refused(f'role name "{name}" is reserved', "42939")
    return name


def _password(stream: Stream, user: str) -> str:
    """What PostgreSQL is to keep: the hash that CREATE USER … PASSWORD 'md5…' takes, or NULL. The text goes nowhere."""
    if stream.accept("DISABLE"):
        return "NULL"
    return literal(passwords.kept(stream.string(), user))


def _limit(stream: Stream) -> str:
    return "-1" if stream.accept("UNLIMITED") else str(stream.integer())


def _option(stream: Stream, user: str) -> str | None:
    """One option that CREATE USER and ALTER USER share, in PostgreSQL's words; None when none is next."""
    for word, means in (
        ("CREATEDB", "CREATEDB"),
        ("NOCREATEDB", "NOCREATEDB"),
        ("CREATEUSER", "SUPERUSER"),
        ("NOCREATEUSER", "NOSUPERUSER"),
    ):
        if stream.accept(word):
            return means
    if stream.accept("PASSWORD"):
        return f"PASSWORD {_password(stream, user)}"
    if stream.accept("VALID", "UNTIL"):
        return f"VALID UNTIL {literal(stream.string())}"
    if stream.accept("CONNECTION", "LIMIT"):
        return f"CONNECTION LIMIT {_limit(stream)}"
    if stream.accept("SYSLOG", "ACCESS"):
        if stream.accept("UNRESTRICTED"):
            raise not_emulated("SYSLOG ACCESS UNRESTRICTED")
        stream.expect("RESTRICTED")
        return ""
    for words in (("SESSION", "TIMEOUT"), ("EXTERNALID",)):
        if stream.sees(*words):
            raise not_emulated(f"{' '.join(words)} of a user")
    return None


def create_user(stream: Stream) -> Plan:
    stream.secret = True
    stream.expect("USER")
    name = _new(stream)
    stream.accept("WITH")
    options: list[str] = []
    groups: list[str] = []
    if not stream.sees("PASSWORD"):
        raise stream.syntax_error()
    while not stream.done:
        if stream.accept("IN", "GROUP"):
            groups += _names(stream)
        elif (option := _option(stream, name)) is not None:
            options.append(option)
        else:
            raise stream.syntax_error()
    member = f" IN ROLE {', '.join(quote(group) for group in groups)}" if groups else ""
    return Steps(
        f"CREATE ROLE {quote(name)} LOGIN {' '.join(options)}{member}",
        before=(must_be("group", groups),) if groups else (),
        tag="CREATE USER",
    )


def alter_user(stream: Stream) -> Plan:
    stream.secret = True
    stream.expect("USER")
    name = stream.name()
    stream.accept("WITH")
    check = (must_be("user", [name]),)
    if stream.accept("RENAME", "TO"):
        new = _new(stream)
        stream.finish()
        # The name is part of the hash: the password goes with the name (r_ALTER_USER).
        after = (f"ALTER ROLE {quote(new)} PASSWORD NULL",)
        return Steps(f"ALTER ROLE {quote(name)} RENAME TO {quote(new)}", before=check, after=after, tag="ALTER USER")
    if stream.sees("SET") or stream.sees("RESET"):
        raise not_emulated(f"ALTER USER … {stream.peek().word}")
    options: list[str] = []
    while not stream.done:
        stream.accept(",")
        option = _option(stream, name)
        if option is None:
            raise stream.syntax_error()
        options.append(option)
    if not options:
        raise stream.syntax_error()
    return Steps(f"ALTER ROLE {quote(name)} {' '.join(options)}", before=check, tag="ALTER USER")


def create_group(stream: Stream) -> Plan:
    stream.expect("GROUP")
    name = _new(stream)
    stream.accept("WITH")
    users = _names(stream) if stream.accept("USER") else []
    stream.finish()
    member = f" ROLE {', '.join(quote(user) for user in users)}" if users else ""
    return Steps(
        f"CREATE ROLE {quote(name)} NOLOGIN{member}",
        before=(must_be("user", users),) if users else (),
        tag="CREATE GROUP",
    )


def alter_group(stream: Stream) -> Plan:
    stream.expect("GROUP")
    name = stream.name()
    check = must_be("group", [name])
    if stream.accept("RENAME", "TO"):
        new = _new(stream)
        stream.finish()
        return Steps(f"ALTER ROLE {quote(name)} RENAME TO {quote(new)}", before=(check,), tag="ALTER GROUP")
    if stream.accept("ADD"):
        words = ("GRANT", "TO")
    else:
        stream.expect("DROP")
        words = ("REVOKE", "FROM")
    stream.expect("USER")
    users = _names(stream)
    stream.finish()
    listed = ", ".join(quote(user) for user in users)
    return Steps(
        f"{words[0]} {quote(name)} {words[1]} {listed}", before=(check, must_be("user", users)), tag="ALTER GROUP"
    )


def create_role(stream: Stream) -> Plan:
    stream.expect("ROLE")
    name = _new(stream)
    if stream.sees("EXTERNALID"):
        raise not_emulated("EXTERNALID of a role")
    stream.finish()
    mark = f"ALTER ROLE {quote(name)} SET redshift.kind = 'role'"
    return Steps(f"CREATE ROLE {quote(name)} NOLOGIN", after=(mark,), tag="CREATE ROLE")


def alter_role(stream: Stream) -> Plan:
    stream.expect("ROLE")
    name = stream.name()
    stream.accept("WITH")
    if not stream.accept("RENAME", "TO"):
        raise not_emulated(f"ALTER ROLE … {stream.peek().text.upper()}")
    new = _new(stream)
    stream.finish()
    return Steps(
        f"ALTER ROLE {quote(name)} RENAME TO {quote(new)}", before=(must_be("role", [name]),), tag="ALTER ROLE"
    )


def drop(stream: Stream) -> Plan:
    """DROP USER [IF EXISTS] a, b; DROP GROUP a; DROP ROLE a [FORCE | RESTRICT]; the stream stands behind DROP."""
    kind = stream.next().word
    if_exists = kind == "USER" and stream.accept("IF", "EXISTS")
    names = _names(stream) if kind == "USER" else [stream.name()]
    if kind == "ROLE":
        if stream.sees("FORCE"):
            raise not_emulated("DROP ROLE … FORCE")
        stream.accept("RESTRICT")
    stream.finish()
    array = ", ".join(literal(name) for name in names)
    before = f"SELECT pg_redshift.before_drop_role({literal(kind.lower())}, ARRAY[{array}], {str(if_exists).lower()})"
    listed = ", ".join(quote(name) for name in names)
    return Steps(f"DROP ROLE {'IF EXISTS ' if if_exists else ''}{listed}", before=(before,), tag=f"DROP {kind}")


CREATE: dict[str, Callable[[Stream], Plan]] = {"USER": create_user, "GROUP": create_group, "ROLE": create_role}
ALTER: dict[str, Callable[[Stream], Plan]] = {"USER": alter_user, "GROUP": alter_group, "ROLE": alter_role}
