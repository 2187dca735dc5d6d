"""Stored procedures over the wire: what clients see of a call, what a body may do (AWS stored-procedure-overview)."""

from __future__ import annotations

import contextlib
import decimal

import psycopg
import psycopg2
import pytest
import redshift_connector


def _make(pg, head, body, tail=""):
    pg.execute(f"CREATE OR REPLACE PROCEDURE {head} AS $$ {body} $$ LANGUAGE plpgsql {tail}")


@pytest.fixture
def told(pg):
    """What RAISE has told the client."""
    found = []
    pg.add_notice_handler(lambda notice: found.append(f"{notice.severity}: {notice.message_primary}"))
    return found


@pytest.fixture
def drivers(local_server, shared, schema):
    """Connections of the drivers that people use, in the test's schema."""
    where = {key: local_server[key] for key in ("host", "port", "user", "password")}
    opened = [
        redshift_connector.connect(**where, database=shared, ssl=False),
        psycopg2.connect(**where, dbname=shared, sslmode="disable"),
        psycopg.connect(**where, dbname=shared, sslmode="disable"),
    ]
    for one in opened:
        one.autocommit = True
        one.cursor().execute(f"SET search_path TO {schema}")
    yield opened
    for one in opened:
        one.close()


def test_every_driver_passes_values_and_reads_what_comes_back(pg, drivers):
    _make(
        pg,
        "p(a IN int, b INOUT varchar, c OUT numeric(10,2), d OUT date)",
        "BEGIN b := b || '+' || a; c := a * 1.5; d := '2008-01-0' || a; END;",
    )
    for driver in drivers:
        cursor = driver.cursor()
        cursor.execute("CALL p(%s, %s)", (3, "x"))
        assert [column[0] for column in cursor.description] == ["b", "c", "d"]
        [row] = cursor.fetchall()
        assert [row[0], row[1], row[2].isoformat()] == ["x+3", decimal.Decimal("4.5"), "2008-01-03"]


def test_a_call_without_outputs_has_no_rows(pg, drivers):
    pg.execute("CREATE TABLE seen (a int)")
    _make(pg, "p(a int)", "BEGIN INSERT INTO seen VALUES (a); END;")
    for driver in drivers:
        cursor = driver.cursor()
        cursor.execute("CALL p(%s)", (1,))
        assert cursor.description is None
    assert pg.execute("SELECT count(*) FROM seen").fetchone() == (len(drivers),)


def test_an_unnamed_output_is_called_by_its_place(pg):
    _make(pg, "p(a INOUT int, OUT varchar)", "DECLARE o ALIAS FOR $2; BEGIN o := 'x' || $1; END;")
    answer = pg.execute("CALL p(1)")
    assert [column.name for column in answer.description] == ["a", "column2"]
    assert answer.fetchone() == (1, "x1")


def test_the_arguments_choose_among_procedures_of_one_name(pg):
    _make(pg, "p(a int, o OUT varchar)", "BEGIN o := 'int'; END;")
    _make(pg, "p(a date, o OUT varchar)", "BEGIN o := 'date'; END;")
    assert pg.execute("CALL p(1)").fetchone() == ("int",)
    assert pg.execute("CALL p('2008-01-01'::date)").fetchone() == ("date",)
    with pytest.raises(psycopg.Error, match=r"procedure p\(integer, integer\) does not exist"):
        pg.execute("CALL p(1, 2)")


def test_what_a_body_computes(pg, told):
    pg.execute("CREATE TABLE t (a int, b varchar(8))")
    pg.execute("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')")
    _make(
        pg,
        "p(n int)",
        """
        DECLARE
            total bigint DEFAULT 0;
            r RECORD;
            name t.b%TYPE;
            word varchar(5) NOT NULL := 'start';
            c1 CURSOR (least int) FOR SELECT b FROM t WHERE a >= least ORDER BY a;
        BEGIN
            FOR i IN 1..n LOOP
                CONTINUE WHEN i % 2 = 0;
                total := total + i;
            END LOOP;
            RAISE INFO 'odd: %', total;
            FOR i IN REVERSE 3..2 LOOP RAISE INFO '%', i; END LOOP;
            <<outer>>
            LOOP
                WHILE total > 0 LOOP
                    total := total - 10;
                    EXIT outer WHEN total < 0;
                END LOOP;
            END LOOP;
            CASE WHEN total < 0 THEN RAISE INFO 'below'; ELSE RAISE INFO 'not below'; END CASE;
            CASE n WHEN 1, 2 THEN NULL; WHEN 5 THEN RAISE NOTICE '%% five'; END CASE;
            FOR r IN SELECT a, b FROM t ORDER BY a DESC LIMIT 2 LOOP
                RAISE INFO '% is %', r.a, r.b;
            END LOOP;
            SELECT b INTO name FROM t WHERE a = n;
            RAISE INFO '% %', name, FOUND;
            OPEN c1(2);
            FETCH c1 INTO word;
            RAISE INFO 'fetched % %', word, FOUND;
            CLOSE c1;
            UPDATE t SET b = 'x' WHERE a > 1;
            GET DIAGNOSTICS total := ROW_COUNT;
            RAISE INFO 'updated %', total;
            EXECUTE 'SELECT max(a) FROM ' || quote_ident('t') INTO total;
            IF total IS NULL THEN NULL; ELSIF total = 3 THEN RAISE INFO 'three'; ELSE RAISE INFO 'else'; END IF;
            RETURN;
            RAISE INFO 'never';
        END;
        """,
    )
    pg.execute("CALL p(5)")
    assert told == [
        "INFO: odd: 9", "INFO: 3", "INFO: 2", "INFO: below", "NOTICE: % five", "INFO: 3 is three", "INFO: 2 is two",
        "INFO: <NULL> f", "INFO: fetched two t", "INFO: updated 2", "INFO: three",
    ]  # fmt: skip


def test_blocks_have_variables_of_their_own(pg, told):
    _make(
        pg,
        "p()",
        "<<one>> DECLARE v integer := 20; BEGIN v := 50; DECLARE v integer := 80; BEGIN "
        "RAISE NOTICE '% %', v, one.v; END; RAISE NOTICE '%', v; END;",
    )
    pg.execute("CALL p()")
    assert told == ["NOTICE: 80 50", "NOTICE: 50"]


def test_a_variable_hides_a_column(pg):
    pg.execute("CREATE TABLE t (id int, v int)")
    pg.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
    _make(pg, "p(id int)", "BEGIN UPDATE t SET v = id + 10 WHERE t.id = id; END;")
    pg.execute("CALL p(2)")
    assert pg.execute("SELECT t.id, v FROM t ORDER BY 1").fetchall() == [(1, 0), (2, 12)]


@pytest.mark.parametrize(
    ("body", "state", "message"),
    [
        ("BEGIN SELECT 1; END;", "42601", "query has no destination for result data"),
        ("BEGIN a := 2; END;", "22005", '"a" is declared CONSTANT'),
        ("DECLARE v varchar(2); BEGIN v := 'abc'; END;", "22001", "value too long for type character varying(2)"),
        ("DECLARE v int NOT NULL := 1; BEGIN v := NULL; END;", "22004", "NULL cannot be assigned to variable"),
        ("DECLARE r RECORD; BEGIN RAISE INFO '%', r.x; END;", "55000", 'record "r" is not assigned yet'),
        ("BEGIN RAISE INFO '% %', a; END;", "42601", "too few parameters specified for RAISE"),
        ("BEGIN CASE a WHEN 9 THEN NULL; END CASE; END;", "20000", "case not found"),
        ("BEGIN RAISE EXCEPTION 'no % here', a; END;", "P0001", "no 1 here"),
        ("BEGIN EXECUTE 'COMMIT'; END;", "0A000", "EXECUTE of COMMIT"),
        ("BEGIN VACUUM; END;", "25001", "VACUUM cannot be executed"),
        ("BEGIN EXECUTE 'CREATE INDEX i ON t (a)'; END;", "0A000", "CREATE INDEX is not supported"),
        ("BEGIN CALL p(1); END;", "54001", "nesting level"),
        ("BEGIN unknown := 1; END;", "42601", '"unknown" is not a known variable'),
    ],
)
def test_what_a_body_may_not_do(pg, body, state, message):
    _make(pg, "p(a int)", body)
    with pytest.raises(psycopg.Error) as caught:
        pg.execute("CALL p(1)")
    assert caught.value.sqlstate == state
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN IF a THEN NULL; END;",
        "BEGIN RAISE INFO 'x %', a || 'b'; END;",
        "BEGIN EXECUTE 'SELECT $1' USING a; END;",
        "BEGIN RETURN 1; END;",
        "BEGIN NULL; EXCEPTION WHEN division_by_zero THEN NULL; END;",
        "SELECT 1",
    ],
)
def test_a_body_that_cannot_be_read_is_refused_when_it_is_made(pg, body):
    with pytest.raises(psycopg.Error):
        _make(pg, "p(a int)", body)
    with pytest.raises(psycopg.Error, match="does not exist"):
        pg.execute("CALL p(1)")


def test_an_error_tells_where_it_was(pg):
    _make(pg, "p()", "\nBEGIN\n  NULL;\n  EXECUTE 'select invalid';\nEND;")
    with pytest.raises(psycopg.Error, match='column "invalid" does not exist') as caught:
        pg.execute("CALL p()")
    assert caught.value.diag.context.splitlines() == [
        'SQL statement "select invalid"', 'PL/pgSQL function "p" line 4 at execute statement',
    ]  # fmt: skip


def test_a_call_is_one_transaction(pg):
    pg.execute("CREATE TABLE t (a int)")
    _make(pg, "p()", "BEGIN INSERT INTO t VALUES (1); INSERT INTO t VALUES ('x'); END;")
    with pytest.raises(psycopg.Error):
        pg.execute("CALL p()")
    assert pg.execute("SELECT a FROM t").fetchall() == []


def test_commit_and_rollback_divide_a_call(pg):
    pg.execute("CREATE TABLE t (a int)")
    _make(
        pg,
        "p()",
        "BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); ROLLBACK; INSERT INTO t VALUES (3); "
        "COMMIT; INSERT INTO t VALUES (4); RAISE EXCEPTION 'x'; END;",
    )
    with pytest.raises(psycopg.Error):
        pg.execute("CALL p()")
    assert pg.execute("SELECT a FROM t ORDER BY 1").fetchall() == [(1,), (3,)]


@pytest.mark.parametrize("word", ["COMMIT", "ROLLBACK", "TRUNCATE t"])
def test_a_call_within_a_block_may_not_end_it(pg, word):
    pg.execute("CREATE TABLE t (a int)")
    _make(pg, "p()", f"BEGIN {word}; END;")
    pg.execute("CALL p()")
    pg.execute("BEGIN")
    with pytest.raises(
        psycopg.Error, match="cannot be invoked from a procedure that is executing in an atomic"
    ) as caught:
        pg.execute("CALL p()")
    assert caught.value.sqlstate == "2D000"
    with pytest.raises(psycopg.Error, match="current transaction is aborted"):
        pg.execute("SELECT 1")
    pg.execute("ROLLBACK")


def test_truncate_commits(pg):
    pg.execute("CREATE TABLE t (a int)")
    pg.execute("CREATE TABLE u (a int)")
    pg.execute("INSERT INTO u VALUES (1)")
    _make(pg, "p()", "BEGIN INSERT INTO t VALUES (1); TRUNCATE u; RAISE EXCEPTION 'x'; END;")
    with pytest.raises(psycopg.Error):
        pg.execute("CALL p()")
    assert pg.execute("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)").fetchone() == (1, 0)


def _error_log(pg, mode):
    pg.execute("CREATE TABLE t (a int)")
    pg.execute("CREATE TABLE log (message varchar)")
    pg.execute(
        f"CREATE PROCEDURE p() {mode} AS $$ BEGIN INSERT INTO t VALUES (1); EXECUTE 'select invalid'; "
        "EXCEPTION WHEN OTHERS THEN RAISE INFO '%', SQLSTATE; INSERT INTO log VALUES ('Error: ' || SQLERRM); END; $$ "
        "LANGUAGE plpgsql"
    )


def test_a_handled_error_is_thrown_again(pg, told):
    _error_log(pg, "")
    with pytest.raises(psycopg.Error, match='column "invalid" does not exist'):
        pg.execute("CALL p()")
    assert told == ["INFO: 42703"]
    assert pg.execute("SELECT a FROM t").fetchall() == []
    assert pg.execute("SELECT message FROM log").fetchall() == [('Error: column "invalid" does not exist',)]


def test_a_nonatomic_procedure_handles_its_error(pg):
    _error_log(pg, "NONATOMIC")
    pg.execute("CALL p()")
    assert pg.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert pg.execute("SELECT message FROM log").fetchall() == [('Error: column "invalid" does not exist',)]


def test_a_nonatomic_procedure_has_blocks_of_its_own(pg):
    pg.execute("CREATE TABLE t (a int)")
    pg.execute(
        "CREATE PROCEDURE p() NONATOMIC AS $$ BEGIN INSERT INTO t VALUES (1); START TRANSACTION; "
        "INSERT INTO t VALUES (2); ROLLBACK; INSERT INTO t VALUES (3); RAISE EXCEPTION 'x'; END; $$ LANGUAGE plpgsql"
    )
    with pytest.raises(psycopg.Error, match="x"):
        pg.execute("CALL p()")
    assert pg.execute("SELECT a FROM t ORDER BY 1").fetchall() == [(1,), (3,)]


def test_an_implicit_commit_closes_a_cursor(pg, told):
    pg.execute("CREATE TABLE t (a int)")
    pg.execute("INSERT INTO t VALUES (1), (2)")
    pg.execute("CREATE TABLE u (a int)")
    body = (
        "OPEN c; LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; RAISE INFO '%', r.a; INSERT INTO u VALUES (r.a); END LOOP;"
    )
    head = "CREATE OR REPLACE PROCEDURE p() NONATOMIC AS $$ DECLARE r RECORD; c CURSOR FOR SELECT a FROM t ORDER BY a;"
    pg.execute(f"{head} BEGIN {body} END; $$ LANGUAGE plpgsql")
    with pytest.raises(psycopg.Error, match='cursor "c" does not exist'):
        pg.execute("CALL p()")
    assert told == ["INFO: 1"]
    pg.execute(f"{head} BEGIN START TRANSACTION; {body} COMMIT; END; $$ LANGUAGE plpgsql")
    pg.execute("CALL p()")
    assert told[1:] == ["INFO: 1", "INFO: 2"]
    assert pg.execute("SELECT count(*) FROM u").fetchone() == (3,)


def test_a_cursor_can_be_returned(pg):
    pg.execute("CREATE TABLE t (a int)")
    pg.execute("INSERT INTO t VALUES (1), (2), (3)")
    _make(
        pg, "p(least IN int, rs INOUT refcursor)", "BEGIN OPEN rs FOR SELECT a FROM t WHERE a >= least ORDER BY 1; END;"
    )
    pg.execute("BEGIN")
    assert pg.execute("CALL p(2, 'mine')").fetchone() == ("mine",)
    assert pg.execute("FETCH ALL FROM mine").fetchall() == [(2,), (3,)]
    pg.execute("COMMIT")


def test_procedures_call_one_another(pg):
    _make(pg, "inner_p(a INOUT int, b int)", "BEGIN a := a * b; END;")
    _make(pg, "outer_p(n int, o OUT int)", "DECLARE x int := 3; BEGIN CALL inner_p(x, n); o := x; END;")
    assert pg.execute("CALL outer_p(5)").fetchone() == (15,)


def test_copy_and_unload_in_a_procedure(pg, stage):
    pg.execute("CREATE TABLE t (a int, b varchar(10))")
    uri = stage.put("rows.csv", "1,x\n2,y\n")
    _make(
        pg,
        "p(n OUT bigint)",
        f"""BEGIN
            EXECUTE 'COPY t FROM ''{uri}'' IAM_ROLE ''{stage.role}'' CSV';
            n := pg_last_copy_count();
            UNLOAD ('SELECT * FROM t') TO '{stage.uri}/out' IAM_ROLE '{stage.role}' FORMAT CSV;
        END;""",
    )
    assert pg.execute("CALL p()").fetchone() == (2,)
    assert pg.execute("SELECT a, b FROM t ORDER BY a").fetchall() == [(1, "x"), (2, "y")]
    assert [name for name in stage.names() if name.startswith("out")]


def test_the_definers_rights(pg, local_server, shared, schema):
    pg.execute("CREATE USER sp_caller PASSWORD 'Caller123'")
    pg.execute(f"GRANT USAGE ON SCHEMA {schema} TO sp_caller")
    pg.execute("CREATE TABLE secret (a int)")
    pg.execute("INSERT INTO secret VALUES (7)")
    _make(pg, "invoker(o OUT int)", f"BEGIN SELECT a INTO o FROM {schema}.secret; END;")
    _make(
        pg,
        "definer(o OUT int)",
        "BEGIN SELECT a INTO o FROM secret; END;",
        f"SECURITY DEFINER SET search_path = {schema}",
    )
    try:
        with contextlib.closing(
            psycopg.connect(
                host=local_server["host"], port=local_server["port"], user="sp_caller", password="Caller123",
                dbname=shared, sslmode="disable", autocommit=True,
            )
        ) as caller:  # fmt: skip
            with pytest.raises(psycopg.Error, match="permission denied for procedure definer"):
                caller.execute(f"CALL {schema}.definer()")
            pg.execute("GRANT EXECUTE ON PROCEDURE definer() TO sp_caller")
            pg.execute("GRANT EXECUTE ON PROCEDURE invoker() TO sp_caller")
            with pytest.raises(psycopg.Error, match="permission denied for table secret"):
                caller.execute(f"CALL {schema}.invoker()")
            assert caller.execute(f"CALL {schema}.definer()").fetchone() == (7,)
            assert caller.execute("SELECT current_user").fetchone() == ("sp_caller",)
            with pytest.raises(psycopg.Error, match="permission denied"):
                caller.execute(f"SELECT * FROM {schema}.secret")
    finally:
        for one in ("invoker", "definer"):
            pg.execute(f"DROP PROCEDURE {one}()")
        pg.execute(f"REVOKE USAGE ON SCHEMA {schema} FROM sp_caller")
        pg.execute("DROP USER sp_caller")


def test_calls_and_their_messages_are_logged(pg):
    pg.execute("CREATE TABLE t (a int)")
    _make(
        pg,
        "p(f int)",
        "BEGIN RAISE LOG 'low'; RAISE NOTICE 'Input %', f; INSERT INTO t VALUES (f); RAISE EXCEPTION 'No'; END;",
        "SET stored_proc_log_min_messages = NOTICE",
    )
    with pytest.raises(psycopg.Error):
        pg.execute("CALL p(2)")
    [(query, text, aborted)] = pg.execute(
        "SELECT query, trim(querytxt), aborted FROM svl_stored_proc_call WHERE pid = pg_backend_pid()"
    ).fetchall()
    assert (text, aborted) == ("CALL p(2)", 1)
    assert pg.execute(
        f"SELECT loglevel, trim(loglevel_text), trim(message) FROM svl_stored_proc_messages WHERE query = {query}"
    ).fetchall() == [(40, "NOTICE", "Input 2"), (60, "EXCEPTION", "No")]
    assert pg.execute(
        f"SELECT trim(substring) FROM svl_qlog WHERE from_sp_call = {query}"
    ).fetchall() == [("INSERT INTO t VALUES ($1)",)]  # fmt: skip


def test_procedures_stand_in_the_catalogs(pg, schema):
    body = "\nBEGIN\n  NULL;\nEND;\n"
    pg.execute(f"CREATE PROCEDURE p(a IN int, b INOUT varchar(20), OUT numeric(4,2)) AS $$ {body} $$ LANGUAGE plpgsql")
    [(shown,)] = pg.execute("SHOW PROCEDURE p(int, varchar)").fetchall()
    assert shown == (
        f"CREATE OR REPLACE PROCEDURE {schema}.p(a integer, INOUT b character varying, OUT numeric)\n"
        f"LANGUAGE plpgsql\nAS $_$ {body} $_$\n"
    )
    assert pg.execute("SHOW PROCEDURE p").fetchall() == [(shown,)]
    assert pg.execute(
        "SELECT prokind, prosrc FROM pg_proc_info i JOIN pg_namespace n ON n.oid = i.pronamespace "
        f"WHERE nspname = '{schema}'"
    ).fetchall() == [("p", f" {body} ")]
    assert pg.execute(
        f"SELECT function_name, function_type, argument_type FROM svv_redshift_functions WHERE schema_name = '{schema}'"
    ).fetchall() == [("p", "STORED PROCEDURE", "integer, character varying")]
    pg.execute("ALTER PROCEDURE p(a int, b INOUT varchar, c OUT numeric) RENAME TO q")
    pg.execute(f"CALL {schema}.q(1, 'x')")
    pg.execute("DROP PROCEDURE q(a int, b INOUT varchar, OUT numeric)")
    with pytest.raises(psycopg.Error, match=r"procedure q\(integer, varchar\) does not exist"):
        pg.execute("DROP PROCEDURE q(int, varchar)")


def test_a_procedure_is_no_function(pg):
    _make(pg, "p(a int)", "BEGIN NULL; END;")
    with pytest.raises(psycopg.Error, match=r"function p\(\)"):
        pg.execute("SELECT p(1)")
    pg.execute("CREATE FUNCTION f(int) RETURNS int IMMUTABLE AS $$ SELECT $1 + 1 $$ LANGUAGE sql")
    with pytest.raises(psycopg.Error, match="f is not a procedure"):
        pg.execute("CALL f(1)")
