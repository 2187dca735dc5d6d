"""How a migration runs: what is finished is recorded and left out, what was edited is refused, one runs at a time."""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from warehouse import migrate
from warehouse.db import engine as db
from warehouse.errors import MigrationError
from warehouse.migrate.execution.conductor import Conductor
from warehouse.migrate.execution.fingerprint import fingerprint_of
from warehouse.migrate.execution.mutex import Mutex

ROOT = Path(__file__).parents[3]
TABLE = 'op.execute("CREATE TABLE sale (note varchar(9) encode lzo)")'
WIDEN = 'op.alter_column("sale", "note", type_=sa.String({}), existing_type=sa.String(9))'


@pytest.fixture
def target(project, redshift_url):
    return replace(project.settings, url=redshift_url)


@pytest.fixture
def engine(target):
    made = db.connect(target, poolclass=NullPool)
    yield made
    made.dispose()


def ask(engine, statement):
    with engine.connect() as connection:
        return connection.execute(sa.text(statement)).all()


def width(engine):
    rows = ask(engine, "SELECT character_maximum_length FROM svv_columns WHERE table_name = 'sale'")
    return rows[0][0] if rows else None


def history(engine):
    return {row[0]: tuple(row[1:]) for row in ask(engine, "SELECT revision, state, steps FROM alembic_history")}


# What is finished


def test_a_revision_that_stays_in_its_transaction_is_there_whole_or_not_at_all(project, target, engine):
    project.revision(f"{TABLE}\nop.execute('SELECT * FROM nowhere')")
    with pytest.raises(MigrationError, match="Nothing of this revision"):
        migrate.upgrade(target)
    assert history(engine) == {}
    assert width(engine) is None


def test_a_failed_revision_goes_on_where_it_stopped(project, target, engine):
    file = project.revision("\n".join([TABLE, WIDEN.format(20), "op.execute('SELECT * FROM nowhere')"]), "pass")
    with pytest.raises(MigrationError, match=r"Its first 2 statements are in the warehouse.*-x edited=r1"):
        migrate.upgrade(target)
    assert history(engine) == {"r1": ("running", 2)}
    assert width(engine) == 20
    file.write_text(file.read_text().replace("nowhere", "sale"))
    with pytest.raises(MigrationError, match=r"r1\.py was edited after it ran in part\."):
        migrate.upgrade(target)
    migrate.upgrade(target, edited=["r1"])
    assert history(engine) == {"r1": ("applied", 3)}
    assert migrate.current(target) == "r1"
    migrate.downgrade(target)
    assert history(engine) == {}


def test_what_ran_cannot_be_exchanged(project, target, engine):
    file = project.revision("\n".join([TABLE, WIDEN.format(20), "op.execute('SELECT * FROM nowhere')"]))
    with pytest.raises(MigrationError, match="nowhere"):
        migrate.upgrade(target)
    file.write_text(file.read_text().replace("varchar(9)", "varchar(8)").replace("nowhere", "sale"))
    with pytest.raises(MigrationError, match="ran in part, and its first 2 statements are not those that ran"):
        migrate.upgrade(target, edited=["r1"])
    file.write_text(file.read_text().replace(WIDEN.format(20), "").replace("op.execute('SELECT * FROM sale')", ""))
    with pytest.raises(MigrationError, match="ran in part, and its first 2 statements are not those that ran"):
        migrate.upgrade(target, edited=["r1"])
    assert history(engine) == {"r1": ("running", 2)}


def test_a_revision_in_part_is_finished_before_anything_else(project, target):
    project.revision(TABLE)
    project.revision("\n".join([WIDEN.format(20), "op.execute('SELECT * FROM nowhere')"]))
    with pytest.raises(MigrationError, match="nowhere"):
        migrate.upgrade(target)
    with pytest.raises(MigrationError, match=r'r2 was run in part and must be finished first\. "alembic upgrade r2"'):
        migrate.downgrade(target)
    # The way out for whoever has mended the tables by hand.
    migrate.config(target)
    from alembic import command

    command.stamp(migrate.config(target), "r1")
    migrate.downgrade(target, "r1")


def test_a_statement_that_was_begun_is_looked_up_in_the_catalog(project, target, engine):
    project.revision("\n".join([TABLE, WIDEN.format(20), WIDEN.format(30), "op.execute('SELECT * FROM nowhere')"]))
    with killed_before_the_end_of_a_step_is_recorded():
        migrate.upgrade(target)
    assert history(engine) == {"r1": ("running", 1)}
    with pytest.raises(MigrationError, match=r"nowhere.*Its first 3 statements"):
        migrate.upgrade(target)
    assert width(engine) == 30


def test_of_what_nobody_can_know_a_person_is_asked(project, target, engine):
    make = "op.execute('CREATE TABLE {} (c int) DISTSTYLE EVEN SORTKEY (c)')"
    append = "op.execute('ALTER TABLE a APPEND FROM b')"
    project.revision("\n".join([make.format("a"), make.format("b"), append, "op.execute('SELECT * FROM nowhere')"]))
    with killed_before_the_end_of_a_step_is_recorded():
        migrate.upgrade(target)
    with pytest.raises(MigrationError, match=r"began ALTER TABLE a APPEND FROM b and was stopped.*-x step=done"):
        migrate.upgrade(target)
    with pytest.raises(MigrationError, match=r"nowhere.*Its first 3 statements"):
        migrate.upgrade(target, step="done")


@contextmanager
def killed_before_the_end_of_a_step_is_recorded():
    def keep(conductor, entry, inside):
        if not inside:
            raise KeyboardInterrupt
        kept(conductor, entry, inside)

    kept = Conductor._keep
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Conductor, "_keep", keep)
        yield


def test_writes_past_the_ops_are_not_committed_halfway(project, target, engine):
    project.revision(
        "\n".join([TABLE, 'op.get_bind().exec_driver_sql("INSERT INTO sale VALUES (1)")', WIDEN.format(20)])
    )
    with pytest.raises(MigrationError, match=r"would commit what the revision wrote past its ops.*INSERT INTO sale"):
        migrate.upgrade(target)
    assert width(engine) is None


def test_a_revision_cannot_end_its_transaction(project):
    project.revision("op.execute('COMMIT')")
    with pytest.raises(MigrationError, match="cannot say COMMIT"):
        migrate.script(target=project.settings)


def test_raw_sql_leaves_the_transaction_where_it_must(project, target, engine):
    project.revision("\n".join([TABLE, "op.execute('VACUUM sale')", "op.execute('TRUNCATE sale')"]))
    migrate.upgrade(target)
    assert history(engine) == {"r1": ("applied", 3)}


def test_rows_go_in_once(project, target, engine):
    project.revision(
        f"""
        {TABLE}
        op.bulk_insert(sa.table("sale", sa.column("note", sa.String())), [{{"note": "a"}}, {{"note": "b"}}])
        {WIDEN.format(20)}
        op.execute("SELECT * FROM nowhere")
        """
    )
    for _ in range(2):
        with pytest.raises(MigrationError, match="nowhere"):
            migrate.upgrade(target)
    assert sorted(ask(engine, "SELECT note FROM sale")) == [("a",), ("b",)]


# What was edited


def test_a_revision_edited_after_it_ran_is_refused(project, target):
    file = project.revision(TABLE)
    migrate.upgrade(target)
    project.revision("pass")
    file.write_text(file.read_text().replace("varchar(9)", "varchar(10)"))
    with pytest.raises(MigrationError, match=r"r1\.py was edited after it ran, .*-x edited=r1"):
        migrate.upgrade(target)
    assert migrate.current(target) == "r1"
    migrate.upgrade(target, edited=["r1"])
    migrate.downgrade(target)


def test_layout_and_comments_are_no_edit():
    source = 'def upgrade():\n    """Make it."""\n    op.execute("a", x=1)\n'
    assert fingerprint_of(source) == fingerprint_of("# new\ndef upgrade():\n    op.execute('a',\n        x=1,\n    )\n")
    assert fingerprint_of(source) == fingerprint_of("waive = {'WH402': 'scratch'}\n" + source)
    assert fingerprint_of(source) != fingerprint_of(source.replace("x=1", "x=2"))
    assert fingerprint_of(source) != fingerprint_of(source.replace("x=1", "y=1"))
    assert fingerprint_of(source) != fingerprint_of(source.replace('"a"', '"b"'))


# What must not run at all


def test_a_warehouse_at_an_unknown_revision(project, target, engine):
    project.revision("pass")
    migrate.upgrade(target)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'lost'"))
    with pytest.raises(
        MigrationError, match=r"at revision 'lost', which no file in migrations/versions has.*stamp --purge"
    ):
        migrate.upgrade(target)


def test_a_version_table_with_two_rows(project, target, engine):
    project.revision("pass")
    migrate.upgrade(target)
    project.revision("pass")
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('r1')"))
    with pytest.raises(MigrationError, match=r"alembic_version holds 2 rows \(r1, r1\) and must hold one"):
        migrate.upgrade(target)


def test_two_heads(project, target):
    project.revision("pass")
    project.heads[-1] = None
    file = project.revision("pass")
    assert file.name == "r2.py"
    with pytest.raises(MigrationError, match=r"The migrations have 2 heads: r1 .*, r2 .*alembic merge .* r1 r2"):
        migrate.upgrade(target)
    with pytest.raises(MigrationError, match="2 heads"):
        migrate.script(target=project.settings)


# Who else is there


def test_one_migration_at_a_time(project, target, engine):
    project.revision(TABLE)
    with (
        Mutex(engine, wait=0),
        pytest.raises(MigrationError, match=r"Another migration .* session \d+ of user") as caught,
    ):
        migrate.upgrade(replace(target, migration_wait=0))
    assert caught.value.retryable
    assert "pg_terminate_backend" in caught.value.next_step
    assert migrate.current(target) is None
    migrate.upgrade(replace(target, migration_wait=0))


def test_a_migration_waits_for_its_turn(project, target, engine, caplog):
    project.revision(TABLE)
    caplog.set_level(logging.WARNING, "alembic")
    running = threading.Thread(target=migrate.upgrade, args=(target,))
    with Mutex(engine, wait=0):
        running.start()
        while "Another migration runs" not in caplog.text:
            assert running.is_alive()
            running.join(0.1)
        assert migrate.current(target) is None
    running.join()
    assert migrate.current(target) == "r1"


def test_a_holder_that_is_gone_blocks_nobody(project, target, engine):
    project.revision("pass")
    with Mutex(engine, wait=0):
        [(pid,)] = ask(
            engine,
            "SELECT DISTINCT t.pid FROM svv_transactions t JOIN pg_class c ON c.oid = t.relation "
            "WHERE c.relname = 'alembic_lock' AND t.granted",
        )
        ask(engine, f"SELECT pg_terminate_backend({pid})")
        migrate.upgrade(replace(target, migration_wait=10))
    assert migrate.current(target) == "r1"


def test_who_waits_for_a_table_says_for_whom_and_gives_up(project, target, engine, caplog):
    project.revision(TABLE)
    migrate.upgrade(target)
    project.revision('op.execute("ALTER TABLE sale ADD COLUMN c int")')
    caplog.set_level(logging.WARNING, "alembic")
    with engine.begin() as other:
        other.execute(sa.text("LOCK sale"))
        pid = other.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with pytest.raises(
            MigrationError, match=rf"r2\.py:\d+: Gave up after 1 s of waiting for a lock on sale, .*{pid}"
        ):
            migrate.upgrade(replace(target, lock_timeout=1))
    assert f"Waiting for a lock on sale, held by session {pid} of user" in caplog.text
    migrate.upgrade(replace(target, lock_timeout=1))
    assert migrate.current(target) == "r2"


# What is printed


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_a_printed_script_runs_in_psql_and_a_migration_goes_on_from_where_it_stopped(
    project, target, engine, local_server, database
):
    project.revision(TABLE)
    project.revision("\n".join([WIDEN.format(20), "op.execute('SELECT 1 AS one')"]))
    text = migrate.script(target=project.settings)
    cut = text.index("-- Running upgrade r1 -> r2")
    address = local_server["psql"].replace("/dev", f"/{database}")
    half = text[:cut] + text[cut:].partition("SELECT 1 AS one")[0] + "SELECT * FROM nowhere;"
    failed = subprocess.run(["psql", address, "-q"], input=half, text=True, capture_output=True)
    assert failed.returncode == 3, failed.stderr
    assert "nowhere" in failed.stderr
    assert history(engine) == {"r1": ("applied", 1), "r2": ("running", 1)}
    migrate.upgrade(target)
    assert migrate.current(target) == "r2"
    assert width(engine) == 20


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_a_whole_script_in_psql_is_a_whole_migration(target, engine, local_server, database):
    own = replace(target, home=ROOT)
    text = migrate.script(target=replace(own, url=""))
    address = local_server["psql"].replace("/dev", f"/{database}")
    done = subprocess.run(["psql", address, "-q"], input=text, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert migrate.check(own) == ()
    migrate.downgrade(own)


def test_a_refused_statement_leaves_nothing_to_finish(project, target, engine):
    project.revision(TABLE)
    migrate.upgrade(target)
    before = history(engine)
    file = project.revision("op.execute('ALTER TABLE sale ALTER COLUMN missing TYPE varchar(20)')")
    with pytest.raises(MigrationError, match="Nothing of this revision is in the warehouse"):
        migrate.upgrade(target)
    assert history(engine) == before
    file.write_text(file.read_text().replace("missing", "note"))
    migrate.upgrade(target)
    assert width(engine) == 20


def test_a_refused_statement_behind_others_leaves_those(project, target, engine):
    file = project.revision(f"{TABLE}\nop.execute('ALTER TABLE sale ALTER COLUMN missing TYPE varchar(20)')")
    with pytest.raises(MigrationError, match="Its first statement is in the warehouse"):
        migrate.upgrade(target)
    assert history(engine) == {"r1": ("running", 1)}
    file.write_text(file.read_text().replace("missing", "note"))
    migrate.upgrade(target, edited=["r1"])
    assert (width(engine), history(engine)) == (20, {"r1": ("applied", 2)})


def test_a_revision_in_part_whose_file_is_gone(project, target, engine):
    project.revision(TABLE)
    migrate.upgrade(target)
    file = project.revision("\n".join([WIDEN.format(20), "op.execute('SELECT * FROM nowhere')"]))
    with pytest.raises(MigrationError, match="nowhere"):
        migrate.upgrade(target)
    file.unlink()
    for run in (migrate.upgrade, migrate.downgrade):
        with pytest.raises(MigrationError, match=r"r2 ran in part, and no file .* has it.*alembic stamp --purge"):
            run(target)
    from alembic import command

    command.stamp(migrate.config(target), "r1", purge=True)
    migrate.upgrade(target)
    migrate.downgrade(target)


def test_two_heads_are_joined(project, target, engine):
    """What `two heads` advises: both branches run, then the revision that joins them, and back."""
    from alembic import command

    project.revision(TABLE)
    migrate.upgrade(target)
    for name in ("two", "three"):
        project.heads = [None, "r1"] if name == "two" else [None, "r1", "r1"]
        project.revision(f"op.execute('CREATE TABLE {name} (c int)')", f"op.execute('DROP TABLE {name}')")
    assert {file.stem for file in project.versions.glob("*.py")} == {"r1", "r2", "r3"}
    command.merge(migrate.config(target), ["r2", "r3"], message="Join")
    migrate.upgrade(target)
    assert sorted(history(engine)) == sorted(["r1", "r2", "r3", migrate.current(target)])
    migrate.downgrade(target, "r1")
    assert sorted(history(engine)) == ["r1"]
    assert ask(engine, "SELECT table_name FROM svv_tables WHERE table_name IN ('two', 'three')") == []
    migrate.upgrade(target)


def test_a_refused_downgrade_leaves_the_revision_as_it_was(project, target, engine):
    file = project.revision(TABLE, "op.execute('ALTER TABLE sale ALTER SORTKEY (nowhere)')")
    migrate.upgrade(target)
    before = history(engine)
    with pytest.raises(MigrationError, match="nowhere"):
        migrate.downgrade(target)
    assert history(engine) == before == {"r1": ("applied", 1)}
    file.write_text(file.read_text().replace("varchar(9)", "varchar(10)"))
    with pytest.raises(MigrationError, match="edited after it ran"):
        migrate.upgrade(target)
