"""The catalog: designs as Redshift's views show them, informational keys, and designs that go with their table.

Sources: AWS r_PG_TABLE_DEF, r_PG_CLASS_INFO, viewing-distribution-styles, r_SVV_TABLE_INFO, t_Defining_constraints;
REDSHIFT.md, sections 1, 3, 4 and 10.
"""

from __future__ import annotations

import contextlib

import psycopg
import pytest


def rows(pg, query, *parameters):
    return pg.execute(query, parameters or None).fetchall()


def table_def(pg, table):
    """name -> (type, encoding, distkey, sortkey, notnull)"""
    found = rows(
        pg,
        'SELECT "column", type, trim(encoding), distkey, sortkey, "notnull" FROM pg_table_def WHERE tablename = %s',
        table,
    )
    return {name: tuple(rest) for name, *rest in found}


def test_pg_table_def(pg):
    pg.execute(
        "CREATE TABLE t (a INTEGER NOT NULL ENCODE zstd, B VARCHAR(20) ENCODE bytedict DISTKEY, c DECIMAL(9,2) "
        "ENCODE raw, "
        "d TIMESTAMP ENCODE delta, e CHAR(3) ENCODE lzo) SORTKEY(d, a)"
    )
    assert table_def(pg, "t") == {
        "a": ("integer", "zstd", False, 2, True),
        "b": ("character varying(20)", "bytedict", True, 0, False),
        "c": ("numeric(9,2)", "none", False, 0, False),
        "d": ("timestamp without time zone", "delta", False, 1, False),
        "e": ("character(3)", "lzo", False, 0, False),
    }
    ((width,),) = rows(pg, "SELECT octet_length(encoding) FROM pg_table_def WHERE tablename = 't' AND \"column\" = 'a'")
    assert width >= len("zstd")


def test_pg_table_def_shows_only_what_is_on_the_search_path(pg, schema):
    pg.execute("CREATE TABLE t (a INTEGER)")
    assert table_def(pg, "t")
    pg.execute("SET search_path TO public")
    assert table_def(pg, "t") == {}
    assert rows(pg, f"SELECT a FROM {schema}.t") == []
    pg.execute(f"SET search_path TO public, {schema}")
    assert table_def(pg, "t")
    assert not rows(pg, "SELECT tablename FROM pg_table_def WHERE schemaname LIKE 'pg\\\\_redshift%'")


@pytest.mark.parametrize(
    ("rest", "style", "effective", "shown"),
    [
        ("", 9, 10, "AUTO(ALL)"),
        ("DISTSTYLE AUTO", 9, 10, "AUTO(ALL)"),
        ("DISTSTYLE EVEN", 0, 0, "EVEN"),
        ("DISTSTYLE ALL", 8, 8, "ALL"),
        ("DISTKEY(a)", 1, 1, "KEY(a)"),
    ],
)
def test_distribution_styles(pg, schema, rest, style, effective, shown):
    pg.execute(f"CREATE TABLE t (a INTEGER, b INTEGER) {rest}")
    where = f"relname = 't' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '{schema}')"
    assert rows(pg, f"SELECT reldiststyle FROM pg_class WHERE {where}") == [(style,)]
    assert rows(pg, f"SELECT reldiststyle, releffectivediststyle FROM pg_class_info WHERE {where}") == [
        (style, effective)
    ]
    # The view has no row for an empty table.
    info = f"SELECT diststyle, tbl_rows FROM svv_table_info WHERE schema = '{schema}' AND \"table\" = 't'"
    assert rows(pg, info) == []
    pg.execute("INSERT INTO t VALUES (1, 1), (2, 2)")
    assert rows(pg, info) == [(shown, 2)]


@pytest.mark.parametrize(
    ("rest", "orders", "first", "number"),
    [
        ("", (0, 0, 0), "AUTO(SORTKEY)", 0),
        ("SORTKEY AUTO", (0, 0, 0), "AUTO(SORTKEY)", 0),
        ("SORTKEY(c, a)", (2, 0, 1), "c", 2),
        # Interleaved keys have every second number below zero.
        ("INTERLEAVED SORTKEY(c, a, b)", (2, -3, -1), "INTERLEAVED", 3),
    ],
)
def test_sort_keys(pg, schema, rest, orders, first, number):
    pg.execute(f"CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER) {rest}")
    found = rows(
        pg,
        "SELECT a.attsortkeyord FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n "
        "ON n.oid = c.relnamespace "
        "WHERE c.relname = 't' AND n.nspname = %s AND a.attnum > 0 ORDER BY a.attnum",
        schema,
    )
    assert tuple(order for (order,) in found) == orders
    pg.execute("INSERT INTO t VALUES (1, 1, 1)")
    info = "SELECT sortkey1, sortkey_num FROM svv_table_info WHERE schema = %s"
    assert rows(pg, info, schema) == [(first, number)]


TYPES = {
    "SMALLINT": "az64", "INTEGER": "az64", "BIGINT": "az64", "DECIMAL(5,2)": "az64", "DATE": "az64", "TIME": "az64",
    "TIMETZ": "az64", "TIMESTAMP": "az64", "TIMESTAMPTZ": "az64", "CHAR(3)": "lzo", "VARCHAR(9)": "lzo",
    "BOOLEAN": "none", "REAL": "none", "DOUBLE PRECISION": "none",
}  # fmt: skip


def test_encodings_that_auto_chooses(pg):
    # c_Compression_encodings: by type; sort keys stay raw; so does every column of a temporary table.
    columns = ", ".join(f"c{i} {kind}" for i, kind in enumerate(TYPES))
    pg.execute(f"CREATE TABLE t ({columns})")
    assert [row[1] for row in table_def(pg, "t").values()] == list(TYPES.values())
    pg.execute(f"CREATE TABLE s ({columns}) SORTKEY(c1, c10)")
    kept = {i: row[1] for i, row in enumerate(table_def(pg, "s").values())}
    assert (kept[1], kept[10]) == ("none", "none")
    assert all(kept[i] == encoding for i, encoding in enumerate(TYPES.values()) if i not in (1, 10))
    pg.execute(f"CREATE TEMP TABLE tmp ({columns})")
    assert {row[1] for row in table_def(pg, "tmp").values()} == {"none"}


def test_format_encoding(pg):
    pg.execute(
        "CREATE TABLE t (a BIGINT ENCODE raw, b BIGINT ENCODE az64, c BIGINT ENCODE lzo, d BIGINT ENCODE zstd, "
        "e BIGINT ENCODE bytedict, "
        "f BIGINT ENCODE delta, g BIGINT ENCODE delta32k, h BIGINT ENCODE mostly8, i BIGINT ENCODE mostly16, j "
        "BIGINT ENCODE mostly32, "
        "k BIGINT ENCODE runlength, l VARCHAR(9) ENCODE text255, m VARCHAR(9) ENCODE text32k)"
    )
    found = rows(
        pg,
        "SELECT format_encoding(attencodingtype::INTEGER) FROM pg_attribute WHERE attnum > 0 AND attrelid = "
        "(SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relname = 't' AND "
        "nspname = current_schema()) "
        "ORDER BY attnum",
    )
    names = "none az64 lzo zstd bytedict delta delta32k mostly8 mostly16 mostly32 runlength text255 text32k"
    assert [name.strip() for (name,) in found] == names.split()
    assert rows(pg, "SELECT trim(format_encoding(0)), trim(format_encoding(128))") == [("none", "none")]


def test_identity_defaults(pg):
    pg.execute(
        "CREATE TABLE t (a BIGINT IDENTITY(7,3), b INTEGER GENERATED BY DEFAULT AS IDENTITY(0,1), c INTEGER "
        "DEFAULT 5, d VARCHAR(9))"
    )
    found = dict(
        rows(
            pg,
            "SELECT a.attname, d.adsrc FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND "
            "a.attnum = d.adnum "
            "JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relname = 't' AND n.nspname = current_schema()",
        )
    )
    assert found["a"].startswith('"identity"(') and found["a"].endswith("'7,3'::text)")
    assert found["b"].startswith('"default_identity"(') and found["b"].endswith("'0,1'::text)")
    assert found["c"] == "5" and "d" not in found
    pg.execute("INSERT INTO t (d) VALUES ('x'), ('y')")
    assert len({row[0] for row in rows(pg, "SELECT a FROM t")}) == 2
    pg.execute("INSERT INTO t (b, d) VALUES (50, 'z'), (50, 'z')")
    assert rows(pg, "SELECT count(*) FROM t WHERE b = 50") == [(2,)]
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="identity"):
        pg.execute("INSERT INTO t (a, d) VALUES (1, 'x')")
    with pytest.raises(psycopg.Error):
        pg.execute("INSERT INTO t (b, d) VALUES (NULL, 'x')")


def test_keys_are_informational(pg):
    pg.execute("CREATE TABLE parent (a INTEGER PRIMARY KEY, b INTEGER UNIQUE)")
    pg.execute("CREATE TABLE child (a INTEGER REFERENCES parent, b INTEGER REFERENCES parent (b), PRIMARY KEY (a))")
    pg.execute("INSERT INTO parent VALUES (1, 1), (1, 1)")
    pg.execute("INSERT INTO child VALUES (9, 9), (9, NULL)")
    assert rows(pg, "SELECT count(*) FROM parent") == [(2,)]
    with pytest.raises(psycopg.errors.InternalError_, match="Cannot insert a NULL value into column a"):
        pg.execute("INSERT INTO parent VALUES (NULL, 1)")
    found = rows(
        pg,
        "SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints "
        "WHERE constraint_schema = current_schema() ORDER BY table_name, constraint_type, constraint_name",
    )
    assert found == [
        ("child", "child_a_fkey", "FOREIGN KEY"),
        ("child", "child_b_fkey", "FOREIGN KEY"),
        ("child", "child_pkey", "PRIMARY KEY"),
        ("parent", "parent_pkey", "PRIMARY KEY"),
        ("parent", "parent_b_key", "UNIQUE"),
    ]
    used = rows(
        pg,
        "SELECT constraint_name, column_name, ordinal_position FROM information_schema.key_column_usage "
        "WHERE table_schema = current_schema() AND table_name = 'child' ORDER BY constraint_name",
    )
    assert used == [("child_a_fkey", "a", 1), ("child_b_fkey", "b", 1), ("child_pkey", "a", 1)]
    shown = rows(
        pg,
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' "
        "AND connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY conname",
    )
    assert [definition.replace('"', "") for _, definition in shown] == [
        "FOREIGN KEY (a) REFERENCES parent(a)",
        "FOREIGN KEY (b) REFERENCES parent(b)",
    ]


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("CREATE TABLE u (a INTEGER PRIMARY KEY, b INTEGER, PRIMARY KEY (b))", "42P16"),
        ("CREATE TABLE u (a INTEGER REFERENCES nowhere)", "42P01"),
        ("CREATE TABLE u (a INTEGER REFERENCES loose)", "42704"),
        ("CREATE TABLE u (a INTEGER REFERENCES t (b))", "42830"),
        ("CREATE TABLE u (a INTEGER, FOREIGN KEY (a) REFERENCES t (a, b))", "42830"),
        ("CREATE TABLE u (a INTEGER, PRIMARY KEY (nope))", "42703"),
        ("CREATE TABLE u (a INTEGER) DISTKEY(nope)", "42703"),
        ("CREATE TABLE u (a INTEGER) SORTKEY(nope)", "42703"),
        ("CREATE TABLE t (a INTEGER)", "42P07"),
        ("CREATE TABLE nowhere.u (a INTEGER)", "3F000"),
        ("ALTER TABLE t ADD PRIMARY KEY (a)", "42P16"),
        ("ALTER TABLE loose ADD PRIMARY KEY (a)", "42P16"),
        ("ALTER TABLE t DROP CONSTRAINT nope", "42704"),
        ("ALTER TABLE t DROP COLUMN d", "0A000"),
        ("ALTER TABLE t DROP COLUMN s", "0A000"),
        ("ALTER TABLE loose DROP COLUMN a", "0A000"),
        ("DROP TABLE t", "2BP01"),
    ],
)
def test_designs_that_the_catalog_refuses_leave_nothing(pg, statement, state):
    pg.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER, d INTEGER DISTKEY, s INTEGER SORTKEY)")
    pg.execute("CREATE TABLE loose (a INTEGER)")
    pg.execute("CREATE TABLE child (a INTEGER REFERENCES t)")
    before = everything(pg)
    with pytest.raises(psycopg.Error) as caught:
        pg.execute(statement)
    assert caught.value.sqlstate == state
    assert everything(pg) == before


def everything(pg):
    """All that the catalog says of the test's schema."""
    return (
        rows(
            pg,
            'SELECT tablename, "column", encoding, distkey, sortkey FROM pg_table_def WHERE schemaname = '
            "current_schema() ORDER BY 1, 2",
        ),
        rows(
            pg,
            "SELECT table_name, constraint_name FROM information_schema.table_constraints "
            "WHERE constraint_schema = current_schema() ORDER BY 1, 2",
        ),
        rows(
            pg,
            "SELECT relname, reldiststyle FROM pg_class "
            "WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY 1",
        ),
    )


def test_an_existing_table_is_told_in_words_of_redshift(pg):
    pg.execute("CREATE TABLE t (a INTEGER) DISTKEY(a)")
    with pytest.raises(psycopg.errors.DuplicateTable, match='Relation "t" already exists'):
        pg.execute("CREATE TABLE t (b INTEGER)")
    pg.execute("CREATE TABLE IF NOT EXISTS t (b INTEGER) DISTSTYLE ALL")
    assert table_def(pg, "t") == {"a": ("integer", "az64", True, 0, False)}


def kept_designs(server, database):
    """How many designs the server holds in all, seen behind its back."""
    with contextlib.closing(
        psycopg.connect(f"dbname={database} user=rdsdb host={server['postgres'].rpartition('/')[0]}")
    ) as behind:
        return [
            behind.execute(f"SELECT count(*) FROM pg_redshift.{table}").fetchone()[0]
            for table in ("table_design", "column_design", "key_constraint")
        ]


def test_a_design_goes_with_its_table_and_comes_back_with_nothing(pg, local_server, shared, schema):
    pg.execute("CREATE TABLE warm_up (a INTEGER)")
    before = kept_designs(local_server, shared)
    make = "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER REFERENCES t) DISTKEY(a) SORTKEY(b)"
    pg.execute(make)
    assert kept_designs(local_server, shared) == [before[0] + 1, before[1] + 2, before[2] + 2]
    pg.execute("ALTER TABLE t DROP CONSTRAINT t_b_fkey")
    pg.execute("ALTER TABLE t ADD COLUMN c INTEGER")
    pg.execute("ALTER TABLE t DROP COLUMN c")
    pg.execute("DROP TABLE t")
    assert kept_designs(local_server, shared) == before

    pg.execute("BEGIN")
    pg.execute(make)
    pg.execute("ROLLBACK")
    assert kept_designs(local_server, shared) == before
    pg.execute("BEGIN")
    pg.execute("DROP TABLE warm_up")
    pg.execute("ROLLBACK")
    assert kept_designs(local_server, shared) == before

    pg.execute("CREATE SCHEMA inner_one")
    pg.execute("CREATE TABLE inner_one.t (a INTEGER) DISTKEY(a)")
    pg.execute("DROP SCHEMA inner_one CASCADE")
    assert kept_designs(local_server, shared) == before

    # The same name again begins anew.
    pg.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
    assert {row[2:4] for row in table_def(pg, "t").values()} == {(False, 0)}


def test_a_temporary_table_shadows_a_permanent_one(pg):
    pg.execute("CREATE TEMP TABLE t (a INTEGER) SORTKEY(a)")
    pg.execute("CREATE TABLE t (a INTEGER, b INTEGER) DISTKEY(b)")
    found = rows(
        pg,
        "SELECT schemaname LIKE 'pg_temp%', \"column\", distkey, sortkey FROM pg_table_def WHERE tablename = "
        "'t' ORDER BY 1, 2",
    )
    assert found == [(False, "a", False, 0), (False, "b", True, 0), (True, "a", False, 1)]
    pg.execute("CREATE TABLE #u (a INTEGER)")
    pg.execute("INSERT INTO #u VALUES (1)")
    assert rows(pg, "SELECT a FROM #u") == [(1,)]
    pg.execute("DROP TABLE t")
    assert len(rows(pg, "SELECT * FROM pg_table_def WHERE tablename = 't'")) == 2


def test_comments(pg):
    pg.execute("CREATE TABLE t (a INTEGER)")
    text = 'it\'s 100% \\ "quoted"\nand é'
    literal = "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    pg.execute(f"COMMENT ON TABLE t IS {literal}".encode())
    pg.execute(f"COMMENT ON COLUMN t.a IS {literal}".encode())
    found = rows(pg, "SELECT remarks FROM svv_tables WHERE table_schema = current_schema() AND table_name = 't'")
    assert found == [(text,)]
    found = rows(pg, "SELECT remarks FROM svv_columns WHERE table_schema = current_schema() AND table_name = 't'")
    assert found == [(text,)]
    pg.execute("COMMENT ON TABLE t IS NULL")
    assert rows(pg, "SELECT remarks FROM svv_tables WHERE table_schema = current_schema()") == [(None,)]


def test_lengths_are_bytes(pg):
    pg.execute("CREATE TABLE t (a VARCHAR(4), b CHAR(2))")
    pg.execute("INSERT INTO t VALUES ('éé', 'ab'), ('abcd', 'a'), ('ab    ', 'a   ')")
    for values in ("('ééé', 'a')", "('abcde', 'a')", "('a', 'é')", "('a', 'abc')"):
        with pytest.raises(psycopg.errors.StringDataRightTruncation, match="value too long for type character"):
            pg.execute(f"INSERT INTO t VALUES {values}")
    with pytest.raises(psycopg.errors.StringDataRightTruncation):
        pg.execute("UPDATE t SET a = 'ééé'")
    assert rows(pg, "SELECT count(*) FROM t") == [(3,)]


def test_what_a_rename_keeps(pg):
    pg.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(3)) DISTKEY(a) SORTKEY(b)")
    pg.execute("ALTER TABLE t RENAME COLUMN b TO c")
    pg.execute("ALTER TABLE t RENAME TO u")
    assert table_def(pg, "u") == {
        "a": ("integer", "az64", True, 0, True),
        "c": ("character varying(3)", "none", False, 1, False),
    }
    with pytest.raises(psycopg.errors.StringDataRightTruncation):
        pg.execute("INSERT INTO u VALUES (1, 'éé')")


def test_version_and_server(pg):
    ((version,),) = rows(pg, "SELECT version()")
    assert version.startswith("PostgreSQL 8.0.2 on ") and " Redshift 1.0." in version
    assert rows(pg, "SHOW server_version") == [("8.0.2",)]
    with pytest.raises(psycopg.Error):
        pg.execute("SHOW standard_conforming_strings")


def test_views_of_the_server_itself_are_not_seen(pg):
    assert rows(pg, "SELECT nspname FROM pg_namespace WHERE nspname = 'pg_redshift'") in ([], [("pg_redshift",)])
    with pytest.raises(psycopg.Error) as caught:
        pg.execute("SELECT * FROM pg_redshift.table_design")
    assert caught.value.sqlstate == "3F000"
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="not emulated: system view stl_of_tomorrow"):
        pg.execute("SELECT * FROM stl_of_tomorrow")
