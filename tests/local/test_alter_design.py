"""ALTER TABLE on the embedded server: what changes in place, what is refused (AWS r_ALTER_TABLE); TRUNCATE, VACUUM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redshift_connector

Sql = Callable[..., list[Any]]

TABLE = (
    "CREATE TABLE t (a int NOT NULL ENCODE az64, b varchar(5) ENCODE lzo, c varchar(5) DEFAULT 'x', d int, "
    "k varchar(5), m varchar(5) ENCODE bytedict, UNIQUE (k)) DISTSTYLE EVEN SORTKEY (a)"
)


@pytest.fixture
def table(sql: Sql) -> Sql:
    sql(TABLE)
    return sql


def design(sql: Sql) -> dict[str, tuple[Any, ...]]:
    rows = sql("SELECT \"column\", type, encoding, distkey, sortkey FROM pg_table_def WHERE tablename = 't'")
    return {row[0]: tuple(row[1:]) for row in rows}


def diststyle(sql: Sql) -> int:
    (row,) = sql("SELECT reldiststyle FROM pg_class WHERE relname = 't'")
    return int(row[0])


def refused(sql: Sql, *statements: str) -> dict[str, str]:
    with pytest.raises(redshift_connector.ProgrammingError) as caught:
        sql(*statements)
    answer: dict[str, str] = caught.value.args[0]
    return answer


@pytest.mark.parametrize("wording", ["ALTER DISTKEY d", "ALTER DISTSTYLE KEY DISTKEY d"])
def test_a_distribution_key_changes_in_place(table: Sql, wording: str) -> None:
    table(f"ALTER TABLE t {wording}")
    assert diststyle(table) == 1
    assert [name for name, column in design(table).items() if column[2]] == ["d"]


@pytest.mark.parametrize(("style", "code"), [("ALL", 8), ("EVEN", 0), ("AUTO", 9)])
def test_a_distribution_style_changes_in_place_and_takes_the_key_away(table: Sql, style: str, code: int) -> None:
    table("ALTER TABLE t ALTER DISTKEY a", f"ALTER TABLE t ALTER DISTSTYLE {style}")
    assert diststyle(table) == code
    assert not any(column[2] for column in design(table).values())


def test_a_sort_key_changes_in_place_and_keeps_explicit_encodings(table: Sql) -> None:
    table("ALTER TABLE t ALTER COMPOUND SORTKEY (d, b)")
    found = design(table)
    assert {name: column[3] for name, column in found.items() if column[3]} == {"d": 1, "b": 2}
    assert found["b"][1] == "lzo"


def test_new_sort_columns_become_raw_when_no_encoding_was_explicit(sql: Sql) -> None:
    sql("CREATE TABLE t (a int, b int)", "ALTER TABLE t ALTER SORTKEY (b)")
    assert {name: column[1] for name, column in design(sql).items()} == {"a": "az64", "b": "none"}


def test_sort_key_and_distribution_key_change_in_one_statement_in_either_order(table: Sql) -> None:
    table("ALTER TABLE t ALTER SORTKEY (b), ALTER DISTKEY d")
    assert design(table)["b"][3] == 1
    assert design(table)["d"][2] is True
    table("ALTER TABLE t ALTER DISTSTYLE ALL, ALTER SORTKEY (a)")
    assert design(table)["a"][3] == 1
    assert diststyle(table) == 8


def test_sortkey_none_takes_the_key_away(table: Sql) -> None:
    table("ALTER TABLE t ALTER SORTKEY NONE")
    assert not any(column[3] for column in design(table).values())


def test_encodings_change_in_place_several_at_once(table: Sql) -> None:
    table("ALTER TABLE t ALTER COLUMN b ENCODE zstd, ALTER COLUMN d ENCODE mostly16")
    assert (design(table)["b"][1], design(table)["d"][1]) == ("zstd", "mostly16")


def test_a_varchar_grows_in_bytes(table: Sql) -> None:
    assert refused(table, "INSERT INTO t (a, b) VALUES (1, 'éééé')")["C"] == "22001"
    table("ALTER TABLE t ALTER COLUMN b TYPE varchar(8)", "INSERT INTO t (a, b) VALUES (1, 'éééé')")
    assert design(table)["b"][0] == "character varying(8)"
    assert refused(table, "INSERT INTO t (a, b) VALUES (1, 'ééééé')")["C"] == "22001"


def test_a_varchar_shrinks_to_its_longest_value_and_no_further(table: Sql) -> None:
    table("INSERT INTO t (a, b) VALUES (1, 'abc')", "ALTER TABLE t ALTER COLUMN b TYPE varchar(3)")
    assert refused(table, "ALTER TABLE t ALTER COLUMN b TYPE varchar(2)")["C"] == "0A000"
    assert design(table)["b"][0] == "character varying(3)"


@pytest.mark.parametrize(
    ("statement", "state", "words"),
    [
        ("ALTER COLUMN d TYPE bigint", "0A000", "not supported"),
        ("ALTER COLUMN d TYPE varchar(10)", "0A000", "not supported"),
        ("ALTER COLUMN c TYPE varchar(3)", "0A000", "cannot decrease a VARCHAR column size with default value"),
        ("ALTER COLUMN k TYPE varchar(9)", "0A000", "UNIQUE"),
        ("ALTER COLUMN m TYPE varchar(9)", "0A000", "bytedict"),
        ("ALTER COLUMN b TYPE varchar(9) USING b", "0A000", "does not support USING expression"),
        ("ALTER COLUMN b SET NOT NULL", "0A000", "ALTER COLUMN SET NOT NULL is not supported"),
        ("ALTER COLUMN b SET DEFAULT 'y'", "0A000", "ALTER COLUMN SET/DROP DEFAULT is not supported"),
        ("ALTER COLUMN b ENCODE lzo", "0A000", "already has encoding"),
        ("ALTER COLUMN b ENCODE az64", "0A000", "invalid encoding"),
        ("ALTER COLUMN b ENCODE zstd, ALTER COLUMN b ENCODE raw", "0A000", "twice"),
        ("ALTER DISTKEY nothing", "42703", "nothing"),
        ("ALTER SORTKEY (b, b)", "42701", "a column appears twice in SORTKEY"),
        ("ADD COLUMN e int DEFAULT NULL NOT NULL", "0A000", "non-null default expression"),
        ("ALTER INTERLEAVED SORTKEY (a)", "0A000", "INTERLEAVED"),
        ("ADD COLUMN e int, ADD COLUMN f int", "42601", "one ADD COLUMN"),
        ("ADD COLUMN e int NOT NULL", "0A000", "non-null default expression"),
        ("ADD COLUMN e int IDENTITY(1,1)", "0A000", "does not support columns with type IDENTITY"),
        ("DROP COLUMN a", "0A000", 'cannot drop sortkey column "a"'),
    ],
)
def test_refused_and_nothing_changes(table: Sql, statement: str, state: str, words: str) -> None:
    before = design(table)
    answer = refused(table, f"ALTER TABLE t {statement}")
    assert answer["C"] == state
    assert words in answer["M"]
    assert design(table) == before


@pytest.mark.parametrize("kind", ["super", "varbyte", "interval year to month"])
@pytest.mark.parametrize("change", ["ALTER SORTKEY (a, d)", "ALTER DISTKEY d", "ALTER DISTSTYLE KEY DISTKEY d"])
def test_what_create_table_takes_as_no_key_becomes_none(sql: Sql, kind: str, change: str) -> None:
    sql(f"CREATE TABLE t (a int, d {kind})")
    before = design(sql)
    answer = refused(sql, f"ALTER TABLE t {change}")
    assert (answer["C"], answer["M"]) == ("0A000", 'column "d" of this type cannot be a distribution or sort key')
    assert design(sql) == before
    key = "SORTKEY (d)" if "SORTKEY" in change else "DISTKEY (d)"
    assert refused(sql, f"CREATE TABLE u (a int, d {kind}) {key}")["M"] == answer["M"]


@pytest.mark.parametrize("key", ["SORTKEY (a, d)", "DISTKEY (d)", "DISTKEY (2)"])
def test_what_create_table_takes_as_no_key_is_none_of_a_query_s_table(sql: Sql, key: str) -> None:
    sql("CREATE TABLE t (a int, d super)")
    told = 'column "d" of this type cannot be a distribution or sort key'
    assert refused(sql, f"CREATE TABLE u {key} AS SELECT a, d FROM t")["M"] == told


def test_the_distribution_key_cannot_be_dropped(table: Sql) -> None:
    table("ALTER TABLE t ALTER DISTKEY d")
    assert refused(table, "ALTER TABLE t DROP COLUMN d")["M"] == 'cannot drop distkey column "d"'


@pytest.mark.parametrize("change", ["ALTER DISTSTYLE ALL", "ALTER COLUMN b ENCODE zstd"])
def test_interleaved_tables_keep_distribution_and_encodings(sql: Sql, change: str) -> None:
    sql("CREATE TABLE t (a int, b varchar(5) ENCODE lzo) DISTSTYLE EVEN INTERLEAVED SORTKEY (a)")
    assert "interleaved" in refused(sql, f"ALTER TABLE t {change}")["M"]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "ALTER TABLE t ALTER COLUMN b TYPE varchar(9)",
            "ALTER TABLE ALTER COLUMN cannot run inside a transaction block",
        ),
        ("VACUUM t", "VACUUM cannot run inside a transaction block"),
    ],
)
def test_what_may_not_run_in_a_block_says_so(table: Sql, statement: str, words: str) -> None:
    answer = refused(table, "BEGIN", statement)
    assert (answer["C"], answer["M"]) == ("25001", words)
    table(statement)  # outside a block it runs


def test_a_design_change_rolls_back(table: Sql) -> None:
    before = design(table)
    table("BEGIN", "ALTER TABLE t ALTER DISTKEY d", "ALTER TABLE t ALTER SORTKEY (d)", "ROLLBACK")
    assert design(table) == before


def test_truncate_commits_what_came_before_it(table: Sql) -> None:
    table("CREATE TABLE other (a int)")
    table("BEGIN", "INSERT INTO other VALUES (1)", "TRUNCATE t", "ROLLBACK")
    assert table("SELECT count(*) FROM other") == [[1]]


@pytest.mark.parametrize("form", ["VACUUM", "VACUUM DELETE ONLY t", "VACUUM FULL t TO 95 PERCENT", "VACUUM t BOOST"])
def test_vacuum_forms(table: Sql, form: str) -> None:
    table("INSERT INTO t (a) VALUES (1)", form)
    assert table("SELECT a FROM t") == [[1]]
