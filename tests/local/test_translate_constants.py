"""Texts that differ only in their constants: translated once, and never otherwise than one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.local.translate import Ask, Pass, translate
from warehouse.local.translate.constants import Shapes


class Counted:
    """The translation, and how often it was asked."""

    def __init__(self):
        self.texts = []

    def __call__(self, text):
        self.texts.append(text)
        return translate(text)


def passed(plan):
    return plan.plain if isinstance(plan, Ask) else plan


def written_alike(plan):
    """The SQL of a plan, however its blanks and its letters were written."""
    return passed(translate(passed(plan).sql)[0]).sql


def by_shape(*texts):
    """The plan of the last text, after the others have been met; None when its shape is not known."""
    shapes = Shapes(translate)
    return [shapes.plan(text) for text in texts][-1]


@pytest.mark.parametrize(
    "texts",
    [
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 2", "SELECT a FROM t WHERE b = 33"),
        ("SELECT a FROM t WHERE b='x' AND c>=1.5", "SELECT a FROM t WHERE b='' AND c>=0.1",
         "SELECT a FROM t WHERE b='yes' AND c>=22.25"),
        ("UPDATE t SET a = 1, b = 'x' WHERE c <> 5", "UPDATE t SET a = 2, b = 'it' WHERE c <> 6",
         "UPDATE t SET a = 3, b = 'é' WHERE c <> 7"),
        ("DELETE FROM t WHERE a = 1", "DELETE FROM t WHERE a = 2", "DELETE FROM t WHERE a = 3"),
        ("SELECT len(a) FROM t WHERE b = 1 LIMIT 3", "SELECT len(a) FROM t WHERE b = 2 LIMIT 3",
         "SELECT len(a) FROM t WHERE b = 918 LIMIT 3"),
    ],
)  # fmt: skip
def test_a_known_shape_is_not_translated_again_and_gives_the_same(texts):
    counted = Counted()
    shapes = Shapes(counted)
    plans = [shapes.plan(text) for text in texts]
    asked = len(counted.texts)
    assert plans[-1] == translate(texts[-1])[0]
    assert shapes.plan(texts[0]) == translate(texts[0])[0]
    assert len(counted.texts) == asked


@pytest.mark.parametrize(
    "rows",
    [
        "(1, 'a')",
        "(1, 'it''s'), (2, NULL)",
        "(-1, TRUE) ,\n ( 2.5 , false );",
        "($1, $2), ($3, $4)",
        "(1,'(a, b), (c')",
    ],
)
def test_rows_of_constants_go_on_as_they_are(rows):
    plan = by_shape(*[f"INSERT INTO s.t (a, b) VALUES {one}" for one in ("(1, 2)", "(3, 'x')", rows, rows)])
    text = f"INSERT INTO s.t (a, b) VALUES {rows}"
    [alone] = translate(text)
    assert passed(plan).sql.endswith(rows.rstrip("; "))
    assert written_alike(plan) == written_alike(alone)
    if isinstance(alone, Ask):  # strings may be put into a column of SUPER: the same is asked of the catalog
        assert (plan.text, plan.questions, plan.known) == (text, alone.questions, alone.known)


def test_many_rows_are_taken_at_once():
    counted = Counted()
    rows = ", ".join(f"({n}, 'x{n}')" for n in range(5000))
    plan = Shapes(counted).plan(f"INSERT INTO t VALUES {rows}")
    assert plan.plain.sql.endswith(rows)
    assert sum(len(text) for text in counted.texts) < 1000


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",  # nothing is compared
        "SELECT a FROM t LIMIT 5",
        "SELECT a::VARCHAR(5) FROM t",
        "SELECT a FROM t WHERE b = 'a\\\\b'",  # a backslash escapes
        "SELECT a FROM t WHERE b = 1 -- = 2",
        "SELECT a /* = 2 */ FROM t WHERE b = 1",
        "SELECT a FROM t WHERE b = 1; DELETE FROM t WHERE b = 1",
        "SELECT a FROM t WHERE b = $$x = 1$$",
        "SELECT a FROM t WHERE b = 1e5",
        "SELECT a FROM t WHERE b = t1.c",
        "SELECT a FROM t WHERE b LIKE 'x'",
        "INSERT INTO t VALUES (1, (SELECT 1))",
        "INSERT INTO t VALUES (1, f(2))",
        "INSERT INTO t VALUES (1, 'a\\\\')",
        "INSERT INTO t VALUES (1, DEFAULT)",
        "INSERT INTO t VALUES (1), (2",
        "INSERT INTO t VALUES (1) RETURNING a",
        "INSERT INTO t VALUES ()",
    ],
)
def test_what_has_no_shape(text):
    assert by_shape(text, text, text) is None


def test_what_is_refused_is_refused_whatever_its_constants():
    texts = [f"SELECT DISTINCT ON (a) a FROM t WHERE b = {n}" for n in range(3)]
    assert by_shape(*texts) is None
    texts = [f"INSERT INTO t (a, a b) VALUES ({n})" for n in range(3)]
    assert by_shape(*texts) is None


def test_a_translation_that_looks_at_a_constant_is_not_believed():
    def picky(text):
        return [Pass(text.replace("= 7", "IS LUCKY"))]

    shapes = Shapes(picky)
    texts = [f"SELECT a FROM t WHERE b = {n}" for n in (1, 7, 7)]
    assert [shapes.plan(text) for text in texts] == [None, None, None]

    def sorting(text):
        return [Pass(" ".join(sorted(text.split())))]

    shapes = Shapes(sorting)
    assert [shapes.plan(f"SELECT a WHERE b = {n} AND c = 'x{n}'") for n in range(3)] == [None, None, None]


words = st.sampled_from(
    ["SELECT", "a", "b", "FROM", "t", "WHERE", "AND", "=", "<", ">=", "<>", "!=", "1", "2.5", "'x'", "'y z'", "''", "-",
     "(", ")", ",", '"q"', "NULL", "VALUES", "INSERT INTO t", "'", '"', "--", ";", "$1", "NOT", "IN", "1 = 1"]
)  # fmt: skip


@given(st.lists(words, min_size=1, max_size=14))
def test_no_text_is_translated_otherwise_than_by_itself(parts):
    text = " ".join(parts)
    plan = by_shape(text, text, text)
    assert plan is None or written_alike(plan) == written_alike(translate(text)[0])
