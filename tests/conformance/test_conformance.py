"""Runs every conformance case on the embedded server, or with `--redshift-url` on a cluster, in a schema of its own."""

from __future__ import annotations

import importlib.util
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
import sqlalchemy as sa

# The tests import no package of their own; this module is read by README's generator too.
_SPEC = importlib.util.spec_from_file_location("conformance_cases", Path(__file__).with_name("cases.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
cases = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = cases
_SPEC.loader.exec_module(cases)

CASES = list(cases.read_cases())


@pytest.fixture(scope="module")
def connection(request: pytest.FixtureRequest) -> Iterator[psycopg2.extensions.connection]:
    """A connection on which every value comes as text, so that a case compares what the server printed."""
    url = request.config.getoption("--redshift-url") or request.getfixturevalue("local_server")["url"]
    opened = psycopg2.connect(**_address(url))
    opened.autocommit = True
    every = tuple(oid for known in psycopg2.extensions.string_types.values() for oid in known.values)
    psycopg2.extensions.register_type(psycopg2.extensions.new_type(every, "TEXT", lambda value, cursor: value), opened)
    yield opened
    opened.close()


def _address(url: str) -> dict[str, Any]:
    """What libpq wants of a SQLAlchemy URL."""
    parts = sa.make_url(url)
    address = {"host": parts.host, "port": parts.port, "user": parts.username, "dbname": parts.database}
    sslmode = "disable" if parts.query.get("ssl") == "false" else parts.query.get("sslmode", "prefer")
    return {**address, "password": parts.password, "sslmode": sslmode}


@pytest.fixture
def cursor(connection: psycopg2.extensions.connection) -> Iterator[psycopg2.extensions.cursor]:
    schema = f"case_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK")
        cursor.execute(f"CREATE SCHEMA {schema}")
        cursor.execute(f"SET search_path TO {schema}")
        yield cursor
        cursor.execute("ROLLBACK")
        cursor.execute("SET search_path TO public")
        cursor.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Any, cursor: psycopg2.extensions.cursor) -> None:
    for statement in case.setup:
        cursor.execute(statement)
    if case.error is not None:
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute(case.sql)
        state, message = case.error
        assert (caught.value.pgcode, message) == (state, message), str(caught.value)
        assert message in str(caught.value)
        return
    cursor.execute(case.sql)
    if case.rows is not None:
        found = [tuple(cases.NULL if value is None else value for value in row) for row in cursor.fetchall()]
        assert found == list(case.rows)


def test_a_case_has_a_name_of_its_own() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) > 0
