"""The upgrade gate: a revision edited by hand meets the rules, and Redshift's refusals, before a statement is printed
or run.
"""

from __future__ import annotations

import pytest

from warehouse import migrate
from warehouse.errors import DesignError, DisciplineError, MigrationError

GOOD = """
op.create_table(
    "sale",
    sa.Column("sale_key", sa.INTEGER(), nullable=False, comment="N.", redshift_encode="raw", redshift_identity=(1, 1)),
    sa.Column("note", sa.VARCHAR(20), comment="Free text.", redshift_encode="zstd"),
    sa.PrimaryKeyConstraint("sale_key", name="sale_pkey"),
    comment="One row per sale.",
    redshift_diststyle="EVEN",
    info={"warehouse": {"sort": "auto"}},
)
"""


def printed(project):
    return migrate.script(target=project.settings)


def test_a_disciplined_revision_is_printed_whole(project):
    project.revision(GOOD, 'op.drop_table("sale")')
    text = printed(project)
    assert "sale_key INTEGER IDENTITY(1,1) ENCODE raw NOT NULL" in text
    assert "note VARCHAR(20) ENCODE zstd" in text
    assert "CONSTRAINT sale_pkey PRIMARY KEY (sale_key)" in text
    assert ") DISTSTYLE EVEN SORTKEY AUTO;" in text
    assert "COMMENT ON TABLE sale IS 'One row per sale.';" in text
    assert "COMMENT ON COLUMN sale.note IS 'Free text.';" in text


def test_what_is_printed_is_one_transaction_per_revision_with_the_version_in_it(project):
    project.revision(GOOD)
    project.revision('op.drop_table("sale")')
    text = printed(project)
    assert text.count("BEGIN;") == text.count("COMMIT;") == 2
    first, second = text.split("COMMIT;")[:2]
    assert "INSERT INTO alembic_version (version_num) VALUES ('r1');" in first
    assert "UPDATE alembic_version SET version_num='r2' WHERE" in second
    assert "RETURNING" not in text


def test_the_version_table_has_a_key_and_a_design(project):
    project.revision(GOOD)
    text = " ".join(printed(project).split())
    assert (
        "CREATE TABLE alembic_version ( version_num VARCHAR(32) ENCODE raw NOT NULL, "
        "CONSTRAINT alembic_version_pkey PRIMARY KEY (version_num) ) DISTSTYLE ALL;"
    ) in text


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (('    sa.PrimaryKeyConstraint("sale_key", name="sale_pkey"),\n', ""), "WH003"),
        ((', redshift_encode="zstd"', ""), "WH101"),
        (('    redshift_diststyle="EVEN",\n', ""), "WH001"),
        (('    info={"warehouse": {"sort": "auto"}},\n', ""), "WH002"),
        (('    comment="One row per sale.",\n', ""), "WH004"),
    ],
)
def test_a_hand_edited_revision_is_refused_with_its_place_and_prints_nothing_of_the_table(project, edit, code):
    assert edit[0] in GOOD
    project.revision(GOOD.replace(*edit))
    with pytest.raises(DisciplineError, match=rf"migrations/versions/r1\.py:\d+: .*{code} sale") as caught:
        printed(project)
    assert [one.code for one in caught.value.findings if one.severity == "error"] == [code]


def test_a_waiver_with_a_reason_travels_in_the_revision(project):
    waived = GOOD.replace('    sa.PrimaryKeyConstraint("sale_key", name="sale_pkey"),\n', "").replace(
        '{"sort": "auto"}', '{"sort": "auto", "waivers": {"WH003": "Rows are events without a key."}}'
    )
    project.revision(waived)
    assert "CREATE TABLE sale" in printed(project)


def test_an_impossible_design_is_refused(project):
    project.revision(
        GOOD.replace('sa.VARCHAR(20), comment="Free text.", redshift_encode="zstd"', 'sa.JSON(), comment="J."')
    )
    with pytest.raises(DesignError, match=r"r1\.py:\d+: .*JSON"):
        printed(project)


def test_an_added_column_meets_the_rules_for_columns(project):
    project.revision(GOOD)
    project.revision('op.add_column("sale", sa.Column("at", sa.DATE(), comment="When."))')
    with pytest.raises(DisciplineError, match=r"r2\.py:\d+: .*WH101 sale\.at"):
        printed(project)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            'op.alter_column("sale", "n", type_=sa.BigInteger(), existing_type=sa.Integer())',
            "sale.n: Redshift cannot change integer to bigint in place",
        ),
        (
            'op.alter_column("sale", "n", type_=sa.String(9), existing_type=sa.Date())',
            "cannot change date to character varying",
        ),
        ('op.alter_column("sale", "n", type_=sa.CHAR(9), existing_type=sa.CHAR(3))', "cannot change character"),
        ('op.alter_column("sale", "n", nullable=False)', "NOT NULL of an existing column cannot be changed"),
        ('op.alter_column("sale", "n", nullable=True)', "NOT NULL of an existing column cannot be changed"),
        ('op.alter_column("sale", "n", server_default="1")', "the DEFAULT of an existing column cannot be changed"),
        ('op.alter_column("sale", "n", server_default=None)', "the DEFAULT of an existing column cannot be changed"),
        ('op.alter_column("sale", "n", type_=sa.String(9), postgresql_using="n")', "no USING"),
        ('op.create_index("i", "sale", ["n"])', "has no indexes"),
        ('op.drop_index("i", "sale")', "Redshift has no indexes, so there is no i to drop"),
        (
            'op.create_foreign_key("f", "sale", "shop", ["n"], ["n"], ondelete="CASCADE", deferrable=False)',
            "sale: a key of Redshift takes no ondelete, deferrable",
        ),
        ('op.create_foreign_key("f", "sale", "shop", ["n"], ["n"], postgresql_not_valid=True)', "postgresql_not_valid"),
        ('op.create_unique_constraint("u", "sale", ["n"], initially="DEFERRED")', "takes no initially"),
        ('op.drop_constraint(None, "sale", type_="primary")', "WH216 sale: the constraint has no name"),
        ('op.drop_constraint("sale_pkey", "sale", if_exists=True)', "DROP CONSTRAINT has no IF EXISTS"),
        (
            'op.drop_column("sale", "n", if_exists=True)',
            "sale.n: Redshift's ALTER TABLE … DROP COLUMN has no IF EXISTS",
        ),
        (
            'op.add_column("sale", sa.Column("n", sa.INTEGER(), sa.ForeignKey("shop.n"), comment="N.", '
            'redshift_encode="raw"), inline_references=True)',
            "ADD COLUMN takes no REFERENCES",
        ),
        ('op.alter_sort_key("sale", "compound", ["n", "n"])', "a column appears twice in the sort key"),
        ('op.create_check_constraint("c", "sale", "n > 0")', "no CHECK constraints"),
        ('op.alter_sort_key("sale", "interleaved", ["n"])', "cannot become interleaved in place"),
        ('op.create_view("v", "SELECT 1 AS n", kind="late-binding")', "kind='late-binding' is not understood"),
        ('op.create_view("v", "SELECT 1 AS n", dist=["key", "n"])', "a view stores nothing, so dist= says nothing"),
        ('op.create_view("v", "SELECT 1 AS n", auto_refresh=True)', "so auto_refresh= says nothing"),
        ('op.create_view("v", "SELECT 1 AS n", kind="materialized", dist=["auto"])', "takes no DISTSTYLE AUTO"),
        ('op.create_view("v", "DROP TABLE sale")', "the query is no SELECT"),
    ],
)
def test_what_redshift_cannot_do_in_place_is_refused_with_the_mend(project, statement, told):
    project.revision(statement)
    with pytest.raises((DisciplineError, MigrationError), match=rf"r1\.py:\d+: .*{told}") as caught:
        printed(project)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ('sa.Column("c", sa.Integer(), nullable=False, {0})', "NOT NULL and has no default"),
        ('sa.Column("c", sa.Integer(), redshift_identity=(1, 1), {0})', "an IDENTITY column is added"),
        ('sa.Column("c", sa.Integer(), redshift_distkey=True, {0})', "cannot be DISTKEY or SORTKEY"),
        ('sa.Column("c", sa.Integer(), unique=True, {0})', "ADD COLUMN takes no key"),
    ],
)
def test_a_column_that_only_create_table_can_make_is_refused(project, column, told):
    told_apart = column.format('comment="C.", redshift_encode="raw"')
    project.revision(f"op.add_column('sale', {told_apart})")
    with pytest.raises((DisciplineError, MigrationError), match=told):
        printed(project)


@pytest.mark.parametrize(
    ("statement", "sql"),
    [
        (
            'op.add_column("sale", sa.Column("c", sa.DATE(), comment="C.", redshift_encode="az64"))',
            "ALTER TABLE sale ADD COLUMN c DATE ENCODE az64;",
        ),
        ('op.drop_column("sale", "note")', "ALTER TABLE sale DROP COLUMN note;"),
        ('op.alter_column("sale", "note", new_column_name="order")', 'ALTER TABLE sale RENAME COLUMN note TO "order";'),
        ('op.rename_table("sale", "sold")', "ALTER TABLE sale RENAME TO sold;"),
        ('op.alter_column("sale", "note", comment="It\'s 5%.")', "COMMENT ON COLUMN sale.note IS 'It''s 5%.';"),
        ('op.alter_distribution("sale", "key", "order")', 'ALTER TABLE sale ALTER DISTSTYLE KEY DISTKEY "order";'),
        ('op.alter_distribution("sale", "even", schema="mart")', "ALTER TABLE mart.sale ALTER DISTSTYLE EVEN;"),
        ('op.alter_sort_key("sale", "compound", ["a", "b"])', "ALTER TABLE sale ALTER COMPOUND SORTKEY (a, b);"),
        ('op.alter_sort_key("sale", "compound", "name")', "ALTER TABLE sale ALTER COMPOUND SORTKEY (name);"),
        ('op.drop_constraint("sale_pkey", "sale")', "ALTER TABLE sale DROP CONSTRAINT sale_pkey;"),
        ('op.alter_sort_key("sale", "none")', "ALTER TABLE sale ALTER SORTKEY NONE;"),
        ('op.alter_encoding("sale", "note", "lzo")', "ALTER TABLE sale ALTER COLUMN note ENCODE lzo;"),
    ],
)
def test_what_redshift_can_do_is_written_in_its_words(project, statement, sql):
    project.revision(statement)
    assert sql in printed(project)


def test_a_varchar_grows_outside_of_the_transaction(project):
    project.revision('op.alter_column("sale", "note", type_=sa.String(99), existing_type=sa.String(20))')
    text = printed(project)
    before, after = text.split("ALTER TABLE sale ALTER COLUMN note TYPE VARCHAR(99);")
    assert before.rstrip().endswith("COMMIT;")
    recorded, rest = after.split("BEGIN;")
    assert recorded.strip().startswith("UPDATE alembic_history")
    assert rest.rstrip().endswith("COMMIT;")


def test_no_sort_key_on_purpose_is_said_after_the_table_is_made(project):
    project.revision(GOOD.replace('{"sort": "auto"}', '{"sort": "none"}'))
    assert printed(project).index("CREATE TABLE sale") < printed(project).index("ALTER TABLE sale ALTER SORTKEY NONE;")


def test_a_table_is_made_only_where_it_is_not_when_the_revision_says_so(project):
    project.revision(GOOD.replace('    comment="One row', '    if_not_exists=True,\n    comment="One row'))
    assert "CREATE TABLE IF NOT EXISTS sale (" in printed(project)


@pytest.mark.parametrize(
    "change", ['alter_sort_key("sale", "compound", "x")', 'alter_distribution("sale", "key", "x")']
)
def test_a_type_that_can_be_no_key_is_refused_where_the_run_has_seen_it(project, change):
    detail = 'sa.Column("x", SUPER(), comment="X.", redshift_encode="zstd"),\n    sa.PrimaryKey'
    project.revision(GOOD.replace("sa.PrimaryKey", detail), imports="from sqlalchemy_redshift.dialect import SUPER")
    project.revision(f"op.{change}")
    with pytest.raises(
        MigrationError, match=r"r2\.py:\d+: .*sale\.x: a column of type SUPER can be no distribution or"
    ):
        printed(project)


def test_an_op_with_words_that_redshift_has_not_is_refused(project):
    project.revision('op.alter_encoding("sale", "note", "zstd; DROP TABLE sale")')
    with pytest.raises(MigrationError, match="no encoding"):
        printed(project)


def test_waivers_of_a_revision_have_reasons(project):
    project.revision(GOOD, imports='waive = ["WH402"]')
    with pytest.raises(DisciplineError, match=r"waive of the revision r1 is \['WH402'\]\. Say which rules, and why"):
        printed(project)
