"""Correlated subqueries with an aggregate: the same rows as without the rewrite, and a join in the plan."""

from __future__ import annotations

import itertools

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

# A subquery with a LIMIT is left as it is, and gives the same single row.
AS_WRITTEN = " LIMIT 1"


def subplans(pg, sql):
    return [line for (line,) in pg.execute(f"EXPLAIN {sql}") if "SubPlan" in line]


@pytest.fixture
def tables(pg):
    """outside(a, b, s, x) and inside(a, b, s, y, n), with NULLs, duplicates and groups that the other has not."""
    pg.execute("CREATE TABLE outside (a int, b bigint, s varchar(5), x decimal(8,2))")
    pg.execute("CREATE TABLE inside (a int, b numeric(10,2), s varchar(5), y decimal(8,2), n int)")
    pg.execute(
        "INSERT INTO outside VALUES (1, 1, 'p', 5), (1, 1, 'p', 5), (1, 2, 'q', NULL), (2, 1, 'p', 9), (3, 3, 'z', 1), "
        "(NULL, 1, 'p', 5), (2, NULL, NULL, 9)"
    )
    pg.execute(
        "INSERT INTO inside VALUES (1, 1, 'p', 4, 1), (1, 1, 'p ', 4, 2), (1, 2, 'q', NULL, 3), (2, 1, 'P', 8, 4), "
        "(2, 1, 'p', 2, 5), (NULL, 1, 'p', 1, 6), (2, NULL, NULL, 1, 7), (4, 4, 'z', 1, 8)"
    )
    return pg


OUTSIDE = "SELECT * FROM outside o WHERE "
REWRITTEN = [
    OUTSIDE + "x > (SELECT avg(i.y) FROM inside i WHERE i.a = o.a{})",
    OUTSIDE + "x >= (SELECT sum(y) FROM inside WHERE inside.a = o.a AND inside.b = o.b{})",
    "SELECT o.* FROM outside o, inside i WHERE i.a = o.a AND i.y = (SELECT max(y) FROM inside WHERE o.s = s{})",
    "SELECT * FROM outside o JOIN inside i USING (a) "
    "WHERE i.n * 2 < (SELECT 3.5 + min(n) FROM inside j WHERE j.a = o.a{})",
    "SELECT x FROM outside "
    "WHERE 1.5 * (SELECT -max(y) / 2 FROM inside i WHERE outside.a = i.a AND n < 7{}) <> x AND a > 0",
    "SELECT a, count(*) FROM outside o WHERE x <= (SELECT sum(DISTINCT y) FROM inside i WHERE i.a = o.a{}) GROUP BY a",
    "WITH w AS (SELECT a AS k, sum(y) AS t FROM inside GROUP BY a) "
    "SELECT * FROM w one WHERE t > (SELECT avg(t) * 0.5 FROM w two WHERE two.k = one.k{})",
    "SELECT * FROM outside WHERE a IN "
    "(SELECT i.a FROM inside i WHERE y < (SELECT sum(j.y) FROM inside j WHERE j.s = i.s AND j.a = i.a{}))",
    OUTSIDE + "x > (SELECT min(y) FROM inside i WHERE i.a = o.a AND i.n IN "
    "(SELECT max(n) FROM inside k WHERE k.n < 8 GROUP BY k.a){})",
    OUTSIDE + "x > (SELECT min(y) FROM inside i WHERE i.a = o.a AND i.n <> o.b{})",
]


@pytest.mark.parametrize("sql", REWRITTEN)
def test_same_rows(tables, sql):
    # sorted: a NULL has no place among values
    found, wanted = (
        sorted(tables.execute(sql.format(end)).fetchall(), key=repr) for end in ("", AS_WRITTEN)
    )  # fmt: skip
    assert found == wanted


@pytest.mark.parametrize("sql", REWRITTEN[:-1])
def test_a_join_to_the_planner(tables, sql):
    assert not subplans(tables, sql.format(""))
    assert subplans(tables, sql.format(AS_WRITTEN))


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("0 = (SELECT count(*) FROM inside i WHERE i.a = o.a)", id="COUNT of no rows is 0"),
        pytest.param("1 > (SELECT nvl(max(y), 0) FROM inside i WHERE i.a = o.a)", id="a value for no rows"),
        pytest.param("(SELECT max(y) FROM inside i WHERE i.a = o.a) IS NULL", id="IS NULL"),
        pytest.param("NOT x > (SELECT max(y) FROM inside i WHERE i.a = o.a)", id="NOT"),
        pytest.param("a = 3 OR x > (SELECT max(y) FROM inside i WHERE i.a = o.a)", id="OR"),
        pytest.param("x > (SELECT max(y) FROM inside i WHERE i.a < o.a)", id="no equality"),
        pytest.param("x > (SELECT max(y) FROM inside i WHERE i.a = o.a OR i.b = o.b)", id="an equality in OR"),
        pytest.param("x > (SELECT max(y) FROM inside i WHERE i.a = o.a::float)", id="not a column"),
        pytest.param("x > (SELECT max(y) FROM inside i WHERE i.a = o.a HAVING count(*) = 1)", id="HAVING"),
    ],
)
def test_left_as_written(tables, condition):
    assert subplans(tables, OUTSIDE + condition)


def test_keys_of_types_that_compare_inexactly_stay(tables):
    """Two numbers may equal one float: their groups must not be told apart."""
    tables.execute("CREATE TABLE f (k float8)")
    tables.execute("CREATE TABLE d (k decimal(38,20), v int)")
    tables.execute("INSERT INTO f VALUES (0.1)")
    tables.execute("INSERT INTO d VALUES (0.1, 1), (0.10000000000000000001, 1)")
    assert tables.execute("SELECT k FROM f WHERE 2 = (SELECT sum(v) FROM d WHERE d.k = f.k)").fetchall() == [(0.1,)]


def test_errors_are_those_of_the_query_as_written(tables):
    for wrong in ("i.nothing = o.a", "i.a = o.nothing", "nothing = a", "nowhere.a = o.a", "o.nothing = i.a"):
        sql = f"SELECT * FROM outside o WHERE x > (SELECT max(y) FROM inside i WHERE {wrong}{{}})"
        said = []
        for end in ("", AS_WRITTEN):
            with pytest.raises(psycopg.Error) as error:
                tables.execute(sql.format(end))
            said.append((error.value.sqlstate, error.value.diag.message_primary))
        assert said[0] == said[1]


SELECTED = "SELECT a, x FROM outside o WHERE x > (SELECT avg(y) FROM inside i WHERE i.a = o.a)"


def test_in_every_kind_of_statement(tables):
    rows = sorted(tables.execute(SELECTED.replace("o.a)", f"o.a{AS_WRITTEN})")).fetchall())
    assert len(rows) == 4
    tables.execute(f"CREATE TABLE made AS {SELECTED}")
    tables.execute("CREATE TABLE filled (a int, x decimal(8,2))")
    tables.execute(f"INSERT INTO filled {SELECTED}")
    tables.execute(f"PREPARE prepared AS {SELECTED}")
    for read in ("SELECT * FROM made", "SELECT * FROM filled", "EXECUTE prepared"):
        assert sorted(tables.execute(read).fetchall()) == rows
    assert sorted(tables.execute(SELECTED + " AND a = %s", (2,)).fetchall()) == [one for one in rows if one[0] == 2]
    with tables.transaction():
        tables.execute(f"DECLARE c CURSOR FOR {SELECTED}")
        assert sorted(tables.execute("FETCH ALL FROM c").fetchall()) == rows


def test_statements_that_write_by_such_a_condition(tables):
    condition = "x > (SELECT avg(y) FROM inside i WHERE i.a = outside.a)"
    assert tables.execute(f"UPDATE outside SET x = 0 WHERE {condition}").rowcount == 4
    assert tables.execute(f"DELETE FROM outside WHERE NOT {condition}").rowcount == 4


def test_views_keep_their_text(tables, schema):
    tables.execute(f"CREATE VIEW seen AS {SELECTED}")
    [(text,)] = tables.execute("SELECT view_definition FROM information_schema.views WHERE table_name = 'seen' "
                               f"AND table_schema = '{schema}'").fetchall()  # fmt: skip
    assert "avg" in text and "EXISTS" not in text
    assert len(tables.execute("SELECT * FROM seen").fetchall()) == 4


def test_a_with_query_that_is_read_many_times(tables):
    """Its types are worked out once, not anew for each column of each reader (TPC-DS 4 and 11)."""
    readers = [f"r{n}" for n in range(8)]
    ties = " AND ".join(f"r0.s = {name}.s" for name in readers[1:])
    [(found,)] = tables.execute(
        "WITH w AS (SELECT s, a, sum(x) / 4 AS q FROM outside GROUP BY s, a UNION ALL SELECT s, a, sum(x) FROM outside "
        "WHERE false GROUP BY s, a) SELECT max(" + " + ".join(f"{name}.q / 2" for name in readers) + ") "
        "FROM " + ", ".join(f"w {name}" for name in readers) + f" WHERE {ties} AND r0.s = 'z'"
    )  # fmt: skip
    assert found == 1


KEY = st.one_of(st.none(), st.integers(0, 2))
TEXT = st.one_of(st.none(), st.sampled_from(["", "a", "a ", "A"]))
VALUE = st.one_of(st.none(), st.integers(-2, 2))
ROWS = st.lists(st.tuples(KEY, TEXT, VALUE), max_size=6)
AGGREGATE = st.sampled_from(["avg(i.v)", "sum(i.v)", "max(v)", "min(i.v) * 1.5", "2 + sum(DISTINCT v)", "sum(i.v) / 2"])
COMPARED = st.sampled_from(["o.v {} {}", "{1} {0} o.v", "o.v + 1 {} {}", "o.k {} 1 - {}"])
TIES = st.sampled_from(["i.k = o.k", "o.t = i.t", "i.k = o.k AND o.t = i.t", "i.t = o.t AND i.v > 0", "i.k = o.v"])


@pytest.fixture
def numbered(pg):
    pg.execute("CREATE TABLE o (k int, t varchar(3), v int)")
    pg.execute("CREATE TABLE i (k smallint, t varchar(3), v bigint)")
    return pg


@trials(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS, AGGREGATE, COMPARED, st.sampled_from(["=", "<>", "<", ">="]), TIES)
def test_any_tables(numbered, outer, inner, aggregate, compared, sign, ties):
    for table, rows in (("o", outer), ("i", inner)):
        numbered.execute(f"DELETE FROM {table}")
        if rows:
            marks = ", ".join(["(%s, %s, %s)"] * len(rows))
            numbered.execute(f"INSERT INTO {table} VALUES {marks}", list(itertools.chain.from_iterable(rows)))
    found, wanted = (
        numbered.execute(
            "SELECT * FROM o WHERE " + compared.format(sign, f"(SELECT {aggregate} FROM i WHERE {ties}{end})")
        ).fetchall()
        for end in ("", AS_WRITTEN)
    )
    assert sorted(found, key=repr) == sorted(wanted, key=repr)
