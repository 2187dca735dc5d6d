"""Puts this version's functions and views in the place of an earlier one's, without dropping what users built on them.

A column default that calls GETDATE(), a view over SVV_TABLES: they depend on objects of this catalog. So each object is
replaced where it is. One that PostgreSQL cannot replace (its arguments or columns have changed) is set aside under
another name, where what depends on it still finds it, and goes when nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol


class Database(Protocol):
    """What is needed of a connection: see wire.upstream.Upstream."""

    def run(self, sql: str) -> str: ...

    def rows(self, sql: str) -> list[list[str | None]]: ...


_PIECE = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|;|[^-'\"$;]+|.", re.DOTALL)
_REPLACEABLE = re.compile(r"CREATE (?:OR REPLACE )?(FUNCTION|AGGREGATE|VIEW) pg_redshift\.(\w+)")
# SQLSTATEs: what cannot be replaced, what is in use, what is there already.
_CHANGED = {"42P13", "42P16", "42809"}
_IN_USE = {"2BP01"}
_THERE = {"42710", "42723", "42P07"}

_OBJECTS = """
SELECT 'ROUTINE', p.oid, p.xmin::text, p.oid::regprocedure::text FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'pg_redshift'::regnamespace
UNION ALL
SELECT 'VIEW', c.oid, r.xmin::text, c.oid::regclass::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid
WHERE c.relnamespace = 'pg_redshift'::regnamespace AND c.relkind = 'v' ORDER BY 1 DESC, 2 DESC
"""  # noqa: E501


def replace(database: Database, sql: str) -> None:
    """Run `sql`, a catalog's whole text, in a database that has an earlier one. Call it inside a transaction."""
    before = {(kind, oid, written) for kind, oid, written, _ in database.rows(_OBJECTS)}
    for statement in _statements(sql):
        _replace(database, statement)
    stale = [row for row in database.rows(_OBJECTS) if tuple(row[:3]) in before]
    while True:  # one may stand on another
        left = [row for row in stale if not _try(database, f"DROP {row[0]} {row[3]}", _IN_USE)]
        if len(left) == len(stale):
            break
        stale = left
    for kind, oid, _, name in stale:
        plain = str(name).partition("(")[0].rpartition(".")[2]
        if not plain.startswith("was_"):
            database.run(f"ALTER {kind} {name} RENAME TO was_{oid}")


def _statements(sql: str) -> Iterator[str]:
    found = ""
    for piece in _PIECE.finditer(sql):
        if piece[0] == ";":
            if found.strip():
                yield found.strip()
            found = ""
        elif not piece[0].startswith("--"):
            found += piece[0]
    if found.strip():
        yield found.strip()


def _replace(database: Database, statement: str) -> None:
    made = _REPLACEABLE.match(statement)
    if made is None:
        # An operator or cast that a user's view needs stays as it is.
        _try(database, statement, _THERE | _IN_USE if statement.startswith(("CREATE", "DROP")) else set())
        return
    kind, name = made.groups()
    body = statement[made.end() :]
    if _try(database, f"CREATE OR REPLACE {kind} pg_redshift.{name}{body}", _CHANGED):
        return
    if kind == "VIEW":
        [[oid]] = database.rows(f"SELECT 'pg_redshift.{name}'::regclass::oid")
        database.run(f"ALTER VIEW pg_redshift.{name} RENAME TO was_{oid}")
        database.run(f"CREATE VIEW pg_redshift.{name}{body}")
        return
    # Of functions of one name, that with the same arguments makes room.
    database.run(f"CREATE {kind} pg_redshift.is_new{body}")
    [[new, old, oid]] = database.rows(
        "SELECT n.oid::regprocedure, o.oid::regprocedure, o.oid FROM pg_catalog.pg_proc n "
        "JOIN pg_catalog.pg_proc o ON o.proargtypes = n.proargtypes AND o.pronamespace = n.pronamespace "
        f"WHERE n.pronamespace = 'pg_redshift'::regnamespace AND n.proname = 'is_new' AND o.proname = '{name}'"
    )
    database.run(f"ALTER ROUTINE {old} RENAME TO was_{oid}; ALTER ROUTINE {new} RENAME TO {name}")


def _try(database: Database, statement: str, allowed: set[str]) -> bool:
    """Run `statement`; False when it failed for a reason that is `allowed`."""
    database.run("SAVEPOINT one")
    try:
        database.run(statement)
    except Exception as error:
        if getattr(getattr(error, "notice", None), "sqlstate", "") not in allowed:
            raise
        database.run("ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one")
        return False
    database.run("RELEASE SAVEPOINT one")
    return True
