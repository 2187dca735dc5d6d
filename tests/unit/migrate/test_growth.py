"""The reference warehouse's own history, walked with rows in place: up a revision at a time, and all the way back."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from tests.conftest import run_sql
from warehouse import migrate
from warehouse.db.engine import connect
from warehouse.migrate import ops
from warehouse.models import metadata

ROOT = Path(__file__).parents[3]
FIRST = "af03373da453"

# A few rows of the files, and of what loads write; the quarantine's are on both sides of the archive's 90 days.
ROWS = (
    "INSERT INTO airline VALUES ('UA', 'United Air Lines Inc.'), ('DL', 'Delta Air Lines Inc.')",
    "INSERT INTO airport VALUES ('EWR', 'Newark Liberty Intl', 40.69, -74.17, 18, -5, 'A', 'America/New_York'),"
    " ('IAH', 'George Bush Intercontinental', 29.98, -95.34, 97, -6, NULL, 'America/Chicago')",
    "INSERT INTO plane (tailnum, year, engine) VALUES ('N14228', 1999, 'Turbo-fan')",
    "INSERT INTO weather (origin, year, month, day, hour, temp, time_hour)"
    " VALUES ('EWR', 2013, 1, 1, 5, 39.02, '2013-01-01 10:00:00')",
    "INSERT INTO flight VALUES"
    " (2013, 1, 1, 517, 515, 2, 830, 819, 11, 'UA', 1545, 'N14228', 'EWR', 'IAH', 227, 1400, 5, 15,"
    " '2013-01-01 10:00:00'),"
    " (2013, 1, 1, NULL, 530, NULL, NULL, 830, NULL, 'UA', 1714, NULL, 'EWR', 'IAH', NULL, 1400, 5, 30,"
    " '2013-01-01 10:00:00')",
    "INSERT INTO customer (customer_uuid) VALUES ('0b5c7f0e-5d0a-4a55-9f0b-6f4b3f4f3a11')",
    "INSERT INTO load_audit (run_id, kind, table_name, actor, source, started_at, outcome, load_key)"
    " VALUES ('run-1', 'load', 'flight', 'dag', 's3://b/é.csv', '2026-08-01 00:00:00', 'succeeded', 'day 1')",
    "INSERT INTO load_quarantine (run_id, number, table_name, reason, row_text, quarantined_at) VALUES"
    " ('run-1', 1, 'flight', 'no date', 'a,b', '2020-01-02 03:04:05'),"
    " ('run-1', 2, 'plane', 'too long', NULL, DATEADD(day, -3, SYSDATE))",
)
TABLES = ("airline", "airport", "plane", "weather", "flight", "customer", "load_audit", "load_quarantine")


@pytest.fixture
def target(settings):
    return replace(settings, home=ROOT)


@pytest.fixture
def people(local_server):
    """Whom the revisions mind, where a cluster has them."""
    run_sql(local_server, "CREATE USER auditor PASSWORD DISABLE", "CREATE GROUP analyst")
    yield
    run_sql(local_server, "DROP USER auditor", "DROP GROUP analyst")


def contents(sql, at):
    """The rows of every table; those of the archive count as the quarantine's, whose rows it holds for a while."""
    found = {}
    for table in TABLES:
        rows = sql(f"SELECT * FROM {table}")
        if table == "load_quarantine" and at == "archive":
            rows = [*rows, *sql("SELECT * FROM load_quarantine_archive")]
        found[table] = sorted(map(repr, rows))
    return found


def design(sql):
    """What a revision may have changed, as the catalog shows it."""
    rows = sql("""
        SELECT schemaname, tablename, "column", type, encoding, distkey, sortkey, "notnull", c.reldiststyle,
            obj_description(c.oid), col_description(c.oid, a.attnum)
        FROM pg_table_def d
        JOIN pg_class c ON c.relname = d.tablename
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = d.schemaname
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = d."column"
        WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'
    """)
    return sorted(map(repr, rows))


def revisions():
    """The revisions after the first ones, oldest first, each with the tree of its file."""
    found = list(ScriptDirectory(ROOT / "migrations").walk_revisions(FIRST, "head"))
    return [(one.revision, ast.parse(Path(one.path).read_text())) for one in reversed(found)][1:]


def words(tree, *, of=("upgrade", "downgrade")):
    """The ops that a revision calls."""
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name in of]
    return {
        call.func.attr
        for function in functions
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "op"
    }


def test_every_op_has_a_revision_that_uses_it():
    folder = Path(ops.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    registered = {
        argument.value
        for path in folder.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Operations.register_operation"
        for argument in call.args
    }
    assert files < registered
    trees = [tree for _, tree in revisions()]
    assert files - set().union(*(words(tree, of=("upgrade",)) for tree in trees)) == set()
    assert registered - set().union(*map(words, trees)) == set()


@pytest.mark.parametrize("with_people", [False, True])
def test_the_history_runs_with_rows_in_place_up_and_down(target, sql, request, with_people):
    if with_people:
        request.getfixturevalue("people")
    migrate.upgrade(target, FIRST)
    sql(*ROWS, "SELECT 1")
    before, made = contents(sql, None), design(sql)
    steps = [None]
    for revision, tree in revisions():
        migrate.upgrade(target, revision)
        at = steps[-1]
        if "append_table" in words(tree, of=("upgrade",)):
            at = None
        elif "append_table" in words(tree):
            at = "archive"
        steps.append(at)
        # The whole rows: what a revision changes of them is not in their values.
        assert contents(sql, at) == before, revision
        if at:
            assert len(sql("SELECT 1 FROM load_quarantine_archive")) == 1
            owner = sql("SELECT tableowner FROM pg_tables WHERE tablename = 'load_quarantine_archive'")
            assert owner[0][0] == ("auditor" if with_people else "awsuser")
    assert migrate.check(target, metadata=metadata) == ()
    rows = sql("SELECT year, month, day, origin, flights, cancelled, mean_dep_delay FROM daily_departure")
    assert [tuple(row) for row in rows] == [(2013, 1, 1, "EWR", 2, 1, 2.0)]
    sql(f"INSERT INTO airline VALUES ('XX', '{'é' * 80}')", "DELETE FROM airline WHERE carrier = 'XX'", "SELECT 1")
    for at in reversed(steps[:-1]):
        migrate.downgrade(target, "-1")
        assert contents(sql, at) == before
    assert migrate.current(target) == FIRST
    assert design(sql) == made
    migrate.upgrade(target)
    assert contents(sql, None) == before
    assert migrate.check(target, metadata=metadata) == ()


def test_the_models_built_without_a_history_are_what_the_history_made(target, sql):
    migrate.upgrade(target)
    made = design(sql)
    engine = connect(target)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP VIEW daily_departure"))
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.text(f"DROP TABLE {table.name}"))
    metadata.create_all(engine)
    engine.dispose()
    assert design(sql) == made


def test_the_history_is_printed_without_a_server(target):
    # That psql runs it is test_execution's.
    script = migrate.script("head", replace(target, url=""))
    assert [revision for revision, _ in revisions() if f"-> {revision}" not in script] == []
    assert "-- only if user auditor exists: ALTER TABLE load_quarantine_archive OWNER TO auditor" in script
    assert "-- only if group analyst exists: GRANT SELECT ON load_quarantine TO GROUP analyst" in script
