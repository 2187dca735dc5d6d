"""Databases and schemas, and the isolation level that belongs to a database.

Sources: AWS r_CREATE_DATABASE, r_ALTER_DATABASE, r_DROP_DATABASE, r_CREATE_SCHEMA, r_ALTER_SCHEMA, r_DROP_SCHEMA.
"""

from __future__ import annotations

from warehouse.local.translate.plan import Pass, Plan, Refused, Steps, not_emulated
from warehouse.local.translate.tokens import Stream, literal, quote


def _isolation(stream: Stream, name: str) -> str:
    """The level behind ISOLATION LEVEL, as a setting that PostgreSQL keeps for the database."""
    level = "SNAPSHOT"
    if not stream.accept("SNAPSHOT"):
        stream.expect("SERIALIZABLE")
        level = "SERIALIZABLE"
    return f"ALTER DATABASE {quote(name)} SET redshift.isolation_level = {literal(level)}"


def _collate(stream: Stream) -> None:
    if stream.accept("CASE_INSENSITIVE") or stream.accept("CI"):
        raise not_emulated("COLLATE CASE_INSENSITIVE")
    if not stream.accept("CS"):
        stream.expect("CASE_SENSITIVE")


def create_database(stream: Stream) -> Plan:
    """CREATE DATABASE name [WITH] [OWNER [=] u] [CONNECTION LIMIT …] [COLLATE …] [ISOLATION LEVEL …]"""
    stream.expect("DATABASE")
    name = stream.name()
    stream.accept("WITH")
    options, after = "", []
    while not stream.done:
        if stream.accept("OWNER"):
            stream.accept("=")
            options += f" OWNER {quote(stream.name())}"
        elif stream.accept("CONNECTION", "LIMIT"):
            options += f" CONNECTION LIMIT {-1 if stream.accept('UNLIMITED') else stream.integer()}"
        elif stream.accept("COLLATE"):
            _collate(stream)
        elif stream.accept("ISOLATION", "LEVEL"):
            after.append(_isolation(stream, name))
        elif stream.sees("FROM"):
            raise not_emulated("CREATE DATABASE … FROM")
        else:
            raise stream.syntax_error()
    made = f"CREATE DATABASE {quote(name)}{options}"
    return Steps(made, after=tuple(after), alone="CREATE DATABASE", apart=True)


def alter_database(stream: Stream) -> Plan:
    """ALTER DATABASE name RENAME TO | OWNER TO | CONNECTION LIMIT | COLLATE | ISOLATION LEVEL"""
    stream.expect("DATABASE")
    name = stream.name()
    changed = f"ALTER DATABASE {quote(name)}"
    if stream.accept("RENAME", "TO"):
        new = stream.name()
        stream.finish()
        if name in ("dev", "padb_harvest", "template0", "template1"):
            raise Refused(f'database "{name}" may not be renamed', "42501")
        return Pass(f"{changed} RENAME TO {quote(new)}")
    if stream.accept("OWNER", "TO"):
        owner = stream.name()
        stream.finish()
        return Pass(f"{changed} OWNER TO {quote(owner)}")
    if stream.accept("CONNECTION", "LIMIT"):
        limit = -1 if stream.accept("UNLIMITED") else stream.integer()
        stream.finish()
        return Pass(f"{changed} CONNECTION LIMIT {limit}")
    if stream.accept("COLLATE"):
        _collate(stream)
        stream.finish()
        return Pass(f"{changed} CONNECTION LIMIT -1")
    stream.expect("ISOLATION", "LEVEL")
    setting = _isolation(stream, name)
    stream.finish()
    if name == "dev":
        raise Refused('the isolation level of database "dev" cannot be altered', "0A000")
    level = setting.rpartition(" ")[2]
    return Steps(
        setting,
        before=(f"SELECT pg_redshift.before_alter_isolation({literal(name)})",),
        after=(f"SELECT pg_redshift.after_alter_isolation({literal(name)}, {level})",),
        alone="ALTER DATABASE ISOLATION LEVEL",
    )


def create_schema(stream: Stream) -> Plan:
    """CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] | AUTHORIZATION user; the stream stands before SCHEMA."""
    stream.expect("SCHEMA")
    if_not_exists = " IF NOT EXISTS" if stream.accept("IF", "NOT", "EXISTS") else ""
    if stream.accept("AUTHORIZATION"):
        name = owner = stream.name()
    else:
        name = stream.name()
        owner = stream.name() if stream.accept("AUTHORIZATION") else ""
    if stream.sees("QUOTA") and not stream.accept("QUOTA", "UNLIMITED"):
        raise not_emulated("CREATE SCHEMA … QUOTA")
    if stream.sees("CREATE") or stream.sees("GRANT"):
        raise not_emulated("CREATE SCHEMA with elements")
    stream.finish()
    return Pass(f"CREATE SCHEMA{if_not_exists} {quote(name)}{f' AUTHORIZATION {quote(owner)}' if owner else ''}")


def alter_schema(stream: Stream) -> Plan:
    """ALTER SCHEMA name RENAME TO | OWNER TO | QUOTA"""
    stream.expect("SCHEMA")
    name = stream.name()
    if stream.accept("QUOTA"):
        raise not_emulated("ALTER SCHEMA … QUOTA")
    words = "RENAME" if stream.accept("RENAME") else "OWNER"
    if words == "OWNER":
        stream.expect("OWNER")
    stream.expect("TO")
    new = stream.name()
    stream.finish()
    if name in ("pg_redshift", "pg_catalog", "information_schema"):
        raise Refused(f"permission denied for schema {name}", "42501")
    return Pass(f"ALTER SCHEMA {quote(name)} {words} TO {quote(new)}")
