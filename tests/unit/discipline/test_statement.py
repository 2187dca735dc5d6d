"""SQL text as a value: its words, its place, and what its tree says."""

from __future__ import annotations

import pytest

from warehouse.discipline import Place, Statement, check, statements
from warehouse.errors import DesignError, DisciplineError

SCRIPT = """-- first
DELETE FROM sale
WHERE a = ';';  -- not an end

BEGIN;
UPDATE Mart."Sale" SET a = 1 WHERE b;
COMMIT;
/* last; */ VACUUM FULL sale TO 99 PERCENT;
"""


def test_a_file_is_cut_into_statements_with_their_lines() -> None:
    found = list(statements(SCRIPT, place=Place("a.sql")))
    assert [(one.verb, one.target, one.place.line if one.place else 0, one.in_block) for one in found] == [
        ("DELETE", "sale", 2, False),
        ("BEGIN", "", 5, False),
        ("UPDATE", "mart.sale", 6, True),
        ("COMMIT", "", 7, True),
        ("VACUUM", "sale", 8, False),
    ]


def test_a_text_inside_of_a_file_counts_its_lines_from_there() -> None:
    (one,) = statements("\n\nSELECT 1", place=Place("r1.py", 10))
    assert one.place == Place("r1.py", 12)


@pytest.mark.parametrize(
    ("text", "verb", "kind", "target"),
    [
        ("CREATE TEMP TABLE IF NOT EXISTS a (b INT)", "CREATE", "TABLE", "a"),
        ("CREATE OR REPLACE VIEW s.v AS SELECT 1", "CREATE", "VIEW", "s.v"),
        ("CREATE MATERIALIZED VIEW public.v AS SELECT 1", "CREATE", "VIEW", "v"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE", "UNIQUE", ""),
        ("create procedure p() as $$ begin delete from t; end $$ language plpgsql", "CREATE", "PROCEDURE", ""),
        ('DROP TABLE IF EXISTS "My Table" CASCADE', "DROP", "TABLE", "my table"),
        ("ALTER TABLE #t ADD COLUMN a INT", "ALTER", "TABLE", "#t"),
        ("INSERT INTO db.s.t (a) VALUES (1)", "INSERT", "VALUES", "s.t"),
        ("TRUNCATE TABLE t", "TRUNCATE", "TABLE", "t"),
        ("COPY t FROM 's3://b' IAM_ROLE default", "COPY", "T", "t"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "SELECT", "A", ""),
        ("", "", "", ""),
    ],
)
def test_what_a_statement_is_and_is_about(text: str, verb: str, kind: str, target: str) -> None:
    one = Statement(text)
    assert (one.verb, one.target) == (verb, target)
    if verb in ("CREATE", "ALTER", "DROP"):
        assert one.kind == kind


def test_reads_are_qualified_and_without_names_of_with() -> None:
    one = Statement("WITH a AS (SELECT * FROM public.b) SELECT 1 FROM a JOIN S.C c ON c.x = a.x, D")
    assert one.reads == ("b", "d", "s.c")
    assert one.unqualified == ("d",)


@pytest.mark.parametrize(
    ("text", "star"),
    [
        ("SELECT * FROM a", True),
        ("SELECT a.* FROM a", True),
        ("SELECT count(*) FROM a", False),
        ("SELECT 1 FROM a WHERE EXISTS (SELECT * FROM b)", False),
        ("SELECT x FROM (SELECT * FROM a)", True),
    ],
)
def test_stars(text: str, star: bool) -> None:
    assert Statement(text).has_star is star


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("SELECT 1 FROM a, b", ("b",)),
        ("SELECT 1 FROM a CROSS JOIN b", ("b",)),
        ("SELECT 1 FROM a, b, c WHERE a.x = b.x AND b.y = c.y", ()),
        ("SELECT 1 FROM a, b, c WHERE a.x = b.x", ("c",)),
        ("SELECT 1 FROM a JOIN b USING (x)", ()),
        ("SELECT 1 FROM a NATURAL JOIN b", ()),
        ("SELECT 1 FROM a JOIN b ON a.x = b.x", ()),
        ("SELECT 1 FROM a, b WHERE x = y", ()),
        ("SELECT 1 FROM a s, s.lines l", ()),
        ("SELECT 1 FROM a, (SELECT max(d) d FROM b) m", ()),
        ("WITH m AS (SELECT 1 AS d) SELECT 1 FROM a, m", ()),
        ("SELECT 1 FROM a WHERE x IN (SELECT 1 FROM b, c)", ("c",)),
        ("SELECT 1 FROM a, b WHERE a.x = b.x OR a.y = b.y", ()),
    ],
)
def test_what_nothing_connects(text: str, apart: tuple[str, ...]) -> None:
    assert Statement(text).unconnected == apart


@pytest.mark.parametrize(
    ("text", "wrapped"),
    [
        ("SELECT 1 FROM a WHERE date_trunc('day', x) = '2024-01-01'", ("x",)),
        ("SELECT 1 FROM a WHERE x::date = '2024-01-01'", ("x",)),
        ("SELECT 1 FROM a WHERE x > dateadd(day, -1, getdate())", ()),
        ("SELECT trunc(x) FROM a WHERE x BETWEEN 1 AND 2", ()),
        ("SELECT 1 FROM a JOIN b ON lower(a.x) = b.y", ("x",)),
        ("SELECT 1 FROM a WHERE year(x) IN (1, 2)", ("x",)),
    ],
)
def test_what_a_predicate_wraps(text: str, wrapped: tuple[str, ...]) -> None:
    assert Statement(text).wrapped_columns == wrapped


def test_a_template_is_read_with_its_placeholders() -> None:
    text = "{% if x %}DELETE FROM {{ schema }}.sale WHERE day = '{{ ds }}' AND id = %(id)s{% endif %}"
    (one,) = statements(text)
    assert (one.verb, one.readable) == ("DELETE", True)
    assert check([one]) == []


@pytest.mark.parametrize("text", ["SELECT FROM WHERE", "DELETE sale WHERE (", "SELECT 'open"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    assert [one.code for one in check(statements(text))] == ["WH422"]


@pytest.mark.parametrize(
    "text", ["VACUUM sale", "MERGE INTO a USING b ON a.x = b.x REMOVE DUPLICATES", "SHOW TABLES FROM SCHEMA d.s"]
)
def test_what_words_say_needs_no_tree(text: str) -> None:
    assert check(statements(text)) == []


def test_a_waiver_is_a_comment_of_its_statement() -> None:
    text = "DELETE FROM a;\n-- waive WH402: a scratch table\nDELETE FROM b;"
    assert [(one.code, one.table) for one in check(statements(text))] == [("WH402", "a")]


def test_a_waiver_of_a_statement_needs_a_reason_and_must_be_needed() -> None:
    with pytest.raises((DesignError, DisciplineError), match="waiver of WH402 gives no reason"):
        check(statements("-- waive WH402\nDELETE FROM b"))
    (found,) = check(statements("-- waive WH402: why not\nDELETE FROM b WHERE c", place=Place("x.sql")))
    assert (found.code, found.place) == ("WH009", Place("x.sql", 2))


def test_every_finding_of_sql_has_its_line() -> None:
    text = "SELECT 1;\n\nGRANT SELECT ON a TO PUBLIC;\nDROP TABLE a CASCADE"
    assert [str(one).partition(": ")[0] for one in check(statements(text, place=Place("x.sql")))] == [
        "x.sql:3",
        "x.sql:4",
    ]
