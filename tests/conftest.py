"""Fixtures for tests that need a warehouse: one embedded Redshift for the run, a database of its own for each test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redshift_connector

from warehouse.local import cloning, control
from warehouse.settings import Settings, load_settings

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("warehouse")
    group.addoption("--kills", type=int, default=2, help="How many times each crash test kills something (default: 2).")
    group.addoption("--pairs", type=int, default=1, help="Random pairs of warehouses to migrate between (default: 1).")
    group.addoption("--pair-seed", type=int, help="Migrate between the pairs of an earlier run again.")
    group.addoption("--deliveries", type=int, default=8, help="Random deliveries that upserts are tried with.")
    group.addoption("--names", type=int, default=3, help="Random names that loads are tried with (default: 3).")
    group.addoption("--writer-seconds", type=float, default=6, help="How long concurrent writers write (default: 6).")
    group.addoption("--client-seconds", type=float, default=4, help="How long 24 clients work at once (default: 4).")
    group.addoption("--fuzz-messages", type=int, default=3000, help="How many messages the fuzzer sends (3,000).")
    group.addoption("--fuzz-seed", type=int, help="Repeat the messages of an earlier run of the fuzzer.")
    group.addoption("--kill-seed", type=int, help="Repeat the moments of an earlier run of the crash tests.")


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The description of an embedded Redshift that keeps nothing, on any free port. `["home"]` is its folder."""
    home = tmp_path_factory.mktemp("warehouse")
    description = control.start(home, port=0, ephemeral=True)
    yield {**description, "home": home}
    log = (home / ".warehouse" / "server.log").read_text(errors="replace")
    control.stop(home)
    assert "Traceback" not in log, log


def run_sql(server: dict[str, Any], *statements: str, database: str = "dev") -> list[Any]:
    """Run statements in autocommit and return the rows of the last one."""
    connection = redshift_connector.connect(
        host=server["host"],
        port=server["port"],
        user=server["user"],
        password=server["password"],
        database=database,
        ssl=False,
    )
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        return [list(row) for row in cursor.fetchall()] if cursor.description else []
    finally:
        connection.close()


@pytest.fixture(scope="session")
def template(local_server: dict[str, Any]) -> str:
    """The database that each test's own is a copy of: an empty one. A folder's conftest may prepare another."""
    return "template1"


@pytest.fixture
def database(local_server: dict[str, Any], template: str) -> Iterator[str]:
    """The name of a database of the test's own."""
    name = f"test_{next(_numbers)}"
    # For an empty one this does what CREATE DATABASE does, in a fifth of its time.
    cloning.clone(local_server, template, name)
    yield name
    cloning.drop(local_server, name)


@pytest.fixture
def sql(local_server: dict[str, Any], database: str) -> Callable[..., list[Any]]:
    """Runs statements on the test's database, each in autocommit, and returns the rows of the last one."""
    return partial(run_sql, local_server, database=database)


@pytest.fixture(scope="session")
def settings_of(local_server: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Settings]:
    """Settings that name a database of the running embedded server, and a staging area of its own."""
    found = load_settings({}, home=local_server["home"])
    home = tmp_path_factory.getbasetemp()

    def make(database: str) -> Settings:
        url = found.url.replace("/dev?", f"/{database}?")
        return replace(found, url=url, stage=f"{found.stage}/{database}", home=home)

    return make


@pytest.fixture
def settings(settings_of: Callable[[str], Settings], database: str, tmp_path: Path) -> Settings:
    """Settings that name the test's database and a staging area of its own."""
    return replace(settings_of(database), home=tmp_path)


@pytest.fixture
def redshift_url(settings: Settings) -> str:
    """A SQLAlchemy URL of the test's database on the running embedded server."""
    return settings.url


@pytest.fixture
def server_file(local_server: dict[str, Any]) -> dict[str, Any]:
    """What the running server wrote about itself."""
    found: dict[str, Any] = json.loads((local_server["home"] / ".warehouse" / "server.json").read_text())
    return found
