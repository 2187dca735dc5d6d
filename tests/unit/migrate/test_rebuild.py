"""What Redshift cannot change in place: the table is built anew, with everything on it, or nothing changes."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool
from sqlalchemy_redshift.dialect import SUPER

from warehouse import migrate
from warehouse.db import engine as db
from warehouse.db.create import Statement
from warehouse.errors import MigrationError
from warehouse.migrate.compare.warehouse import changes
from warehouse.migrate.ops.rebuild_table import RebuildTableOp
from warehouse.migrate.rebuild.run import Rebuild
from warehouse.models import metadata as models
from warehouse.schema.design import redshift_dialect
from warehouse.schema.options import column_options, compound, even, interleaved, table_options, unsorted


@pytest.fixture
def target(project, settings):
    """The project's files on a database of its own, with a stage on S3."""
    return replace(settings, home=project.home)


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


def differences(engine, made):
    """What differs, wherever the warehouse is in its history."""
    with engine.connect() as connection:
        return changes(connection, made)


def warehouse(sale_columns, *, keys=("id",), child=True, comment="Sales.", **design):
    """A warehouse of two tables: `line` refers to `sale`."""
    made = sa.MetaData(naming_convention=models.naming_convention)
    sa.Table(
        "sale",
        made,
        *sale_columns,
        sa.PrimaryKeyConstraint(*keys),
        comment=comment,
        **table_options(**({"dist": even(), "sort": compound("id")} | design)),
    )
    if child:
        sa.Table(
            "line",
            made,
            sa.Column("sale_id", sa.BIGINT, sa.ForeignKey("sale.id"), comment="Sale.", redshift_encode="az64"),
            comment="Lines.",
            **table_options(dist=even(), sort=unsorted(), waive={"WH003": "Lines have no key."}),
        )
    return made


def column(name, type_, *, comment="C.", encode="az64", nullable=True, default=None, **words):
    return sa.Column(
        name, type_, nullable=nullable, comment=comment, server_default=default, autoincrement=False,
        **column_options(encode=encode, **words),
    )  # fmt: skip


def number(type_=sa.BIGINT, **words):
    return column("id", type_, nullable=False, encode="raw", **words)


def amount(type_=None, **words):
    return column("amount", type_ if type_ is not None else sa.DECIMAL(12, 2), **words)


def note():
    return column("note", sa.VARCHAR(20), encode="lzo")


def migrated(target, made):
    migrate.revision(target, "change", metadata=made)
    migrate.upgrade(target, metadata=made)


BEFORE = warehouse([number(), amount(sa.DECIMAL(10, 2)), note()])
AFTER = warehouse([number(), amount(sa.DECIMAL(14, 4)), note()])
ROWS = "INSERT INTO sale VALUES (1, 1.25, 'a'), (2, NULL, NULL), (3, -7.00, 'it''s | \\\\ ~')"


@pytest.fixture
def finance(engine):
    """A user and a group. They belong to the server and outlive the test's database: what is theirs goes first."""
    ask(engine, "CREATE USER finance PASSWORD disable", "CREATE GROUP readers", "SELECT 1")
    yield
    ask(engine, "DROP TABLE sale CASCADE", "DROP USER finance", "DROP GROUP readers", "SELECT 1")


@pytest.mark.usefixtures("finance")
def test_everything_on_a_table_is_on_it_afterwards(project, target, engine):
    migrated(target, BEFORE)
    ask(
        engine,
        ROWS,
        "GRANT SELECT ON sale TO GROUP readers",
        "CREATE VIEW total AS SELECT sum(amount) AS total FROM sale",
        "CREATE SCHEMA mart",
        "CREATE VIEW mart.twice AS SELECT 2 * total AS twice FROM total",
        "COMMENT ON VIEW total IS 'All of it.'",
        "GRANT SELECT ON total TO PUBLIC",
        "ALTER TABLE total OWNER TO finance",
        "ALTER TABLE sale OWNER TO finance",
    )
    rows = ask(engine, "SELECT * FROM sale")
    migrated(target, AFTER)
    assert migrate.check(target, metadata=AFTER) == ()
    assert ask(engine, "SELECT * FROM sale") == rows
    assert ask(engine, "SELECT * FROM mart.twice") == [(-11.5,)]
    assert ask(engine, "SELECT conname FROM pg_constraint WHERE confrelid <> 0") == [("line_sale_id_fkey",)]
    rights = "SELECT relation_name, identity_name, privilege_type FROM svv_relation_privileges"
    assert {row for row in ask(engine, rights) if row[0] in ("sale", "total")} == {
        ("sale", "readers", "SELECT"),
        ("total", "public", "SELECT"),
    }
    owners = "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relname IN ('sale', 'total')"
    assert ask(engine, owners) == [("sale", "finance"), ("total", "finance")]
    assert ask(engine, "SELECT obj_description(oid) FROM pg_class WHERE relname = 'total'") == [("All of it.",)]
    migrate.downgrade(target, "-1", metadata=BEFORE)
    assert differences(engine, BEFORE) == []
    assert ask(engine, "SELECT * FROM sale") == rows


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (warehouse([number(), amount(nullable=False, default="0")]), "NOT NULL is declared"),
        (warehouse([number(), amount(default="7")]), "the default"),
        (warehouse([number(), amount()], backup=False), "BACKUP NO"),
        (warehouse([number(), amount()], sort=interleaved("id", "amount")), "INTERLEAVED"),
        (warehouse([number(), amount(sa.BIGINT)]), "becomes bigint"),
        (warehouse([number(), amount(), column("more", sa.INTEGER, nullable=False)]), "NOT NULL column only with"),
        (warehouse([number(identity=(1, 1), identity_by_default=True), amount()]), "GENERATED BY DEFAULT"),
    ],
)
def test_each_reason_is_told_and_mended_and_undone(project, target, engine, after, reason):
    before = warehouse([number(), amount()])
    migrated(target, before)
    (told,) = migrate.check(target, metadata=after)
    assert "rebuild_table sale" in told
    assert reason in told
    migrated(target, after)
    assert migrate.check(target, metadata=after) == ()
    migrate.downgrade(target, "-1", metadata=before)
    migrate.upgrade(target, metadata=after)
    migrate.downgrade(target, "-1", metadata=before)
    assert differences(engine, before) == []


def refused(target, after, told):
    with pytest.raises(MigrationError, match=told) as caught:
        migrated(target, after)
    assert caught.value.next_step
    return caught.value


def test_duplicate_keys_are_refused_before_anything_is_made(project, target, engine):
    migrated(target, BEFORE)
    ask(engine, "INSERT INTO sale VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 3, 'c')")
    refused(target, AFTER, r"1 values of the primary key \(id\) are there more than once.*warehouse check")
    assert ask(engine, "SELECT count(*) FROM sale") == [(3,)]
    ask(engine, "DELETE FROM sale WHERE note = 'b'")
    migrate.upgrade(target, metadata=AFTER)
    assert migrate.check(target, metadata=AFTER) == ()


@pytest.mark.parametrize(
    ("row", "after", "told"),
    [
        (
            "1, 1.25, 'a'",
            [number(), amount(sa.INTEGER), note()],
            "1 values of amount",
        ),
        ("1, 1, 'a'", [number(), amount(), column("note", sa.DATE)], "values of note would change"),
        (
            "1, NULL, 'a'",
            [number(), amount(nullable=False), note()],
            "1 rows have no amount",
        ),
        (
            "1, 1, 'a'",
            [number(), amount(), note(), column("x", sa.DATE, nullable=False)],
            "1 rows would have no x",
        ),
    ],
)
def test_no_value_is_lost_on_the_way(project, target, engine, row, after, told):
    migrated(target, BEFORE)
    ask(engine, f"INSERT INTO sale VALUES ({row})")
    before = ask(engine, "SELECT * FROM sale")
    refused(target, warehouse(after), told)
    assert ask(engine, "SELECT * FROM sale") == before
    assert ask(engine, "SELECT count(*) FROM pg_class WHERE relname LIKE 'sale\\\\_\\\\_%'") == [(0,)]


DOUBLE = sa.DOUBLE_PRECISION()
# What a value of one type becomes in another: None is refused before anything is made.
CONVERTED = [
    (sa.VARCHAR(40), "'16777217'", sa.REAL(), None),
    (sa.VARCHAR(40), "'16777216'", sa.REAL(), 16777216),
    (sa.VARCHAR(40), "'0.1'", sa.REAL(), 0.1),
    (sa.VARCHAR(40), "'1.0000000000000000000001'", sa.REAL(), None),
    (sa.VARCHAR(40), "'1e-42'", sa.REAL(), None),
    (sa.VARCHAR(40), "'007'", DOUBLE, None),
    (sa.VARCHAR(40), "'+5'", DOUBLE, None),
    (sa.VARCHAR(40), "'x'", DOUBLE, None),
    (sa.VARCHAR(40), "'123456789.1234567891'", DOUBLE, None),
    (sa.VARCHAR(40), "' -0.5e3 '", DOUBLE, -500),
    (sa.VARCHAR(40), "'-007'", sa.INTEGER(), None),
    (sa.VARCHAR(40), "'-7'", sa.INTEGER(), -7),
    (sa.VARCHAR(40), "'99999999999'", sa.INTEGER(), None),
    (sa.VARCHAR(40), "'12345678901234567890.5'", sa.DECIMAL(38, 18), Decimal("12345678901234567890.5")),
    (sa.VARCHAR(40), "'1.0000000000000000001'", sa.DECIMAL(38, 18), None),
    (sa.VARCHAR(40), "'.50'", sa.DECIMAL(12, 1), Decimal("0.5")),
    (sa.VARCHAR(40), "'2020-01-01 10:00:00+05'", sa.TIMESTAMP(), None),
    (sa.VARCHAR(40), "'2020-01-01 10:00:00 UTC'", sa.TIMESTAMP(), None),
    (sa.VARCHAR(40), "'now'", sa.TIMESTAMP(), None),
    (sa.VARCHAR(40), "'2020-01-01T10:00:00.5'", sa.TIMESTAMP(), dt.datetime(2020, 1, 1, 10, 0, 0, 500_000)),
    (sa.VARCHAR(40), "'20200102'", sa.TIMESTAMP(), dt.datetime(2020, 1, 2)),
    (sa.VARCHAR(40), "'2020-02-30'", sa.TIMESTAMP(), None),
    (sa.VARCHAR(40), "'2020-01-01 00:00:00+05'", sa.DATE(), None),
    (sa.VARCHAR(40), "'2020-01-01 10:00'", sa.DATE(), None),
    (sa.VARCHAR(40), "'5 Jan 2020'", sa.DATE(), dt.date(2020, 1, 5)),
    (sa.VARCHAR(40), "'2020-01-01 10:11:12'", sa.TIME(), None),
    (sa.VARCHAR(40), "'10:11:12+05'", sa.TIME(), None),
    (sa.VARCHAR(40), "'x'", sa.TIME(), None),
    (sa.VARCHAR(40), "'10:11:12.5'", sa.TIME(), dt.time(10, 11, 12, 500_000)),
    (sa.TIME(), "'10:00:00'", sa.VARCHAR(3), None),
    (sa.BOOLEAN(), "TRUE", sa.VARCHAR(2), None),
    (sa.BOOLEAN(), "TRUE", sa.VARCHAR(4), "true"),
    (sa.BOOLEAN(), "FALSE", sa.VARCHAR(4), None),
    (sa.BOOLEAN(), "FALSE", sa.INTEGER(), 0),
    (sa.VARCHAR(40), "'true'", sa.BOOLEAN(), True),
    (sa.VARCHAR(40), "'yes'", sa.BOOLEAN(), None),
    (sa.INTEGER(), "2", sa.BOOLEAN(), None),
    (SUPER(), """JSON_PARSE('{"a": "a long text indeed"}')""", sa.VARCHAR(20), None),
    (SUPER(), """JSON_PARSE('{"a": 1}')""", sa.VARCHAR(20), '{"a":1}'),
    (sa.VARCHAR(40), """'{"a": 1, "a": 2}'""", SUPER(), None),
    (sa.VARCHAR(40), "'{'", SUPER(), None),
    (sa.VARCHAR(40), """'{"a": [1, "b c"]}'""", SUPER(), '{"a":[1,"b c"]}'),
]  # fmt: skip


def test_a_value_is_converted_as_it_is_or_not_at_all(engine):
    """The plan's questions and its copy, asked of a table of one value."""
    preparer = redshift_dialect().identifier_preparer
    wrong = []
    for old, value, new, becomes in CONVERTED:
        kind = old.compile(dialect=redshift_dialect())
        table = sa.Table("t", sa.MetaData(), sa.Column("x", new))
        plan = RebuildTableOp(table, {"x": kind}).plan(preparer)
        with engine.connect() as connection:
            connection.execute(Statement(f"CREATE TABLE t (x {kind})"))
            connection.execute(Statement(f"INSERT INTO t SELECT {value}"))
            connection.execute(Statement("INSERT INTO t VALUES (NULL)"))
            try:
                counts = [connection.execute(Statement(check.query)).scalar() for check in plan.checks(preparer)]
                found = None
                if not any(counts):
                    found = connection.execute(Statement(f"{plan.select(preparer)} WHERE x IS NOT NULL")).scalar()
            except sa.exc.DBAPIError:
                found = None
        if found != becomes and not (isinstance(becomes, float) and found == pytest.approx(becomes)):
            wrong.append((kind, value, str(new), found, becomes))
    assert not wrong


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        (sa.VARCHAR(40), "'x'", DOUBLE),
        (sa.VARCHAR(40), "'10:11:12+05'", sa.TIME()),
        (sa.BOOLEAN(), "TRUE", sa.VARCHAR(2)),
    ],
)
def test_a_value_that_cannot_be_converted_is_found_before_anything_is_made(project, target, engine, old, value, new):
    migrated(target, warehouse([number(), column("x", old, encode="raw")], child=False))
    ask(engine, f"INSERT INTO sale VALUES (1, {value})".replace(":", r"\:"), "SELECT 1")
    before = ask(engine, "SELECT * FROM sale")
    refused(target, warehouse([number(), column("x", new, encode="raw")], child=False), "values of x would change")
    assert ask(engine, "SELECT * FROM sale") == before
    assert ask(engine, "SELECT count(*) FROM pg_class WHERE relname = 'sale__rebuild'") == [(0,)]
    # What is advised can be done.
    ask(engine, "DELETE FROM sale", "SELECT 1")
    migrate.upgrade(target)


@pytest.mark.parametrize("new", [sa.VARCHAR(5), sa.SMALLINT()])
def test_a_truth_comes_back_as_it_was(project, target, engine, new):
    before = warehouse([number(), column("x", sa.BOOLEAN, encode="raw")], child=False)
    migrated(target, before)
    ask(engine, "INSERT INTO sale VALUES (1, TRUE), (2, FALSE), (3, NULL)", "SELECT 1")
    migrated(target, warehouse([number(), column("x", new, encode="raw")], child=False))
    migrate.downgrade(target, "-1", metadata=before)
    assert ask(engine, "SELECT * FROM sale") == [(1, True), (2, False), (3, None)]
    assert differences(engine, before) == []


def test_a_truth_that_became_another_text_is_not_guessed_on_the_way_back(project, target, engine):
    migrated(target, warehouse([number(), column("x", sa.BOOLEAN, encode="raw")], child=False))
    ask(engine, "INSERT INTO sale VALUES (1, TRUE), (2, NULL)", "SELECT 1")
    after = warehouse([number(), column("x", sa.VARCHAR(5), encode="raw")], child=False)
    migrated(target, after)
    ask(engine, "UPDATE sale SET x = 'maybe' WHERE id = 2", "SELECT 1")
    with pytest.raises(MigrationError, match="1 values of x would change on their way to boolean"):
        migrate.downgrade(target, "-1", metadata=after)


def test_an_expression_of_using_that_fails_is_found_before_anything_is_made(project, target, engine):
    migrated(target, BEFORE)
    ask(engine, ROWS, "SELECT 1")
    file = migrate.revision(target, "odd", metadata=warehouse([number(), amount(sa.INTEGER), note()]))
    using = "using={'amount': 'CAST(note AS INTEGER)'}"
    file.write_text(file.read_text().replace("existing={", f"{using},\nexisting={{", 1))
    with pytest.raises(MigrationError, match=r"Some values of amount cannot be had from using= \(.*Mend the expr"):
        migrate.upgrade(target)
    assert ask(engine, "SELECT count(*) FROM pg_class WHERE relname = 'sale__rebuild'") == [(0,)]


def test_existing_types_are_taken_in_any_spelling(project, target, engine):
    migrated(target, BEFORE)
    ask(engine, ROWS, "SELECT 1")
    file = migrate.revision(target, "change", metadata=AFTER)
    text = file.read_text()
    assert "'bigint', 'amount': 'numeric(10,2)'" in text
    file.write_text(text.replace("'bigint', 'amount': 'numeric(10,2)'", "'int8', 'amount': 'DECIMAL(10, 2)'"))
    migrate.upgrade(target, metadata=AFTER)
    assert migrate.check(target, metadata=AFTER) == ()


def test_an_existing_type_that_redshift_has_not_is_named():
    operation = RebuildTableOp(AFTER.tables["sale"], {"id": "serial"})
    with pytest.raises(MigrationError, match=r"existing= says that id is serial: Redshift has no type SERIAL"):
        operation.plan(redshift_dialect().identifier_preparer)


def test_using_says_what_becomes_of_values(project, target, engine):
    migrated(target, BEFORE)
    ask(engine, ROWS)
    after = warehouse([number(), amount(sa.INTEGER, nullable=False), note()])
    file = migrate.revision(target, "round", metadata=after)
    using = "using={'amount': 'NVL(ROUND(amount), 0)'}"
    file.write_text(file.read_text().replace("existing={", f"{using},\nexisting={{", 1))
    migrate.upgrade(target, metadata=after)
    assert migrate.check(target, metadata=after) == ()
    assert ask(engine, "SELECT id, amount FROM sale") == [(1, 1), (2, 0), (3, -7)]


@pytest.mark.parametrize("by_default", [True, False])
def test_numbers_stay_and_go_on(project, target, engine, by_default):
    words = {"identity": (1, 1), "identity_by_default": by_default}
    before = warehouse([number(**words), amount()], child=False)
    after = warehouse([number(**words), amount(sa.DECIMAL(14, 2))], child=False)
    migrated(target, before)
    ask(engine, "INSERT INTO sale (amount) VALUES (1), (2), (3)", "DELETE FROM sale WHERE amount = 2")
    rows = ask(engine, "SELECT * FROM sale")
    migrated(target, after)
    assert migrate.check(target, metadata=after) == ()
    assert ask(engine, "SELECT * FROM sale") == rows
    ask(engine, "INSERT INTO sale (amount) VALUES (4)")
    assert [row[0] for row in ask(engine, "SELECT count(*) FROM sale GROUP BY id")] == [1, 1, 1]
    migrate.downgrade(target, "-1", metadata=before)
    assert len(ask(engine, "SELECT * FROM sale")) == 3


def test_without_a_stage_the_numbers_of_an_identity_column_cannot_be_kept(project, target):
    before = warehouse([number(identity=(1, 1)), amount()], child=False)
    migrated(target, before)
    after = warehouse([number(identity=(1, 1)), amount(sa.DECIMAL(14, 2))], child=False)
    refused(replace(target, stage=""), after, r"EXPLICIT_IDS gives the numbers of id.*WAREHOUSE_STAGE")


@contextmanager
def written_to_before_the_swap(engine, *statements, killed=False):
    swap = Rebuild._swap

    def late(rebuild, **how):
        patch.undo()
        ask(engine, *statements, "SELECT 1")
        if killed:
            raise KeyboardInterrupt
        swap(rebuild, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rebuild, "_swap", late)
        yield


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO sale VALUES (9, 9, 'new')",
        "UPDATE sale SET note = 'b' WHERE id = 1",
        "DELETE FROM sale WHERE id = 1",
    ],
)
def test_a_table_that_is_written_to_meanwhile_is_left_alone_and_copied_again(project, target, engine, write):
    migrated(target, BEFORE)
    ask(engine, ROWS)
    with written_to_before_the_swap(engine, write):
        refused(target, AFTER, r"was written to while its rows were copied.*Run the same command again")
    rows = ask(engine, "SELECT * FROM sale")
    migrate.upgrade(target, metadata=AFTER)
    assert migrate.check(target, metadata=AFTER) == ()
    assert ask(engine, "SELECT * FROM sale") == rows


def test_a_rebuild_that_was_killed_goes_on(project, target, engine):
    migrated(target, BEFORE)
    ask(engine, ROWS)
    with written_to_before_the_swap(engine, killed=True), pytest.raises(KeyboardInterrupt):
        migrated(target, AFTER)
    assert ask(engine, "SELECT count(*) FROM sale__rebuild") == [(3,)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rebuild, "_copy", lambda _: pytest.fail("the rows were there already"))
        migrate.upgrade(target, metadata=AFTER)
    assert migrate.check(target, metadata=AFTER) == ()
    assert len(ask(engine, "SELECT * FROM sale")) == 3


def test_a_table_that_somebody_changed_by_hand_is_refused(project, target, engine):
    migrated(target, BEFORE)
    migrate.revision(target, "change", metadata=AFTER)
    ask(engine, "ALTER TABLE sale ADD COLUMN extra int", "SELECT 1")
    with pytest.raises(
        MigrationError, match="sale is not what the revision expects: extra is integer, the revision knows no"
    ):
        migrate.upgrade(target, metadata=AFTER)


def test_a_view_that_reads_what_goes_is_named(project, target, engine):
    migrated(target, BEFORE)
    ask(engine, "CREATE VIEW notes AS SELECT note FROM sale", "SELECT 1")
    refused(target, warehouse([number(), amount()]), "the view notes reads note, which goes")


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
@pytest.mark.parametrize("late", ["", "CREATE VIEW v AS SELECT id FROM sale"])
def test_a_printed_rebuild_runs_in_psql_or_stops(project, target, engine, local_server, database, late):
    migrated(target, BEFORE)
    ask(engine, ROWS, late or "SELECT 1", "SELECT 1")
    without_child = warehouse([number(), amount(sa.DECIMAL(10, 2)), note()], child=False)
    migrated(target, without_child)
    after = warehouse([number(), amount(sa.DECIMAL(14, 4)), note()], child=False)
    migrate.revision(target, "change", metadata=after)
    text = migrate.script(f"{migrate.current(target)}:head", target, metadata=after)
    address = local_server["psql"].replace("/dev", f"/{database}")
    ran = subprocess.run(["psql", address, "-q"], input=text, text=True, capture_output=True)
    if late:
        assert ran.returncode == 3
        assert "division by zero" in ran.stderr
        assert ask(engine, "SELECT count(*) FROM sale") == [(3,)]
        ask(engine, "DROP VIEW v", "SELECT 1")
        migrate.upgrade(target, metadata=after)
    else:
        assert ran.returncode == 0
        assert "ERROR" not in ran.stderr
    assert migrate.check(target, metadata=after) == ()
    assert len(ask(engine, "SELECT * FROM sale")) == 3


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
@pytest.mark.parametrize(
    ("value", "new", "told"),
    [
        ("2020-01-01 10:00:00+05", sa.TIMESTAMP(), "division by zero"),
        ("x", DOUBLE, "division by zero"),
        ("2020-01-01T10:00", sa.TIMESTAMP(), ""),
        ("1.5e3", DOUBLE, ""),
    ],
)
def test_a_printed_rebuild_asks_the_same_of_texts(project, target, engine, local_server, database, value, new, told):
    migrated(target, warehouse([number(), column("x", sa.VARCHAR(40), encode="raw")], child=False))
    ask(engine, f"INSERT INTO sale VALUES (1, '{value}')".replace(":", r"\:"), "SELECT 1")
    after = warehouse([number(), column("x", new, encode="raw")], child=False)
    migrate.revision(target, "change", metadata=after)
    text = migrate.script(f"{migrate.current(target)}:head", target, metadata=after)
    address = local_server["psql"].replace("/dev", f"/{database}")
    ran = subprocess.run(["psql", address, "-q"], input=text, text=True, capture_output=True)
    assert (ran.returncode, told in ran.stderr) == (3 if told else 0, True)
    assert ask(engine, "SELECT count(*) FROM pg_class WHERE relname = 'sale__rebuild'") == [(0,)]
    assert bool(differences(engine, after)) == bool(told)


def test_a_plan_can_be_read():
    existing = {"id": "integer", "amount": "numeric(10,2)", "gone": "date"}
    plan = RebuildTableOp(AFTER.tables["sale"], existing).plan(redshift_dialect().identifier_preparer)
    assert str(plan).splitlines() == [
        "rebuild sale",
        "  id integer -> bigint: CAST(id AS BIGINT)",
        "  amount numeric(10,2) -> numeric(14,4): CAST(amount AS NUMERIC(14,4))",
        "  note character varying(20): no values",
        "  gone date: goes, with its values",
    ]
    assert plan.copy(redshift_dialect().identifier_preparer) == (
        "INSERT INTO sale__rebuild (id, amount)\nSELECT CAST(id AS BIGINT), CAST(amount AS NUMERIC(14,4)) FROM sale"
    )
