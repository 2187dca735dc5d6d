"""Statements: which Redshift refuses, which this server does not know yet, and how names and strings are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.local.translate import Commit, Copy, Pass, Refuse, Unload, translate


def plan(statement):
    (found,) = translate(statement)
    return found


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("INSERT INTO t VALUES (1) RETURNING a", "42601"),
        ("DELETE FROM t RETURNING a", "42601"),
        ("UPDATE t SET a = 1 RETURNING a", "42601"),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "42601"),
        ("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "42601"),
        ("CREATE INDEX i ON t (a)", "0A000"),
        ("CREATE UNIQUE INDEX i ON t (a)", "0A000"),
        ("CREATE SEQUENCE s", "0A000"),
        ("CREATE TRIGGER g AFTER INSERT ON t EXECUTE PROCEDURE f()", "0A000"),
        ("CREATE TYPE y AS (a INT)", "0A000"),
        ("CREATE DOMAIN d AS INT", "0A000"),
        ("CREATE RULE r AS ON INSERT TO t DO NOTHING", "0A000"),
        ("CREATE EXTENSION x", "0A000"),
        ("SELECT nextval('s')", "0A000"),
        ("SAVEPOINT a", "0A000"),
        ("ROLLBACK TO SAVEPOINT a", "0A000"),
        ("ROLLBACK TO a", "0A000"),
        ("RELEASE SAVEPOINT a", "0A000"),
        ("LISTEN a", "0A000"),
        ("NOTIFY a", "0A000"),
        ("SELECT DISTINCT ON (a) a, b FROM t", "0A000"),
        ("SELECT count(*) FILTER (WHERE a > 1) FROM t", "0A000"),
        ("SELECT * FROM t FOR UPDATE", "0A000"),
        ("SELECT * FROM t, LATERAL (SELECT 1) x", "0A000"),
        ("SELECT * FROM (VALUES (1), (2)) v", "0A000"),
        ("VALUES (1), (2)", "0A000"),
        ("SELECT * FROM t TABLESAMPLE BERNOULLI (10)", "0A000"),
        ("SELECT array_agg(a) FROM t", "0A000"),
        ("SELECT string_agg(a, ',') FROM t", "0A000"),
        ("SELECT ARRAY[a] FROM t", "0A000"),
        ("SELECT a FROM t WHERE a = ANY(ARRAY[1, 2])", "0A000"),
        ("SELECT pg_advisory_lock(1)", "0A000"),
        ("SELECT a::int[] FROM t", "0A000"),
        ("SELECT '1'::uuid", "42704"),
        ("SELECT '{}'::jsonb", "42704"),
        ("SELECT E'a'", "42704"),
        ("SELECT U&'a'", "42704"),
        ("SELECT X'1f'", "42704"),
        ("SELECT B'01'", "42704"),
        ("COPY t FROM STDIN", "0A000"),
        ("COPY t FROM PROGRAM 'x'", "0A000"),
        ("COPY t TO STDOUT", "0A000"),
        ("COPY (SELECT 1) TO 's3://b/k'", "42601"),
        ("UNLOAD ('DELETE FROM t') TO 's3://b/k' IAM_ROLE default", "42601"),
        ("UNLOAD ('SELECT a FROM t LIMIT 1') TO 's3://b/k' IAM_ROLE default", "0A000"),
        ("PREPARE TRANSACTION 'a'", "0A000"),
        ("SELECT", "42601"),
        ("SELECT FROM", "42601"),
        ("SELECT 1 1", "42601"),
        ("SELECT 'a", "42601"),
        (r"SELECT 'a\'", "42601"),
        ("FROBNICATE", "0A000"),
    ],
)
def test_refusals(statement, state):
    found = plan(statement)
    assert isinstance(found, Refuse), found
    assert found.sqlstate == state, found


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW v AS SELECT 1",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
        "CREATE PROCEDURE p() AS $$ BEGIN END $$ LANGUAGE plpgsql",
        "CREATE FUNCTION f() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql",
        "CREATE USER u PASSWORD 'Abcdefg1'",
        "GRANT SELECT ON t TO u",
        "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)",
        "SELECT a INTO u FROM t",
        "ANALYZE COMPRESSION t",
        "DECLARE c CURSOR FOR SELECT 1",
        "CALL p()",
        "ALTER TABLE t APPEND FROM u",
        "ALTER SCHEMA s RENAME TO r",
        "SHOW TABLES FROM SCHEMA dev.public",
        "SELECT median(a) FROM t",
        "SELECT json_extract_path_text(a, 'x') FROM t",
        "SELECT dateadd(day, 1, a) FROM t",
        "SELECT listagg(a, ',') WITHIN GROUP (ORDER BY a) FROM t",
        "SELECT * EXCLUDE a FROM t",
        "SELECT * FROM a, b WHERE a.x = b.x(+)",
        "SELECT * FROM stl_query",
        "SELECT a::super FROM t",
        "SET enable_case_sensitive_identifier TO true",
    ],
)
def test_the_rest_of_redshift_is_said_by_name(statement):
    found = plan(statement)
    if isinstance(found, Refuse):  # as soon as it is emulated, its own tests tell more
        assert found.sqlstate == "0A000"
        assert found.message.startswith("not emulated: ") and len(found.message) > len("not emulated: ")


def test_several_statements_in_one_text():
    first, second, third = translate("SELECT ';'; CREATE INDEX i ON t(a); /* ; */ SELECT 2; -- ;\n")
    assert (first, third) == (Pass("SELECT ';'", leader=True), Pass("SELECT 2", leader=True))
    assert isinstance(second, Refuse)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"'a\nb'", "a\nb"),
        (r"'a\tb'", "a\tb"),
        (r"'a\\b'", "a\\b"),
        (r"'a\'b'", "a'b"),
        ("'a''b'", "a'b"),
        (r"'a\qb'", "aqb"),
        (r"'\\'", "\\"),
        (r"'\\\''", "\\'"),
        ("''", ""),
        ("$$a'\\b$$", "a'\\b"),
        ("'--'", "--"),
        ("'/*'", "/*"),
        ("'$1'", "$1"),
        ("'%'", "%"),
    ],
)
def test_a_backslash_escapes_in_every_string(written, meant):
    wanted = "'" + meant.replace("'", "''") + "'"
    assert plan(f"SELECT {written}").sql == f"SELECT {wanted}"
    assert plan(f"COMMENT ON TABLE t IS {written}").sql == f'COMMENT ON TABLE "t" IS {wanted}'
    assert f"DEFAULT ({wanted})" in plan(f"CREATE TABLE t (a VARCHAR(9) DEFAULT {written})").main
    copied = plan(f"COPY t FROM 's3://b/k' IAM_ROLE default NULL AS {written}")
    assert copied.parameters["NULL"] == meant


# A name that begins with # would be a temporary table's.
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=15).filter(
        lambda n: n[0] != "#"
    )
)
def test_names_fold_their_ascii_letters_even_when_quoted(name):
    quoted = '"' + name.replace('"', '""') + '"'
    folded = "".join(c.lower() if c.isascii() else c for c in name)
    behind = '"' + folded.replace('"', '""') + '"'
    # The text alone: a name that begins with pg_ also says that it is read on the leader node.
    selected = plan(f"SELECT {quoted}.{quoted} AS {quoted} FROM {quoted}.{quoted}")
    assert selected.sql == f"SELECT {behind}.{behind} AS {behind} FROM {behind}.{behind}"
    assert plan(f"CREATE TABLE {quoted} ({quoted} INT)").main == f"CREATE TABLE {behind} (\n  {behind} integer\n)"
    assert plan(f"DROP TABLE {quoted}").main == f"DROP TABLE {behind}"
    assert plan(f"COPY {quoted} ({quoted}) FROM 's3://b/k' IAM_ROLE default").columns == (folded,)


def test_bare_names_fold_too():
    assert plan("SELECT MiXed.Col FROM Sch.MiXed") == plan('SELECT "mixed"."col" FROM "sch"."mixed"')
    assert plan("SELECT É") != plan("SELECT é")


def test_a_name_that_postgresql_would_cut_has_a_short_one_behind():
    behind = plan(f"SELECT 1 FROM {'N' * 127}").sql.split('"')[1]
    assert behind.startswith("n" * 42)
    assert len(behind) == 63
    for longer, same in ((f'"{"n" * 128}"', True), ("n" * 126, False)):  # what is longer than 127 bytes is cut
        assert (behind in plan(f"SELECT 1 FROM {longer}").sql) is same
    assert plan(f"SELECT {'n' * 63} FROM t").sql == f'SELECT "{"n" * 63}" FROM "t"'


def test_transactions():
    for statement in ("BEGIN", "START TRANSACTION", "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE", "BEGIN WORK"):
        assert plan(statement).sql.startswith("BEGIN")
        assert plan(statement).control
    for statement in ("COMMIT", "END", "COMMIT WORK", "END TRANSACTION"):
        assert plan(statement) == Commit()
    for statement in ("ROLLBACK", "ABORT", "ROLLBACK WORK"):
        assert plan(statement) == Pass("ROLLBACK", control=True)


def test_values_that_differ_between_the_two():
    cut = 'CAST(pg_redshift.unrounded("a", 0) AS DECIMAL(18, 0))'
    assert plan("SELECT CAST(a AS NUMERIC) FROM t").sql == f'SELECT {cut} AS "a" FROM "t"'
    assert plan("DELETE t WHERE a = 1").sql == 'DELETE FROM "t" WHERE "a" = 1'
    assert plan('UPDATE t SET a = DEFAULT, b = "default"').sql == 'UPDATE "t" SET "a" = DEFAULT, "b" = "default"'
    assert plan("SELECT TOP 3 a FROM t").sql == 'SELECT "a" FROM "t" LIMIT 3'
    assert plan("SELECT 1 MINUS SELECT 2").sql == "SELECT 1 EXCEPT SELECT 2"


SECRETS = ("AKIASECRETID", "S3CR3T+KEY/", "T0KEN==")


@pytest.mark.parametrize(
    "authorization",
    [
        "'aws_access_key_id={0};aws_secret_access_key={1}'",
        "CREDENTIALS AS AS 'aws_access_key_id={0};aws_secret_access_key={1}'",
        "ACCESS_KEY_ID '{0}' SECRET_ACCESS_KEY '{1}' '{2}'",
        "ACCESS_KEY_ID '{0}' SECRET_ACCESS_KEY '{1}' SESSION_TOKEN TOKEN '{2}'",
        "ACCESS_KEY_ID '{0}' SECRET_KEY '{1}'",
        "ACCESS_KEY_ID '{0}' ACCESS_KEY_ID '{1}'",
        "ACCESS_KEY_ID '{0}' SECRET_ACCESS_KEY '{1}",
    ],
)
@pytest.mark.parametrize("statement", ["COPY t FROM 's3://b/k' {}", "UNLOAD ('SELECT 1') TO 's3://b/k' {}"])
def test_an_error_repeats_no_credential(statement, authorization):
    found = plan(statement.format(authorization.format(*SECRETS)))
    assert isinstance(found, Refuse)
    assert not any(secret in repr(found) for secret in SECRETS)


def test_copy_and_unload_as_values():
    found = plan(
        "copy S.T (A, \"B\") from 's3://b/k' iam_role 'r' csv quote as '%' null 'x' ignoreheader as 1 compupdate off"
    )
    assert found == Copy(
        ("s", "t"), ("a", "b"), "s3://b/k",
        {"IAM_ROLE": "r", "CSV": True, "QUOTE": "%", "NULL": "x", "IGNOREHEADER": 1, "COMPUPDATE": "OFF"},
    )  # fmt: skip
    found = plan(
        "UNLOAD ('SELECT \\'a\\' FROM T') TO 's3://b/k' IAM_ROLE default PARQUET MAXFILESIZE 1 GB PARALLEL FALSE"
    )
    assert found == Unload(
        "SELECT 'a' FROM \"t\"",
        "s3://b/k",
        {"IAM_ROLE": "default", "PARQUET": True, "MAXFILESIZE": 2.0**30, "PARALLEL": "OFF"},
        reads=('"t"',),
    )
