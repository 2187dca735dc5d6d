"""Views in migrations: made, replaced, dropped, out of the way and back; and rows that change tables."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from warehouse import migrate
from warehouse.db import engine as db
from warehouse.errors import MigrationError
from warehouse.migrate.compare.warehouse import changes
from warehouse.models import metadata as models
from warehouse.schema.options import column_options, compound, even, key, table_options
from warehouse.schema.views import materialized_view, view


@pytest.fixture
def target(project, redshift_url):
    return replace(project.settings, url=redshift_url)


@pytest.fixture
def engine(target):
    made = db.connect(target, poolclass=NullPool)
    yield made
    made.dispose()


def ask(engine, *statements):
    with engine.begin() as connection:
        for statement in statements[:-1]:
            connection.execute(sa.text(statement))
        result = connection.execute(sa.text(statements[-1]))
        return sorted(result.all()) if result.returns_rows else None


def warehouse(*, note=20, amount=True, views=()):
    made = sa.MetaData(naming_convention=models.naming_convention)
    columns = [
        sa.Column("id", sa.BIGINT, autoincrement=False, comment="N.", nullable=False, **column_options(encode="raw")),
        sa.Column("note", sa.VARCHAR(note), comment="N.", **column_options(encode="lzo")),
    ]
    if amount:
        columns.append(sa.Column("amount", sa.DECIMAL(10, 2), comment="A.", **column_options(encode="az64")))
    design = table_options(dist=even(), sort=compound("id"))
    sa.Table("sale", made, *columns, sa.PrimaryKeyConstraint("id"), comment="Sales.", **design)
    for declare in views:
        declare(made)
    return made


def notes(query="SELECT id, note FROM sale", **words):
    words = {"comment": "Notes.", "grants": {"public": "select"}} | words
    return lambda made: view("notes", made, query, **words)


def loud(query="SELECT id, upper(note) AS note FROM notes", **words):
    return lambda made: view("loud", made, query, comment="Loud.", **words)


def late(query="SELECT id FROM public.sale", comment="Late."):
    return lambda made: view("late", made, query, late_binding=True, comment=comment)


def totals(query="SELECT note, sum(amount) AS total FROM sale GROUP BY note", **words):
    words = {"dist": key("note"), "sort": compound("note"), "comment": "Totals."} | words
    return lambda made: materialized_view("totals", made, query, **words)


def migrated(target, made):
    file = migrate.revision(target, "change", metadata=made)
    migrate.upgrade(target, metadata=made)
    return file.read_text()


def differences(engine, made):
    with engine.connect() as connection:
        return [operation.to_diff_tuple() for operation in changes(connection, made)]


ALL = (notes(), loud(), late(), totals())
NAMES = ("notes", "loud", "late", "totals")


def test_views_go_up_and_down_and_differ_in_nothing(target, engine):
    tables = warehouse()
    migrated(target, tables)
    ask(engine, "INSERT INTO sale VALUES (1, 'a', 2.5)", "SELECT 1")
    whole = warehouse(views=ALL)
    text = migrated(target, whole)
    assert text.count("op.create_view(") == text.count("op.drop_view(") == 4
    assert migrate.check(target, metadata=whole) == ()
    assert ask(engine, "SELECT * FROM loud") == [(1, "A")]
    assert ask(engine, "SELECT obj_description(oid) FROM pg_class WHERE relname = 'notes'") == [("Notes.",)]
    rights = "SELECT privilege_type FROM svv_relation_privileges WHERE relation_name = 'notes'"
    assert ask(engine, rights) == [("SELECT",)]
    migrate.downgrade(target, "-1", metadata=tables)
    assert differences(engine, tables) == []
    assert ask(engine, "SELECT count(*) FROM alembic_view") == [(0,)]
    migrate.upgrade(target, metadata=whole)
    assert migrate.check(target, metadata=whole) == ()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (late("SELECT id, note FROM public.sale"), [("replace_view", None, "late")]),
        (totals(sort=compound("total")), [("replace_view", None, "totals")]),
        (totals("SELECT note, max(amount) AS total FROM sale GROUP BY note"), [("replace_view", None, "totals")]),
        (loud("SELECT id, note || '!' AS shout FROM notes"), [("replace_view", None, "loud")]),
        (
            notes("SELECT id, note, amount FROM sale"),
            [
                ("drop_view", None, "loud"),
                ("drop_view", None, "notes"),
                ("create_view", None, "notes"),
                ("create_view", None, "loud"),
            ],
        ),
        (notes(comment="It's new."), [("alter_view_comment", None, "notes", "Notes.", "It's new.")]),
        (late(comment="New."), [("alter_view_comment", None, "late", "Late.", "New.")]),
        (totals(comment="New."), [("alter_view_comment", None, "totals", "Totals.", "New.")]),
        (loud(owner="treasury"), [("alter_owner", None, "loud", "awsuser", "treasury")]),
        (
            notes(grants={"group listeners": "select"}),
            [
                ("grant", None, "notes", "group listeners", "select"),
                ("revoke", None, "notes", "public", "select"),
            ],
        ),
    ],
)
def test_a_changed_view_is_found_and_changed_back(target, engine, changed, expected):
    ask(engine, "CREATE USER treasury PASSWORD disable", "CREATE GROUP listeners", "SELECT 1")
    before = warehouse(views=ALL)
    migrated(target, before)
    name = changed(sa.MetaData()).name
    after = warehouse(views=[changed if name == old else one for old, one in zip(NAMES, ALL, strict=True)])
    assert differences(engine, after) == expected
    migrated(target, after)
    assert differences(engine, after) == []
    migrate.downgrade(target, "-1", metadata=before)
    assert differences(engine, before) == []
    ask(engine, "DROP USER treasury", "DROP GROUP listeners", "SELECT 1")


def test_a_view_that_somebody_replaced_by_hand_is_found(target, engine):
    whole = warehouse(views=(notes(),))
    migrated(target, whole)
    ask(engine, "CREATE OR REPLACE VIEW notes AS SELECT id, note FROM sale WHERE id > 7", "SELECT 1")
    assert differences(engine, whole) == [("replace_view", None, "notes")]


def test_a_view_that_no_migration_made_is_left_alone(target, engine):
    whole = warehouse(views=(notes(),))
    migrated(target, whole)
    ask(engine, "CREATE VIEW theirs AS SELECT id FROM sale", "SELECT 1")
    assert differences(engine, whole) == []


def test_a_view_that_is_declared_no_more_is_dropped(target, engine):
    migrated(target, warehouse(views=ALL))
    fewer = warehouse(views=(notes(), late(), totals()))
    assert differences(engine, fewer) == [("drop_view", None, "loud")]
    text = migrated(target, fewer)
    assert "op.drop_view('loud')" in text
    migrate.downgrade(target, "-1", metadata=fewer)
    assert differences(engine, warehouse(views=ALL)) == []


def test_views_stand_aside_for_what_they_read(target, engine):
    migrated(target, warehouse(views=ALL))
    ask(
        engine,
        "INSERT INTO sale VALUES (1, 'a', 2.5)",
        "CREATE VIEW theirs AS SELECT note FROM notes",
        "COMMENT ON VIEW theirs IS 'Hands off.'",
        "GRANT SELECT ON theirs TO PUBLIC",
        "SELECT 1",
    )
    wider = warehouse(note=40, views=ALL)
    migrated(target, wider)
    assert differences(engine, wider) == []
    assert ask(engine, "SELECT note FROM theirs") == [("a",)]
    assert ask(engine, "SELECT obj_description(oid) FROM pg_class WHERE relname = 'theirs'") == [("Hands off.",)]
    assert ask(engine, "SELECT view_name FROM alembic_view") == [("late",), ("loud",), ("notes",), ("totals",)]
    migrate.downgrade(target, "-1", metadata=warehouse(views=ALL))
    assert differences(engine, warehouse(views=ALL)) == []
    assert ask(engine, "SELECT * FROM loud") == [(1, "A")]


def test_a_query_of_several_lines_survives_the_revision(target, engine):
    query = """
        SELECT id,
               note -- as it is
          FROM sale
         WHERE note <> 'C:\\\\temp'
    """
    whole = warehouse(views=(notes(query),))
    migrated(target, whole)
    assert differences(engine, whole) == []


def test_a_table_is_no_view(target):
    migrated(target, warehouse())
    made = sa.MetaData(naming_convention=models.naming_convention)
    view("sale", made, "SELECT 1 AS one")
    with pytest.raises(MigrationError, match="sale is declared as a view and is a table"):
        migrate.check(target, metadata=made)


def test_rows_are_appended_once(project, target, engine):
    migrated(target, warehouse())
    stage = "CREATE TABLE sale_stage (LIKE sale)"
    ask(engine, stage, "INSERT INTO sale VALUES (1, 'a', 1)", "INSERT INTO sale_stage VALUES (2, 'b', 2)", "SELECT 1")
    project.heads[-1] = migrate.current(target)
    project.revision('op.append_table("sale", "sale_stage")\nop.execute("SELECT * FROM nowhere")')
    for _ in range(2):
        with pytest.raises(MigrationError, match="nowhere"):
            migrate.upgrade(target)
    assert ask(engine, "SELECT id FROM sale") == [(1,), (2,)]
    assert ask(engine, "SELECT count(*) FROM sale_stage") == [(0,)]


def test_a_view_of_somebody_is_not_left_without_what_it_reads(target, engine):
    migrated(target, warehouse(views=ALL))
    ask(engine, "CREATE VIEW theirs AS SELECT note FROM loud", "SELECT 1")
    without = warehouse(views=(notes(), late(), totals()))
    with pytest.raises(MigrationError, match="the view theirs reads the view loud, which goes, and no model declares"):
        migrate.revision(target, "lose", metadata=without)
    ask(engine, "DROP VIEW theirs", "SELECT 1")
    migrated(target, without)
    assert migrate.check(target, metadata=without) == ()
