"""A pytest plugin: the embedded Redshift as fixtures, in any project that has this package installed.

    redshift            a SQLAlchemy engine on a database of the test's own, migrated
    redshift_url        the URL of that database
    redshift_settings   Settings for it: pass them to load, upsert, unload and check
    redshift_isolation  the isolation level of that database: override or parametrize it
    redshift_fault      makes something go wrong: redshift_fault("conflict"), see warehouse/local/translate/faults.py
    s3_stage            an s3:// prefix of the test's own on the embedded S3 endpoint
    redshift_server     the description of the server that the whole run shares; it keeps nothing

Every test gets a copy of one template database, which `redshift_migrate` has prepared once: by default with
`alembic upgrade head`, when the root of the tests holds an alembic.ini. A project that prepares its database otherwise
overrides that fixture:

    @pytest.fixture(scope="session")
    def redshift_migrate():
        def migrate(url: str) -> None: ...
        return migrate

With `--redshift-url` the same tests run on a real cluster, in databases that are made, migrated and dropped there one
by one (a cluster has no templates); the stage is then WAREHOUSE_STAGE's, with WAREHOUSE_IAM_ROLE and WAREHOUSE_REGION.

Nothing heavy is imported before a fixture is used, since pytest loads plugins at every start.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    import sqlalchemy as sa

    from warehouse.settings import Settings

Migrate = Callable[[str], None]

_TEMPLATE = "warehouse_template"
_ISOLATIONS = ("SERIALIZABLE", "SNAPSHOT")
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("warehouse", "embedded Redshift")
    group.addoption("--redshift-port", type=int, default=0, help="Port of the embedded Redshift (default: any).")
    group.addoption("--redshift-slices", type=int, default=4, help="Slices that the embedded Redshift plays.")
    group.addoption(
        "--redshift-isolation",
        type=str.upper,
        choices=_ISOLATIONS,
        default="SERIALIZABLE",
        help="Isolation level of each test's database (default: SERIALIZABLE).",
    )
    group.addoption("--redshift-url", default="", help="A real cluster to run on instead (a SQLAlchemy URL).")


@pytest.fixture(scope="session")
def redshift_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The description of an embedded Redshift for this run (host, port, user, password, url, s3, …)."""
    if request.config.getoption("--redshift-url"):
        raise pytest.UsageError("redshift_server is the embedded Redshift; with --redshift-url there is none.")
    from warehouse.local import control

    home = tmp_path_factory.mktemp("redshift")
    port, slices = (request.config.getoption(f"--redshift-{name}") for name in ("port", "slices"))
    yield control.start(home, port=port, ephemeral=True, slices=slices)
    control.stop(home)


@pytest.fixture(scope="session")
def redshift_migrate(request: pytest.FixtureRequest) -> Migrate:
    """What prepares an empty database: `alembic upgrade head` of the project, if it has migrations."""
    root = Path(request.config.rootpath)

    def migrate(url: str) -> None:
        if (root / "alembic.ini").exists():
            from warehouse.migrate import upgrade
            from warehouse.settings import Settings

            upgrade(Settings(url=url, home=root))

    return migrate


@pytest.fixture
def redshift_isolation(request: pytest.FixtureRequest) -> str:
    """The isolation level of the test's database: SERIALIZABLE or SNAPSHOT. Tests may override or parametrize it."""
    level: str = request.config.getoption("--redshift-isolation")
    return level


class _Place(Protocol):
    """Where the databases of the tests are made."""

    def database(self, isolation: str) -> Any:
        """A context manager: the Settings of a fresh, migrated database, which is dropped behind the test."""


class _Embedded:
    def __init__(self, server: dict[str, Any], migrate: Migrate) -> None:
        from warehouse.local import cloning

        self._server, self._cloning = server, cloning
        cloning.clone(server, "template1", _TEMPLATE)
        migrate(self._url(_TEMPLATE))

    @contextmanager
    def database(self, isolation: str) -> Iterator[Settings]:
        from warehouse.settings import Settings

        number = next(_numbers)
        name, s3 = f"test_{number}", self._server["s3"]
        self._cloning.clone(self._server, _TEMPLATE, name, isolation=isolation)
        yield Settings(
            url=self._url(name),
            stage=f"{s3['stage']}/test-{number}",
            iam_role=self._server["iam_role"],
            region=s3["region"],
            s3_endpoint=s3["endpoint_url"],
            s3_access_key=s3["access_key"],
            s3_secret_key=s3["secret_key"],
            is_local=True,
        )
        self._cloning.drop(self._server, name)

    def _url(self, database: str) -> str:
        url: str = self._server["url"]
        return url.replace(f"/{self._server['database']}?", f"/{database}?")


class _Cluster:
    def __init__(self, url: str, migrate: Migrate) -> None:
        self._url, self._migrate = url, migrate

    @contextmanager
    def database(self, isolation: str) -> Iterator[Settings]:
        import sqlalchemy as sa

        from warehouse.settings import load_settings

        # Others may test on this cluster, too: the name is nobody else's.
        name = f"test_{uuid.uuid4().hex[:12]}"
        url = sa.make_url(self._url).set(database=name).render_as_string(hide_password=False)
        engine = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} ISOLATION LEVEL {isolation}")
        try:
            self._migrate(url)
            found = load_settings()
            yield replace(found, url=url, stage=f"{found.stage}/{name}" if found.stage else "", is_local=False)
        finally:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} FORCE")
            engine.dispose()


@pytest.fixture(scope="session")
def _redshift_place(request: pytest.FixtureRequest, redshift_migrate: Migrate) -> _Place:
    url: str = request.config.getoption("--redshift-url")
    if url:
        return _Cluster(url, redshift_migrate)
    return _Embedded(request.getfixturevalue("redshift_server"), redshift_migrate)


@pytest.fixture
def redshift_settings(_redshift_place: _Place, redshift_isolation: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings for the test's database and staging prefix."""
    with _redshift_place.database(redshift_isolation) as settings:
        yield replace(settings, home=tmp_path)


@pytest.fixture
def redshift_url(redshift_settings: Settings) -> str:
    """The URL of a database of the test's own: a copy of the migrated template."""
    return redshift_settings.url


@pytest.fixture
def s3_stage(redshift_settings: Settings) -> str:
    """An s3:// prefix of the test's own; nothing is in it."""
    if not redshift_settings.stage:
        raise pytest.UsageError("s3_stage on a real cluster is WAREHOUSE_STAGE's: say where to stage files.")
    return redshift_settings.stage


@pytest.fixture
def redshift(redshift_settings: Settings) -> Iterator[sa.Engine]:
    """An engine on the test's database; it is disposed of after the test."""
    from warehouse.db.engine import connect

    engine = connect(redshift_settings)
    yield engine
    engine.dispose()


@pytest.fixture
def redshift_fault(request: pytest.FixtureRequest, redshift_settings: Settings) -> Iterator[Callable[[str], None]]:
    """Makes something go wrong for the next statements on the test's database; nothing does after the test.

    "conflict", "disk full", "drop connection", "slow copy", "s3 403" or "s3 503", and how: `times 3`, `on COPY`,
    `after COMMIT`, `seconds 2`, `under s3://…` (warehouse/local/translate/faults.py).
    """
    if request.config.getoption("--redshift-url"):
        pytest.skip("Faults are made by the embedded Redshift; a cluster makes none on request.")
    import sqlalchemy as sa

    engine = sa.create_engine(redshift_settings.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def ask(fault: str) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql("SET warehouse.fault TO '" + fault.replace("'", "''") + "'")

    yield ask
    ask("")
