"""CREATE TABLE: the grammar of AWS r_CREATE_TABLE_NEW, what it refuses, and under which SQLSTATE."""

from __future__ import annotations

import json
import re

import pytest

from warehouse.local.translate import Refuse, Steps, translate


def plan(statement):
    (found,) = translate(statement)
    return found


def design(statement):
    """The design that the statement declares."""
    found = plan(statement)
    assert isinstance(found, Steps), found
    (declared,) = re.findall(r"declare_table\('.*?', '(.*)'::jsonb\)", found.after[0], re.DOTALL)
    return json.loads(declared.replace("''", "'"))


MANY = ", ".join(f"c{i} INT" for i in range(401))
NAMES = ", ".join(f"c{i}" for i in range(401))

REFUSED = [
    # distribution
    ("(a INT DISTKEY) DISTSTYLE EVEN", "42P16"),
    ("(a INT DISTKEY) DISTSTYLE ALL", "42P16"),
    ("(a INT) DISTSTYLE AUTO DISTKEY(a)", "42P16"),
    ("(a INT) DISTSTYLE KEY", "42P16"),
    ("(a INT DISTKEY, b INT DISTKEY)", "42P16"),
    ("(a INT DISTKEY, b INT) DISTKEY(b)", "42P16"),
    ("(a INT, b INT) DISTKEY(a, b)", "42P16"),
    ("(a INT, b INT) DISTKEY(a) DISTKEY(b)", "42P16"),
    ("(a INT) DISTSTYLE RANDOM", "42601"),
    ("(a INT) DISTSTYLE EVEN DISTSTYLE ALL", "42601"),
    # sort keys
    ("(a INT SORTKEY, b INT SORTKEY)", "42P16"),
    ("(a INT SORTKEY, b INT) SORTKEY(b)", "42P16"),
    ("(a INT SORTKEY) SORTKEY AUTO", "42601"),
    ("(a INT) SORTKEY(a) COMPOUND SORTKEY(a)", "42601"),
    ("(a INT) SORTKEY(a, a)", "42701"),
    ("(a INT) SORTKEY NONE", "42601"),
    ("(a INT) INTERLEAVED SORTKEY", "42601"),
    (f"({MANY}) SORTKEY({NAMES})", "54011"),
    (f"({MANY}) INTERLEAVED SORTKEY(c0, c1, c2, c3, c4, c5, c6, c7, c8)", "54011"),
    # encodings
    ("(a INT ENCODE text255)", "0A000"),
    ("(a CHAR(3) ENCODE text32k)", "0A000"),
    ("(a SMALLINT ENCODE mostly16)", "0A000"),
    ("(a INT ENCODE mostly32)", "0A000"),
    ("(a BOOLEAN ENCODE mostly8)", "0A000"),
    ("(a VARCHAR(9) ENCODE az64)", "0A000"),
    ("(a INT ENCODE gzip)", "42601"),
    # identity
    ("(a SMALLINT IDENTITY(1,1))", "42P16"),
    ("(a VARCHAR(9) IDENTITY(1,1))", "42P16"),
    ("(a INT IDENTITY(1,0))", "22023"),
    ("(a INT IDENTITY(1,1), b INT IDENTITY(1,1))", "42P16"),
    ("(a INT GENERATED ALWAYS AS IDENTITY(1,1))", "42601"),
    ("(a INT GENERATED ALWAYS AS (1) STORED)", "42601"),
    ("(a INT IDENTITY(1,1) DEFAULT 1)", "42601"),
    # defaults are free of variables
    ("(a INT, b INT DEFAULT a)", "42P10"),
    ("(a INT DEFAULT (SELECT 1))", "0A000"),
    # constraints
    ("(a INT CHECK (a > 0))", "0A000"),
    ("(a INT, CHECK (a > 0))", "0A000"),
    ("(a INT, EXCLUDE USING gist (a WITH =))", "0A000"),
    ("(a INT REFERENCES u(a) ON DELETE CASCADE)", "42601"),
    ("(a INT, FOREIGN KEY (a) REFERENCES u(a) DEFERRABLE)", "42601"),
    ("(a INT, a INT)", "42701"),
    ('(a INT, "A" INT)', "42701"),
    # types
    ("(a VARCHAR(65536))", "22023"),
    ("(a VARCHAR(0))", "22023"),
    ("(a CHAR(4097))", "22023"),
    ("(a DECIMAL(39,0))", "22023"),
    ("(a DECIMAL(38,38))", "22023"),
    ("(a DECIMAL(5,6))", "22023"),
    ("(a FLOAT(54))", "22023"),
    *[
        (f"(a {kind})", "0A000")
        for kind in ("SERIAL", "BIGSERIAL", "BYTEA", "JSON", "JSONB", "UUID", "MONEY", "INET", "XML")
    ],
    ("(a INT[])", "0A000"),
    ("(a INT ARRAY)", "0A000"),
    ("(a nonsense)", "42704"),
    # what PostgreSQL has
    ("(a INT) INHERITS (u)", "42601"),
    ("(a INT) PARTITION BY RANGE (a)", "42601"),
    ("(a INT) TABLESPACE x", "42601"),
    ("(a INT) WITH (fillfactor = 70)", "42601"),
    ("(a INT) ON COMMIT DROP", "42601"),
    ("()", "42601"),
    ("(a INT,)", "42601"),
    ("(a INT", "42601"),
]


@pytest.mark.parametrize(("rest", "state"), REFUSED, ids=[rest[:60] for rest, _ in REFUSED])
def test_refused_combinations(rest, state):
    found = plan(f"CREATE TABLE t {rest}")
    assert isinstance(found, Refuse), found
    assert found.sqlstate == state, found


def test_refusals_in_words_of_redshift():
    assert plan("CREATE TABLE t (a INT SORTKEY) SORTKEY AUTO").message == (
        "Invalid syntax: Create table sortkey auto with initial sortkeys"
    )
    assert plan("CREATE TEMP TABLE s.t (a INT)").sqlstate == "42P16"
    assert plan("CREATE TABLE s.#t (a INT)").sqlstate == "42P16"
    assert plan("CREATE LOCAL TABLE t (a INT)").sqlstate == "42601"
    assert plan("CREATE GLOBAL TEMPORARY TABLE t (a INT)").sqlstate == "0A000"
    assert plan("CREATE UNLOGGED TABLE t (a INT)").sqlstate == "0A000"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (LIKE u)",
        "CREATE TABLE t (a SUPER)",
        "CREATE TABLE t (a VARBYTE(9))",
        "CREATE TABLE t (a GEOMETRY)",
        "CREATE TABLE t (a VARCHAR(9) COLLATE CASE_INSENSITIVE)",
    ],
)
def test_what_redshift_knows_and_this_server_does_not_yet_is_said_by_name(statement):
    found = plan(statement)
    if isinstance(found, Refuse):  # as soon as it is emulated, its own tests tell more
        assert found.sqlstate == "0A000"
        assert found.message.startswith("not emulated: ")


def test_defaults_of_a_design():
    assert design("CREATE TABLE t (a INT)") == {
        "diststyle": 9, "distkey": None, "sortstyle": "auto", "sortkey": [], "encode_auto": True, "encode": {},
        "backup": True, "constraints": [], "temporary": False, "like": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("(a INT DISTKEY)", {"diststyle": 1, "distkey": "a"}),
        ("(a INT) DISTKEY(A)", {"diststyle": 1, "distkey": "a"}),
        ('(a INT) DISTSTYLE KEY DISTKEY("A")', {"diststyle": 1, "distkey": "a"}),
        ("(a INT) DISTSTYLE EVEN", {"diststyle": 0}),
        ("(a INT) diststyle all", {"diststyle": 8}),
        ("(a INT) DISTSTYLE AUTO SORTKEY AUTO ENCODE AUTO", {"diststyle": 9, "sortstyle": "auto", "encode_auto": True}),
        ("(a INT SORTKEY)", {"sortstyle": "compound", "sortkey": ["a"]}),
        ("(a INT, b INT) SORTKEY(b, a)", {"sortstyle": "compound", "sortkey": ["b", "a"]}),
        ("(a INT, b INT) COMPOUND SORTKEY(b)", {"sortstyle": "compound", "sortkey": ["b"]}),
        ("(a INT, b INT) INTERLEAVED SORTKEY(b, a)", {"sortstyle": "interleaved", "sortkey": ["b", "a"]}),
        # Attributes come in any order.
        ("(a INT) SORTKEY(a) DISTKEY(a) BACKUP NO", {"distkey": "a", "sortkey": ["a"], "backup": False}),
        ("(a INT) BACKUP NO DISTSTYLE EVEN", {"diststyle": 0, "backup": False}),
        # One explicit ENCODE turns ENCODE AUTO off, unless the table says it, too.
        ("(a INT ENCODE az64, b INT)", {"encode": {"a": "az64"}, "encode_auto": False}),
        ("(a INT ENCODE raw) ENCODE AUTO", {"encode": {"a": "raw"}, "encode_auto": True}),
    ],
)
def test_a_declared_design(rest, told):
    found = design(f"CREATE TABLE t {rest}")
    assert {name: found[name] for name in told} == told


def test_attributes_of_a_column_come_in_any_order():
    forms = (
        "a VARCHAR(9) NOT NULL DEFAULT 'x' ENCODE zstd DISTKEY SORTKEY PRIMARY KEY",
        "a VARCHAR(9) ENCODE zstd DISTKEY SORTKEY NOT NULL PRIMARY KEY DEFAULT 'x'",
        "A CHARACTER VARYING(9) PRIMARY KEY SORTKEY DISTKEY DEFAULT 'x' NOT NULL ENCODE ZSTD",
    )
    plans = {plan(f"CREATE TABLE t ({form})") for form in forms}
    assert len(plans) == 1


@pytest.mark.parametrize(
    ("spelled", "kept"),
    [
        ("VARCHAR", "varchar(256)"),
        ("TEXT", "varchar(256)"),
        ("NVARCHAR(7)", "varchar(7)"),
        ("CHARACTER VARYING", "varchar(256)"),
        ("VARCHAR(MAX)", "varchar(65535)"),
        ("CHAR", "char(1)"),
        ("NCHAR(3)", "char(3)"),
        ("BPCHAR", "char(256)"),
        ("CHAR(MAX)", "char(4096)"),
        ("DECIMAL", "numeric(18,0)"),
        ("NUMERIC(5)", "numeric(5,0)"),
        ("DECIMAL(38,37)", "numeric(38,37)"),
        ("FLOAT", "double precision"),
        ("FLOAT(24)", "real"),
        ("INT8", "bigint"),
        ("TIMESTAMP WITH TIME ZONE", "timestamptz"),
        ("TIMESTAMP WITHOUT TIME ZONE", "timestamp"),
        ("BOOL", "boolean"),
    ],
)
def test_types_without_a_length_are_redshifts(spelled, kept):
    assert f'"a" {kept}' in plan(f"CREATE TABLE t (a {spelled})").main


def test_keys_are_recorded_and_never_enforced():
    found = plan(
        "CREATE TABLE s.t (a INT PRIMARY KEY, b INT UNIQUE, c INT REFERENCES u, CONSTRAINT k UNIQUE (a, b), "
        "FOREIGN KEY (a, b) REFERENCES s.u (x, y))"
    )
    assert not re.search("PRIMARY|UNIQUE|REFERENCES", found.main)
    assert '"a" integer NOT NULL' in found.main and '"b" integer,' in found.main
    kinds = [
        (c["kind"], c["name"], tuple(c["columns"]))
        for c in design("CREATE TABLE t (a INT REFERENCES t, PRIMARY KEY (a))")["constraints"]
    ]
    assert kinds == [("p", None, ("a",)), ("f", None, ("a",))]
