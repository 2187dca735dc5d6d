"""Migrations against a running Redshift: up, down, no difference afterwards, every difference found, failures leave
nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from warehouse import migrate
from warehouse.db import engine as db
from warehouse.db import system
from warehouse.db.engine import ping
from warehouse.discipline.config import FOREIGN_TABLES
from warehouse.errors import ConnectionFailed, MigrationError
from warehouse.models import metadata
from warehouse.schema.options import all_, auto, auto_sort, compound, even, key, table_options


def connect(settings):
    return db.connect(settings, poolclass=NullPool)


ROOT = Path(__file__).parents[3]
COMMENT = "100% of 'it', in C:\\new; \"quoted\"."


@pytest.fixture
def target(project, redshift_url):
    return replace(project.settings, url=redshift_url)


def model(*more, comment="Sales.", note=None, **design):
    """The models of a small warehouse with one table."""
    made = sa.MetaData(naming_convention=metadata.naming_convention)
    sa.Table(
        "sale",
        made,
        sa.Column(
            "sale_key", sa.BIGINT, primary_key=True, comment="N.", redshift_encode="raw", redshift_identity=(1, 1)
        ),
        note if note is not None else sa.Column("note", sa.VARCHAR(20), comment="Note.", redshift_encode="zstd"),
        sa.Column("at", sa.DATE, comment="When.", redshift_encode="az64"),
        *more,
        comment=comment,
        **table_options(**({"dist": key("sale_key"), "sort": compound("at", "sale_key")} | design)),
    )
    return made


def run(settings, *statements):
    with connect(settings).begin() as connection:
        return [connection.execute(sa.text(statement)) for statement in statements]


def tables(settings):
    with connect(settings).connect() as connection:
        return set(system.schema_columns(connection)) - FOREIGN_TABLES


def migrated(project, settings, models):
    """A warehouse made by a generated revision; alembic's files are the project's own."""
    file = migrate.revision(settings, "made", metadata=models)
    migrate.upgrade(settings, metadata=models)
    return file


def test_up_and_down_and_up_again_in_one_process(project, target):
    migrated(project, target, metadata)
    assert migrate.check(target) == ()
    assert tables(target) == set(metadata.tables)
    revision = migrate.current(target)
    migrate.upgrade(target)
    assert migrate.current(target) == revision
    migrate.downgrade(target)
    assert migrate.current(target) is None
    assert tables(target) == set()
    migrate.upgrade(target)
    assert migrate.check(target) == ()


def test_the_projects_own_migrations_make_what_its_models_declare(target):
    own = replace(target, home=ROOT)
    migrate.upgrade(own)
    assert migrate.check(own) == ()
    migrate.downgrade(own)
    assert tables(own) == set()


def test_the_design_arrives_as_declared(project, target):
    migrated(project, target, model())
    with connect(target).connect() as connection:
        columns = {column.name: column for column in system.table_columns(connection, None, "sale")}
    assert [column.position for column in columns.values()] == [1, 2, 3]
    assert {name: column.encode for name, column in columns.items()} == {
        "sale_key": "raw",
        "note": "zstd",
        "at": "az64",
    }
    assert {name: column.sort_order for name, column in columns.items()} == {"at": 1, "sale_key": 2, "note": 0}
    assert columns["sale_key"].is_distkey
    assert columns["sale_key"].identity == (1, 1)
    assert columns["sale_key"].default is None
    assert not columns["sale_key"].nullable
    assert columns["note"].comment == "Note."
    assert columns["note"].type == "character varying(20)"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dist": even()}, "alter_distribution"),
        ({"dist": all_()}, "alter_distribution"),
        ({"dist": key("at")}, "alter_distribution"),
        ({"sort": compound("sale_key", "at")}, "alter_sort_key"),
        (
            {"note": sa.Column("note", sa.VARCHAR(20), comment="Note.", redshift_encode="lzo")},
            "alter_encoding sale note zstd lzo",
        ),
        ({"note": sa.Column("note", sa.VARCHAR(21), comment="Note.", redshift_encode="zstd")}, "widen_varchar"),
        ({"note": sa.Column("note", sa.VARCHAR(20), comment="Other.", redshift_encode="zstd")}, "modify_comment"),
        ({"comment": "Other."}, "add_table_comment"),
    ],
)
def test_each_difference_is_found_and_nothing_else(project, target, changed, told):
    migrated(project, target, model())
    differences = migrate.check(target, metadata=model(**changed))
    assert len(differences) == 1
    assert told in differences[0]


def test_auto_has_no_opinion_about_what_is_there(project, target):
    migrated(project, target, model())
    assert migrate.check(target, metadata=model(dist=auto(), sort=auto_sort())) == ()


def test_a_revision_for_a_changed_design_says_what_was_and_can_be_read(project, target):
    migrated(project, target, model())
    file = migrate.revision(target, "spread", metadata=model(dist=even(), sort=compound("at")))
    text = file.read_text()
    assert "op.alter_distribution('sale', 'even', existing_style='key', existing_key='sale_key')" in text
    assert "op.alter_distribution('sale', 'key', 'sale_key', existing_style='even')" in text
    assert "existing_columns=['at', 'sale_key']" in text
    assert "ALTER TABLE sale ALTER DISTSTYLE EVEN;" in migrate.script(target=target)


def test_an_added_column_goes_up_and_down(project, target):
    migrated(project, target, model())
    more = model(sa.Column("amount", sa.DECIMAL(12, 2), comment="Amount.", redshift_encode="az64"))
    migrated(project, target, more)
    assert migrate.check(target, metadata=more) == ()
    migrate.downgrade(target, "-1", metadata=model())
    assert [column.name for column in _columns(target)] == ["sale_key", "note", "at"]


def test_a_dropped_table_comes_back_as_it_was(project, target):
    for before in (model(), model(dist=auto(), sort=auto_sort())):
        migrated(project, target, before)
        was = _columns(target)
        migrated(project, target, sa.MetaData())
        assert tables(target) == set()
        migrate.downgrade(target, "-1", metadata=before)
        assert _columns(target) == was
        migrate.upgrade(target, metadata=before)


def _columns(settings):
    with connect(settings).connect() as connection:
        return system.table_columns(connection, None, "sale")


def test_a_comment_survives_the_driver_and_the_escapes(project, target):
    models = model(comment=COMMENT, note=sa.Column("note", sa.VARCHAR(20), comment=COMMENT, redshift_encode="zstd"))
    migrated(project, target, models)
    assert migrate.check(target, metadata=models) == ()
    assert next(column.comment for column in _columns(target) if column.name == "note") == COMMENT


def test_a_revision_that_fails_says_where_and_leaves_nothing(project, target):
    project.revision("op.execute('CREATE TABLE half (c int)')\nop.execute('SELECT * FROM nowhere')")
    with pytest.raises(
        MigrationError, match=r"migrations/versions/r1\.py:\d+: the warehouse refused .*nowhere.*Nothing of"
    ) as caught:
        migrate.upgrade(target)
    assert caught.value.__cause__ is not None
    assert tables(target) == set()
    assert migrate.current(target) is None


def test_a_statement_outside_a_transaction_that_fails_says_what_is_left(project, target):
    project.revision(
        """
        op.execute("CREATE TABLE half (c varchar(9) encode raw)")
        op.alter_column("nowhere", "c", type_=sa.String(20), existing_type=sa.String(9))
        """
    )
    with pytest.raises(MigrationError, match=r"r1\.py:\d+: .*Its first statement is in the warehouse"):
        migrate.upgrade(target)
    assert tables(target) == {"half"}
    assert migrate.current(target) is None


def test_check_before_the_migrations_says_what_to_do(project, target):
    project.revision("pass")
    with pytest.raises(MigrationError, match=r'not up to date.*"alembic upgrade head"'):
        migrate.check(target)


def test_a_wrong_password_is_one_paragraph_without_it(target):
    url = sa.make_url(target.url).set(password="wrong-secret")
    with pytest.raises(ConnectionFailed, match="refuses the login of 'awsuser'") as caught:
        ping(connect(replace(target, url=url.render_as_string(hide_password=False))))
    assert "secret" not in str(caught.value)


def test_an_unknown_database_is_named(target):
    url = sa.make_url(target.url).set(database="nowhere")
    with pytest.raises(ConnectionFailed, match="has no database 'nowhere'"):
        ping(connect(replace(target, url=url.render_as_string(hide_password=False))))


# The driver makes its SSLContext in a deprecated way.
@pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(target):
    url = sa.make_url(target.url).set(query={"ssl": "true"})
    with pytest.raises(ConnectionFailed, match="cannot be trusted, so nothing was sent"):
        ping(connect(replace(target, url=url.render_as_string(hide_password=False))))


def test_psycopg2_migrates_too(project, target):
    url = sa.make_url(target.url).set(drivername="redshift+psycopg2", query={"sslmode": "disable"})
    other = replace(target, url=url.render_as_string(hide_password=False))
    models = model(comment=COMMENT)
    migrated(project, other, models)
    assert migrate.check(other, metadata=models) == ()
    assert migrate.check(target, metadata=models) == ()


def test_system_views_answer_on_a_fresh_warehouse(target):
    with connect(target).connect() as connection:
        assert system.current_revision(connection) is None
        assert system.load_errors(connection) == []
        assert system.last_copy(connection) == system.LastCopy(query_id=-1, rows=0)
        assert system.session_id(connection) > 0
        assert system.current_schema(connection) == "public"
        assert system.table_columns(connection, "public", "nothing") == []
