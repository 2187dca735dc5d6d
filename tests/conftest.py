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

from warehouse.local import control
from warehouse.settings import Settings, load_settings

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("warehouse")
    group.addoption("--kills", type=int, default=2, help="How many times each crash test kills something (default: 2).")
    group.addoption("--deliveries", type=int, default=8, help="Random deliveries that upserts are tried with.")
    group.addoption("--writer-seconds", type=float, default=6, help="How long concurrent writers write (default: 6).")
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


@pytest.fixture
def database(local_server: dict[str, Any]) -> Iterator[str]:
    """The name of a fresh, empty database."""
    name = f"test_{next(_numbers)}"
    run_sql(local_server, f"CREATE DATABASE {name}")
    yield name
    run_sql(local_server, f"DROP DATABASE {name} FORCE")


@pytest.fixture
def sql(local_server: dict[str, Any], database: str) -> Callable[..., list[Any]]:
    """Runs statements on the test's database, each in autocommit, and returns the rows of the last one."""
    return partial(run_sql, local_server, database=database)


@pytest.fixture
def redshift_url(local_server: dict[str, Any], database: str) -> str:
    """A SQLAlchemy URL of a fresh, empty database on the running embedded server."""
    url: str = local_server["url"].replace("/dev?", f"/{database}?")
    return url


@pytest.fixture
def settings(local_server: dict[str, Any], redshift_url: str, tmp_path: Path) -> Settings:
    """Settings that name a fresh, empty database and a staging area of its own."""
    found = load_settings({}, home=local_server["home"])
    stage = f"{found.stage}/{redshift_url.rpartition('/')[2].partition('?')[0]}"
    return replace(found, url=redshift_url, stage=stage, home=tmp_path)


@pytest.fixture
def server_file(local_server: dict[str, Any]) -> dict[str, Any]:
    """What the running server wrote about itself."""
    found: dict[str, Any] = json.loads((local_server["home"] / ".warehouse" / "server.json").read_text())
    return found
