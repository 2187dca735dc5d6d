"""A batch that a client ends with one Sync is one transaction, whatever is in it (PostgreSQL: "Pipelining").

psycopg's pipeline mode sends such batches; outside a block (autocommit) the batch alone decides what is committed.
"""

from __future__ import annotations

import psycopg
import pytest


@pytest.fixture
def other(local_server, shared, schema):
    """A second connection, which sees what is committed."""
    with psycopg.connect(
        host=local_server["host"],
        port=local_server["port"],
        user=local_server["user"],
        password=local_server["password"],
        dbname=shared,
        sslmode="disable",
        autocommit=True,
    ) as connection:
        connection.execute(f"SET search_path TO {schema}")
        yield connection


def batch(connection, *texts):
    """Send `texts` as one batch. Returns the rows of the queries among them; the first error is raised at its end."""
    with connection.pipeline():
        cursors = [connection.execute(text) for text in texts]
    return [cursor.fetchall() for cursor in cursors if cursor.description]


def tables(connection):
    query = "SELECT DISTINCT tablename FROM pg_table_def WHERE schemaname = current_schema()"
    return {row[0] for row in connection.execute(query).fetchall()}


def test_what_ran_before_and_after_a_statement_of_ours_goes_with_it(pg, other):
    pg.execute("CREATE TABLE kept (a INT)")
    with pytest.raises(psycopg.errors.DivisionByZero):
        batch(
            pg,
            "INSERT INTO kept VALUES (1)",
            "CREATE TABLE made (b INT DISTKEY)",
            "INSERT INTO made VALUES (2)",
            "SELECT 1 / (SELECT count(*) FROM kept WHERE a = 9)",
            "INSERT INTO kept VALUES (3)",
        )
    assert pg.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert other.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert tables(other) == {"kept"}


def test_a_statement_of_ours_that_comes_first_is_part_of_the_batch(pg, other):
    with pytest.raises(psycopg.errors.UndefinedTable):
        batch(pg, "CREATE TABLE made (b INT DISTKEY)", "SELECT * FROM nowhere")
    assert tables(other) == set()


def test_a_statement_of_ours_that_fails_takes_the_batch_with_it(pg, other):
    pg.execute("CREATE TABLE kept (a INT)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        batch(pg, "INSERT INTO kept VALUES (1)", "CREATE TABLE kept (a INT)", "INSERT INTO kept VALUES (2)")
    assert other.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert pg.execute("SELECT 1").fetchone() == (1,)


def test_a_batch_that_succeeds_is_committed_at_its_end(pg, other):
    found = batch(
        pg,
        "CREATE TABLE made (b INT DISTKEY)",
        "INSERT INTO made VALUES (2)",
        "SELECT b FROM made",
        "ALTER TABLE made ALTER DISTSTYLE EVEN",
        "SELECT b + 1 FROM made",
    )
    assert found == [[(2,)], [(3,)]]
    assert other.execute("SELECT b FROM made").fetchall() == [(2,)]
    assert pg.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_blocks_that_begin_and_end_inside_a_batch(pg, other):
    batch(pg, "BEGIN", "CREATE TABLE first (a INT)", "INSERT INTO first VALUES (1)", "COMMIT")
    assert other.execute("SELECT a FROM first").fetchall() == [(1,)]
    batch(pg, "BEGIN", "CREATE TABLE second (a INT)", "ROLLBACK")
    assert tables(other) == {"first"}
    # A block that is still open at the end of its batch is the client's.
    batch(pg, "BEGIN", "CREATE TABLE third (a INT)", "INSERT INTO third VALUES (1)")
    assert pg.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    assert tables(other) == {"first"}
    batch(pg, "SELECT 1", "CREATE TABLE fourth (a INT)", "COMMIT")
    assert tables(other) == {"first", "third", "fourth"}


def test_what_takes_no_transaction_runs_alone_in_a_batch_and_nowhere_else(pg):
    pg.execute("CREATE TABLE kept (a INT)")
    batch(pg, "VACUUM kept")
    with pytest.raises(psycopg.Error) as caught:
        batch(pg, "INSERT INTO kept VALUES (1)", "VACUUM kept")
    assert caught.value.sqlstate == "25001"
    assert pg.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_failed_copy_takes_the_batch_with_it_and_leaves_its_reason(pg, stage, other):
    pg.execute("CREATE TABLE kept (a INT)")
    uri = stage.put("bad.csv", "1\nx\n")
    with pytest.raises(psycopg.Error, match="stl_load_errors"):
        batch(pg, "INSERT INTO kept VALUES (1)", f"COPY kept FROM '{uri}' IAM_ROLE '{stage.role}' CSV")
    assert other.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    query = "SELECT trim(colname), line_number FROM stl_load_errors WHERE query = pg_last_copy_id()"
    assert pg.execute(query).fetchall() == [("a", 2)]
    # One that succeeds is committed with the rest.
    good = stage.put("good.csv", "7\n")
    batch(pg, "INSERT INTO kept VALUES (6)", f"COPY kept FROM '{good}' IAM_ROLE '{stage.role}' CSV")
    assert other.execute("SELECT a FROM kept ORDER BY a").fetchall() == [(6,), (7,)]


def test_settings_in_a_batch_hold_from_there_on(pg):
    found = batch(pg, "SELECT 1", "SET query_group TO 'one'", "SHOW query_group", "SELECT 2")
    assert found == [[(1,)], [("one",)], [(2,)]]
    assert pg.execute("SHOW query_group").fetchone() == ("one",)
