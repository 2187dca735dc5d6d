"""Checks on the embedded Redshift, which enforces keys as little as the real one; and the commands over all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.pool import NullPool

from warehouse.cli import main
from warehouse.db.engine import connect
from warehouse.errors import ConnectionFailed, QualityError
from warehouse.models import LoadAudit
from warehouse.models import metadata as models
from warehouse.quality import check
from warehouse.settings import Settings


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    engine = connect(settings, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def metadata(engine: sa.Engine) -> sa.MetaData:
    """Three tables with every fault that the checks look for, and rows that only look like one."""
    metadata = sa.MetaData()
    sa.Table(
        "parent", metadata, sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.String(3), primary_key=True)
    )
    sa.Table(
        "child", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("a", sa.Integer), sa.Column("b", sa.String(3)), sa.Column("code", sa.String(3), unique=True),
        sa.ForeignKeyConstraint(["a", "b"], ["parent.a", "parent.b"]),
    )  # fmt: skip
    sa.Table("lax", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
    with engine.begin() as connection:
        metadata.create_all(connection)
        for statement in (
            "DROP TABLE lax",
            "CREATE TABLE lax (id integer)",
            "INSERT INTO lax VALUES (1), (NULL), (NULL)",
            "INSERT INTO parent VALUES (1, 'x'), (2, 'y')",
            # one repeated key, two orphans of one value, a half reference, a NULL code twice, a repeated code
            "INSERT INTO child VALUES (1, 1, 'x', NULL), (1, 1, 'y', NULL), (2, 1, 'y', 'k'), (3, NULL, 'q', 'k')",
        ):
            connection.exec_driver_sql(statement)
    return metadata


def test_every_fault_is_found_and_no_other(engine: sa.Engine, metadata: sa.MetaData) -> None:
    report = check(metadata, engine=engine)
    assert {(one.check, one.table, one.columns): (one.violations, one.examples) for one in report.findings} == {
        ("unique_keys", "child", ("id",)): (1, ((1,),)),
        ("unique_keys", "child", ("code",)): (1, (("k",),)),
        ("no_orphans", "child", ("a", "b")): (2, ((1, "y"),)),
        ("not_null_keys", "lax", ("id",)): (2, ((None,), (None,))),
    }
    assert len(report.results) == 8
    assert not report.ok
    assert all(result.seconds > 0 for result in report)
    with pytest.raises(QualityError, match="3 of 8 checks failed"):
        report.raise_if_failed()


def test_one_table_or_several(engine: sa.Engine, metadata: sa.MetaData) -> None:
    parent, child = metadata.tables["parent"], metadata.tables["child"]
    assert check(parent, engine=engine).ok
    assert {result.table for result in check([parent, child], engine=engine)} == {"parent", "child"}


def test_a_table_that_is_not_there(engine: sa.Engine) -> None:
    table = sa.Table("nowhere", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    with pytest.raises(QualityError, match=r"nowhere: the check unique_keys.*alembic upgrade head"):
        check(table, engine=engine)


def test_a_server_that_is_down(settings: Settings, metadata: sa.MetaData) -> None:
    url = sa.make_url(settings.url).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(ConnectionFailed):
        check(metadata, settings=replace(settings, url=url))


# The commands


@pytest.fixture
def project(settings: Settings, engine: sa.Engine, server_file: dict[str, Any], tmp_path: Path) -> Path:
    """A project whose embedded server is the test's database, with the models' tables."""
    with engine.begin() as connection:
        models.create_all(connection)
    state = tmp_path / ".warehouse"
    state.mkdir()
    described = {**server_file, "url": settings.url, "s3": {**server_file["s3"], "stage": settings.stage}}
    (state / "server.json").write_text(json.dumps(described))
    return tmp_path


def run(project: Path, *arguments: str) -> Result:
    environment = {"WAREHOUSE_HOME": str(project), "WAREHOUSE_URL": None, "WAREHOUSE_STAGE": None, "COLUMNS": "200"}
    return CliRunner().invoke(main, list(arguments), env=environment)


def test_load_upsert_check_unload(project: Path, engine: sa.Engine, settings: Settings) -> None:
    (project / "airlines.csv").write_text("carrier,name\nAA,American\nZZ,NA\n")
    loaded = run(project, "load", "airline", str(project / "airlines.csv"), "--actor", "me")
    assert loaded.exit_code == 0, loaded.output
    assert "load airline" in loaded.output
    again = run(project, "load", "airline", str(project / "airlines.csv"))
    assert again.exit_code == 1
    assert "upsert" in again.output
    upserted = run(project, "upsert", "airline", str(project / "airlines.csv"))
    assert upserted.exit_code == 0, upserted.output
    checked = run(project, "check", "airline")
    assert checked.exit_code == 0, checked.output
    assert "2 checks, 0 failed" in checked.output
    unloaded = run(project, "unload", "airline", f"{settings.stage}/out/airline_")
    assert unloaded.exit_code == 0, unloaded.output
    assert f"{settings.stage}/out/airline_0000" in unloaded.output
    table = LoadAudit.__table__
    with engine.connect() as connection:
        log = connection.execute(sa.select(table.c.kind, table.c.outcome).order_by(table.c.started_at)).all()
        actors = connection.execute(sa.select(table.c.actor).where(table.c.actor == "me")).all()
    assert [tuple(row) for row in log] == [
        ("load", "succeeded"), ("load", "failed"), ("upsert", "succeeded"), ("unload", "succeeded"),
    ]  # fmt: skip
    assert len(actors) == 1


def test_null_latest_by_and_columns(project: Path, engine: sa.Engine) -> None:
    (project / "a.csv").write_text("AA;old\nAA;older\n")
    arguments = ["airline", str(project / "a.csv"), "--no-header", "--delimiter", ";", "--columns", "carrier,name"]
    refused = run(project, "upsert", *arguments)
    assert (refused.exit_code, "--latest-by" in refused.output) == (1, True)
    assert run(project, "upsert", *arguments, "--latest-by", "name", "--null", "NA").exit_code == 0
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT name FROM airline")).scalars().all() == ["older"]


def test_orphans_warn_and_fail_when_strict(project: Path, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO flight (year, month, day, sched_dep_time, sched_arr_time, carrier, flight, origin, dest, "
            "distance, hour, minute, time_hour) VALUES (2013, 1, 1, 1, 1, 'QQ', 1, 'JFK', 'LAX', 1, 1, 1, '2013-01-01')"
        )
    relaxed = run(project, "check", "flight")
    assert (relaxed.exit_code, "QQ" in relaxed.output) == (0, True)
    assert run(project, "check", "flight", "--strict").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["load", "fligt", "x.csv"], "Did you mean 'flight'?"),
        (["load", "nothing-like-it", "x.csv"], "The models have:"),
        (["upsert", "flight", "gone.csv"], "no file gone.csv"),
        (["load", "flight", "gone.csv", "--delimiter", "ab"], "delimiter"),
        (["unload", "airline", "/tmp/x"], "s3://bucket/prefix"),
    ],
)
def test_bad_input_is_one_paragraph(project: Path, arguments: list[str], said: str) -> None:
    done = run(project, *arguments)
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output
    assert len(done.output.strip().splitlines()) == 1
