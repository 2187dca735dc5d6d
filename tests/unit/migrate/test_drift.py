"""Drift: what the models, the migrations and the warehouse say differently, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.pool import NullPool

from tests.conftest import run_sql
from warehouse import migrate
from warehouse.cli import main
from warehouse.db.engine import connect
from warehouse.errors import MigrationError
from warehouse.local import cloning
from warehouse.migrate.drift import drift
from warehouse.schema import even, table_options, unsorted
from warehouse.schema.types import INTEGER, VARCHAR
from warehouse.schema.views import view

MODELS = """
import sqlalchemy as sa
from warehouse.schema import even, table_options, unsorted
metadata = sa.MetaData()
sa.Table("sale", metadata, sa.Column("id", sa.INTEGER, primary_key=True, autoincrement=False, comment="N.",
         redshift_encode="az64"), comment="Sales.", **table_options(dist=even(), sort=unsorted()))
"""


def models(*more):
    metadata = sa.MetaData()
    sa.Table(
        "sale",
        metadata,
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False, comment="N.", redshift_encode="az64"),
        sa.Column("note", VARCHAR(20), comment="Note.", redshift_encode="lzo"),
        *more,
        comment="Sales.",
        **table_options(dist=even(), sort=unsorted()),
    )
    view("notes", metadata, "SELECT note FROM sale", comment="One row per sale.")
    return metadata


@pytest.fixture
def live(project, redshift_url):
    return replace(project.settings, url=redshift_url)


@pytest.fixture
def empty(live, local_server, database):
    name = f"{database}_replayed"
    cloning.clone(local_server, "template1", name)
    yield replace(live, url=live.url.replace(f"/{database}", f"/{name}"))
    cloning.drop(local_server, name)


def test_each_kind_of_drift_is_told_and_nothing_else(live, empty, local_server, database):
    before = models()
    migrate.revision(live, "made", metadata=before)
    migrate.upgrade(live, metadata=before)
    run_sql(
        local_server,
        "ALTER TABLE sale ADD COLUMN extra int",
        "ALTER TABLE sale ALTER DISTSTYLE ALL",
        "CREATE TABLE stray (a int)",
        "INSERT INTO stray VALUES (1)",
        "CREATE VIEW strays AS SELECT a FROM public.stray WITH NO SCHEMA BINDING",
        "CREATE TABLE forgotten (a int)",
        "SELECT a FROM strays",
        database=database,
    )
    after = models(sa.Column("amount", INTEGER, comment="Amount.", redshift_encode="az64"))
    found = drift(live, empty, metadata=after)
    assert found.revision == migrate.current(live)
    assert found.pending == 0
    assert [line.split()[0] for line in found.by_hand] == ["alter_distribution", "remove_column"]
    assert "extra" in found.by_hand[1]
    (line,) = found.unmigrated
    assert line.startswith("add_column")
    assert "amount" in line
    # A read through a late-binding view counts, the rows that came in do not.
    unowned = [(one.name, one.owner, one.age_days, one.unread_days) for one in found.unowned]
    assert unowned == [("forgotten", "awsuser", 0, None), ("stray", "awsuser", 0, 0)]
    with connect(live, poolclass=NullPool).connect() as connection:
        assert connection.execute(sa.text("SELECT a FROM strays")).all() == [(1,)]
    with pytest.raises(MigrationError, match="is not empty"):
        drift(live, empty, metadata=after)


GRANTED = """
import sqlalchemy as sa
from warehouse.schema import even, table_options, unsorted
metadata = sa.MetaData()
sa.Table("sale", metadata, sa.Column("id", sa.INTEGER, primary_key=True, autoincrement=False, comment="N.",
         redshift_encode="az64"), comment="Sales.",
         **table_options(dist=even(), sort=unsorted(), owner='drift "owner"', grants={
             "group drift_readers": "select", "role drift_role": "select", "public": "select",
         }))
"""


def test_revisions_that_grant_to_people_are_replayed_on_a_server_without_them(project, live, local_server, monkeypatch):
    (project.home / "granted_models.py").write_text(GRANTED)
    monkeypatch.syspath_prepend(str(project.home))
    made = ('CREATE USER "drift ""owner""" PASSWORD DISABLE', "CREATE GROUP drift_readers", "CREATE ROLE drift_role")
    gone = ('DROP USER "drift ""owner"""', "DROP GROUP drift_readers", "DROP ROLE drift_role")
    run_sql(local_server, *made)
    try:
        import granted_models

        migrate.revision(live, "made", metadata=granted_models.metadata)
        migrate.upgrade(live, metadata=granted_models.metadata)
        monkeypatch.chdir(project.home)
        monkeypatch.setenv("WAREHOUSE_URL", live.url)
        done = CliRunner().invoke(main, ["drift", "--models", "granted_models"])
        assert (done.exit_code, "no drift" in done.output) == (0, True), done.output
        migrate.downgrade(live, "base", metadata=granted_models.metadata)
    finally:
        run_sql(local_server, *gone)


def test_the_command_says_so_with_its_exit_code(project, live, empty, local_server, monkeypatch):
    (project.home / "models_of_drift.py").write_text(MODELS)
    monkeypatch.setenv("WAREHOUSE_URL", str(live.url))
    monkeypatch.syspath_prepend(project.home)
    arguments = ["drift", "--models", "models_of_drift", "--replay-on", str(empty.url), "--format", "json"]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, "No migration has run" in result.output) == (2, True)
    project.revision("op.execute('CREATE TABLE sale (id int ENCODE az64 NOT NULL) DISTSTYLE EVEN')")
    migrate.upgrade(live, metadata=sa.MetaData())
    run_sql(local_server, "CREATE USER drift_guest PASSWORD 'Guest1234'")
    try:
        url = sa.make_url(str(live.url)).set(username="drift_guest", password="Guest1234")
        monkeypatch.setenv("WAREHOUSE_URL", url.render_as_string(hide_password=False))
        for words in (arguments, ["lint", "--models", "models_of_drift", "--live"]):
            result = CliRunner().invoke(main, words)
            assert result.exit_code == 2, result.output
            assert "permission denied" in result.output and "Ask its owner for the right" in result.output
        with pytest.raises(
            MigrationError, match=r"permission denied.*Ask its owner for the right.*Nothing was changed"
        ):
            migrate.check(replace(live, url=url.render_as_string(hide_password=False)), metadata=sa.MetaData())
    finally:
        run_sql(local_server, "DROP USER drift_guest")
    monkeypatch.setenv("WAREHOUSE_URL", str(live.url))
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1, result.output
    told = json.loads(result.output)
    assert told["by_hand"] == told["unowned"] == []
    assert [line.split()[0] for line in told["unmigrated"]] != []
