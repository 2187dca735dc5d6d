"""Alembic learns Redshift once per process, and our implementation is the one that it uses."""

from __future__ import annotations

import pytest
from alembic.ddl import impl as alembic_impl
from alembic.migration import MigrationContext

from warehouse import migrate
from warehouse.errors import ConnectionFailed, MigrationError
from warehouse.migrate import plugin
from warehouse.migrate.impl import RedshiftImpl


def test_registering_twice_does_no_harm():
    plugin.register()
    plugin.register()


def test_our_implementation_won():
    import sqlalchemy_redshift.dialect

    plugin.register()
    context = MigrationContext.configure(dialect_name="redshift+redshift_connector")
    assert type(context.impl) is RedshiftImpl
    assert isinstance(context.impl, sqlalchemy_redshift.dialect.RedshiftImpl)


def test_another_class_that_takes_redshift_over_is_named(monkeypatch):
    class Usurper(alembic_impl.DefaultImpl):
        __dialect__ = "default"

    monkeypatch.setitem(alembic_impl._impls, "redshift", Usurper)
    with pytest.raises(MigrationError, match="Usurper has claimed"):
        plugin.register()


def test_several_commands_run_in_one_process(project):
    project.revision('op.execute("SELECT 1")')
    assert migrate.script(target=project.settings) == migrate.script(target=project.settings)


def test_without_a_warehouse_the_two_ways_on_are_named(project):
    project.revision("pass")
    for call in (migrate.upgrade, migrate.downgrade, migrate.current, migrate.check):
        with pytest.raises(ConnectionFailed, match=r'"warehouse local start".*WAREHOUSE_URL'):
            call(project.settings)


def test_outside_of_a_project_the_missing_file_is_named(tmp_path):
    from warehouse.settings import Settings

    with pytest.raises(MigrationError, match=r"alembic\.ini does not exist.*WAREHOUSE_HOME"):
        migrate.upgrade(Settings(home=tmp_path))


def test_an_unknown_revision_is_a_migration_error(project):
    project.revision("pass")
    with pytest.raises(MigrationError, match=r"nowhere.*alembic history"):
        migrate.script("nowhere", project.settings)
