"""A schema of its own for each test, in one database: a database for each would cost a second."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct

import psycopg
import pytest

from warehouse.local import passwords
from warehouse.local.wire import auth
from warehouse.local.wire import messages as m
from warehouse.objectstore import ObjectStore
from warehouse.settings import load_settings

_numbers = itertools.count(1)
# Seconds without a word after which a server hangs.
SILENCE = 30


def _connect(server, database):
    return contextlib.closing(
        psycopg.connect(
            host=server["host"],
            port=server["port"],
            user=server["user"],
            password=server["password"],
            dbname=database,
            sslmode="disable",
            autocommit=True,
        )
    )


@pytest.fixture(scope="session")
def shared(local_server):
    """A database for all tests that make do with a schema of their own."""
    with _connect(local_server, "dev") as connection:
        connection.execute("CREATE DATABASE shared_by_tests")
        yield "shared_by_tests"
        connection.execute("DROP DATABASE shared_by_tests FORCE")


@pytest.fixture(scope="session")
def _maker(local_server, shared):
    with _connect(local_server, shared) as connection:
        yield connection


@pytest.fixture
def schema(_maker):
    """The name of an empty schema, which is dropped with all that is in it."""
    name = f"s{next(_numbers)}"
    _maker.execute(f"CREATE SCHEMA {name}")
    yield name
    _maker.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def pg(local_server, shared, schema):
    """A connection of psycopg 3 in autocommit; its search path is the test's schema."""
    with _connect(local_server, shared) as connection:
        connection.execute(f"SET search_path TO {schema}")
        yield connection


class Stage:
    """A part of the S3 endpoint of a test's own, and what COPY and UNLOAD need to reach it."""

    def __init__(self, store, uri, role):
        self.store, self.uri, self.role = store, uri, role

    def put(self, name, data):
        """Write an object; returns its URI."""
        self.store.put(f"{self.uri}/{name}", data if isinstance(data, bytes) else data.encode("utf-8"))
        return f"{self.uri}/{name}"

    def read(self, uri):
        with self.store.open(uri) as stream:
            return stream.read()

    def names(self):
        return [info.uri.removeprefix(self.uri + "/") for info in self.store.list(self.uri + "/")]


@pytest.fixture
def stage(local_server, schema):
    settings = load_settings({}, home=local_server["home"])
    return Stage(ObjectStore.from_settings(settings), f"{settings.stage}/{schema}", local_server["iam_role"])


class Client:
    """A client that can say anything."""

    def __init__(self, server):
        self._server = server
        self.socket = socket.create_connection((server["host"], server["port"]), timeout=SILENCE)
        self._reader = m.Reader()

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def next(self):
        """The next message; (b"", b"") when the server has hung up."""
        while (found := self._reader.take()) is None:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionError:
                return b"", b""
            if not data:
                return b"", b""
            self._reader.feed(data)
        return found

    def until(self, last):
        """The messages up to the first of type `last`, or to the end of the connection."""
        found = []
        while (message := self.next())[0] not in (last, b""):
            found.append(message)
        return [*found, message] if message[0] else found

    def log_in(self, password=None, **parameters):
        server = self._server
        self.send(m.startup({"user": server["user"], "database": server["database"], **parameters}))
        kind, body = self.next()
        assert (kind, body[:4]) == (b"R", struct.pack("!i", 5)), (kind, body)
        stored = passwords.md5(server["password"] if password is None else password, server["user"])
        self.send(m.message(b"p", auth.md5_answer(stored[3:], body[4:]) + b"\0"))
        return self.until(b"Z")


@pytest.fixture(scope="session")
def dial():
    """Connects a client that can say anything to a server, given its description."""
    return Client
