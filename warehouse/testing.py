"""A pytest plugin: the embedded Redshift as fixtures, in any project that has this package installed.

    redshift            a SQLAlchemy engine on a database of the test's own, migrated
    redshift_url        the URL of that database
    redshift_settings   Settings for it: pass them to load, upsert, unload and check
    s3_stage            an s3:// prefix of the test's own on the embedded S3 endpoint
    redshift_server     the description of the server that the whole run shares; it keeps nothing

Every test gets a copy of one template database, which `redshift_migrate` has prepared once: by default with
`alembic upgrade head`, when the root of the tests holds an alembic.ini. A project that prepares its database otherwise
overrides that fixture:

    @pytest.fixture(scope="session")
    def redshift_migrate():
        def migrate(url: str) -> None: ...
        return migrate

Nothing heavy is imported before a fixture is used, since pytest loads plugins at every start.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import sqlalchemy as sa

    from warehouse.settings import Settings

_TEMPLATE = "warehouse_template"
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("warehouse", "embedded Redshift")
    group.addoption("--redshift-port", type=int, default=0, help="Port of the embedded Redshift (default: any).")
    group.addoption("--redshift-slices", type=int, default=4, help="Slices that the embedded Redshift plays.")


@pytest.fixture(scope="session")
def redshift_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The description of an embedded Redshift for this run (host, port, user, password, url, s3, …)."""
    from warehouse.local import control

    home = tmp_path_factory.mktemp("redshift")
    port, slices = (request.config.getoption(f"--redshift-{name}") for name in ("port", "slices"))
    yield control.start(home, port=port, ephemeral=True, slices=slices)
    control.stop(home)


@pytest.fixture(scope="session")
def redshift_migrate(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """What prepares an empty database: `alembic upgrade head` of the project, if it has migrations."""
    root = Path(request.config.rootpath)

    def migrate(url: str) -> None:
        if (root / "alembic.ini").exists():
            from warehouse.migrate import upgrade
            from warehouse.settings import Settings

            upgrade(Settings(url=url, home=root))

    return migrate


@pytest.fixture(scope="session")
def _redshift_template(redshift_server: dict[str, Any], redshift_migrate: Callable[[str], None]) -> str:
    from warehouse.local import cloning

    cloning.clone(redshift_server, "template1", _TEMPLATE)
    redshift_migrate(_url(redshift_server, _TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def redshift_url(redshift_server: dict[str, Any], _redshift_template: str) -> Iterator[str]:
    """The URL of a database of the test's own: a copy of the migrated template."""
    from warehouse.local import cloning

    name = f"test_{next(_numbers)}"
    cloning.clone(redshift_server, _redshift_template, name)
    yield _url(redshift_server, name)
    cloning.drop(redshift_server, name)


@pytest.fixture
def s3_stage(redshift_server: dict[str, Any]) -> str:
    """An s3:// prefix of the test's own; nothing is in it."""
    return f"{redshift_server['s3']['stage']}/test-{next(_numbers)}"


@pytest.fixture
def redshift_settings(redshift_server: dict[str, Any], redshift_url: str, s3_stage: str, tmp_path: Path) -> Settings:
    """Settings for the test's database and staging prefix."""
    from warehouse.settings import Settings

    s3 = redshift_server["s3"]
    return Settings(
        url=redshift_url,
        stage=s3_stage,
        iam_role=redshift_server["iam_role"],
        region=s3["region"],
        s3_endpoint=s3["endpoint_url"],
        s3_access_key=s3["access_key"],
        s3_secret_key=s3["secret_key"],
        home=tmp_path,
        is_local=True,
    )


@pytest.fixture
def redshift(redshift_settings: Settings) -> Iterator[sa.Engine]:
    """An engine on the test's database; it is disposed of after the test."""
    from warehouse.db.engine import connect

    engine = connect(redshift_settings)
    yield engine
    engine.dispose()


def _url(server: dict[str, Any], database: str) -> str:
    url: str = server["url"]
    return url.replace(f"/{server['database']}?", f"/{database}?")
