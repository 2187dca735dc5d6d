"""COPY and UNLOAD as values: what the text says, and that no text of a caller can leave its literal or its name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.db import sql
from warehouse.errors import LoadError, ObjectStoreError, WarehouseError
from warehouse.load.copy import CopyOptions, CopyStatement
from warehouse.load.unload import UnloadStatement, query_of
from warehouse.models import Customer

ROLE = "arn:aws:iam::123456789012:role/copier"
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def tokens(statement: str) -> list[tuple[str, str]]:
    """(kind, value) by Redshift's rules, written a second time: a backslash takes the next character, '' is a quote."""
    found, at = [], 0
    while at < len(statement):
        sign = statement[at]
        if sign == "'":
            value, at = "", at + 1
            while True:
                if statement[at] == "\\":
                    value, at = value + statement[at + 1], at + 2
                elif statement.startswith("''", at):
                    value, at = value + "'", at + 2
                elif statement[at] == "'":
                    break
                else:
                    value, at = value + statement[at], at + 1
            found.append(("literal", value))
            at += 1
        elif sign == '"':
            end = at + 1
            while statement[end] != '"' or statement.startswith('""', end):
                end += 2 if statement[end] == '"' else 1
            found.append(("name", statement[at + 1 : end].replace('""', '"')))
            at = end + 1
        elif sign.isspace():
            at += 1
        else:
            word = re.match(r"\w+|.", statement[at:], re.DOTALL)
            assert word
            found.append(("word", word.group()))
            at += len(word.group())
    return found


def test_the_customer_copy_of_the_talk() -> None:
    options = CopyOptions(
        csv=False, delimiter=",", removequotes=True, null_as="None", emptyasnull=True, blanksasnull=True,
        ignoreheader=0, dateformat=None, timeformat=None, region="us-east-1",
    )  # fmt: skip
    statement = CopyStatement(
        table="customer", schema="public", columns=("customer_uuid", "customer_home_base", "customer_home_base_key"),
        uri="s3://s3_bucket/s3_key_customer.csv", iam_role=ROLE, options=options, manifest=False,
    )  # fmt: skip
    assert statement.sql() == (
        "COPY public.customer (customer_uuid, customer_home_base, customer_home_base_key)\n"
        "FROM 's3://s3_bucket/s3_key_customer.csv'\n"
        f"IAM_ROLE '{ROLE}'\n"
        "DELIMITER ',' NULL AS 'None' EMPTYASNULL BLANKSASNULL REMOVEQUOTES REGION AS 'us-east-1'"
    )


def test_a_staged_csv_with_a_manifest() -> None:
    statement = CopyStatement(
        table="flight", columns=("year", "order"), uri="s3://b/run/manifest", iam_role="default",
        options=CopyOptions(null_as="NA", ignoreheader=0), compression="gzip", compupdate=False, statupdate=False,
    )  # fmt: skip
    assert statement.sql() == (
        "COPY flight (year, \"order\")\nFROM 's3://b/run/manifest'\nIAM_ROLE default\n"
        "MANIFEST GZIP CSV DELIMITER ',' NULL AS 'NA' DATEFORMAT 'auto' TIMEFORMAT 'auto' COMPUPDATE OFF STATUPDATE OFF"
    )


def test_parquet_carries_none_of_the_options_that_redshift_refuses_with_it() -> None:
    options = CopyOptions(null_as="NA", region="eu-west-1", ignoreheader=1)
    statement = CopyStatement("t", ("a",), "s3://b/m", ROLE, options=options, format="parquet", statupdate=False)
    assert statement.sql().splitlines()[-1] == "MANIFEST FORMAT AS PARQUET STATUPDATE OFF"


@settings(deadline=None)
@given(null_as=text.filter(lambda value: "\n" not in value), uri=text, role=text.filter(bool), column=text.filter(bool))
def test_any_text_stays_one_literal_or_one_name(null_as: str, uri: str, role: str, column: str) -> None:
    statement = CopyStatement("t", (column,), uri, role, options=CopyOptions(null_as=null_as))
    found = tokens(statement.sql())
    literals = [value for kind, value in found if kind == "literal"]
    expected_role = [] if role == "default" else [role]
    assert literals == [uri, *expected_role, ",", null_as, "auto", "auto"]
    start = [kind for kind, _ in found].index("literal")
    inside = found[3 : start - 2]  # COPY t ( … ) FROM
    assert inside in ([("name", column)], [("word", column)])


@settings(deadline=None)
@given(text, text)
def test_unload_keeps_the_query_one_literal(query: str, key: str) -> None:
    statement = UnloadStatement(query, f"s3://bucket/{key}", ROLE)
    literals = [value for kind, value in tokens(statement.sql()) if kind == "literal"]
    assert literals == [query, f"s3://bucket/{key}", ROLE]


def test_nul_cannot_be_written() -> None:
    with pytest.raises(WarehouseError, match="NUL"):
        sql.literal("a\0b")
    with pytest.raises(WarehouseError):
        sql.name("a\0b")
    with pytest.raises(WarehouseError):
        sql.name("")


def test_redacted_shows_no_role() -> None:
    copy = CopyStatement("t", ("a",), "s3://b/m", ROLE)
    unload = UnloadStatement("SELECT 1", "s3://b/x", ROLE)
    for statement in (copy, unload):
        assert "123456789012" not in statement.redacted() + repr(statement)
        assert statement.redacted().replace("***", ROLE) == statement.sql()


def test_without_a_role_nothing_is_built() -> None:
    with pytest.raises(LoadError, match="WAREHOUSE_IAM_ROLE"):
        CopyStatement("t", ("a",), "s3://b/m", "").sql()


def test_without_columns_nothing_is_built() -> None:
    with pytest.raises(LoadError, match="columns"):
        CopyStatement("t", (), "s3://b/m", ROLE).sql()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"delimiter": ";;"}, "delimiter"),
        ({"delimiter": "¦"}, "delimiter"),
        ({"delimiter": "\n"}, "delimiter"),
        ({"quote": ","}, "quote"),
        ({"null_as": "a\n"}, "null_as"),
        ({"removequotes": True}, "csv=False"),
        ({"escape": True}, "csv=False"),
        ({"ignoreheader": -1}, "ignoreheader"),
        ({"maxerror": 100_001}, "maxerror"),
        ({"delimiter": "\\", "csv": False, "escape": True}, "backslash"),
        ({"delimiter": "\0"}, "delimiter"),
        ({"quote": ""}, "quote"),
        ({"quote": "”"}, "quote"),
        ({"dateformat": "AUTO"}, "dateformat 'AUTO' is none of auto, in small letters"),
        ({"dateformat": "epochsecs"}, "dateformat"),
        ({"timeformat": "EpochSecs"}, "timeformat"),
        ({"timeformat": " "}, "timeformat ' ' is no format"),
        ({"dateformat": "YYYY\0"}, "dateformat"),
        ({"region": "Ireland"}, "region 'Ireland' is no region's name"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(LoadError, match=said) as caught:
        CopyOptions(**wrong)  # type: ignore[arg-type]
    assert caught.value.next_step


@pytest.mark.parametrize(
    "right",
    [
        {"delimiter": "\x01"}, {"delimiter": "\t", "quote": "'"}, {"delimiter": "\\", "csv": False},
        {"timeformat": "epochmillisecs", "dateformat": "MM/DD/YYYY"}, {"region": "us-gov-west-1"},
    ],
)  # fmt: skip
def test_options_that_copy_takes_are_taken(right: dict[str, object]) -> None:
    CopyOptions(**right)  # type: ignore[arg-type]


def test_all_wrong_options_are_named_at_once() -> None:
    with pytest.raises(LoadError, match=r"delimiter.*maxerror"):
        CopyOptions(delimiter="", maxerror=-1)


def test_unload_csv_keeps_null_and_empty_apart() -> None:
    statement = UnloadStatement("SELECT 'it''s'", "s3://b/x_", ROLE, format="csv", gzip=True, replace=True)
    assert statement.sql() == (
        "UNLOAD ('SELECT ''it''''s''')\nTO 's3://b/x_'\n"
        f"IAM_ROLE '{ROLE}'\nFORMAT AS CSV HEADER NULL AS '\\\\N' GZIP MANIFEST CLEANPATH"
    )
    assert statement.manifest == "s3://b/x_manifest"


def test_unload_refuses_what_it_cannot_write() -> None:
    with pytest.raises(LoadError, match="format"):
        UnloadStatement("SELECT 1", "s3://b/x", ROLE, format="avro")  # type: ignore[arg-type]
    with pytest.raises(LoadError, match="Parquet"):
        UnloadStatement("SELECT 1", "s3://b/x", ROLE, gzip=True)
    for uri in ("/tmp/x", "file:///tmp/x", "gs://b/x"):
        with pytest.raises(LoadError, match="writes to S3"):
            UnloadStatement("SELECT 1", uri, ROLE)
    with pytest.raises(ObjectStoreError):
        UnloadStatement("SELECT 1", "s3:///x", ROLE)


def test_what_can_be_unloaded() -> None:
    import sqlalchemy as sa

    query, design = query_of(Customer)
    assert query == ("SELECT customer_key, customer_uuid, customer_home_base, customer_home_base_key FROM customer")
    assert design is not None
    assert design.name == "customer"
    chosen = sa.select(Customer.customer_uuid).where(Customer.customer_home_base == "50% o'\\hare")
    query, design = query_of(chosen)
    assert design is None
    assert ("literal", "50% o'\\hare") in tokens(query)
    assert query_of(" SELECT 1; ")[0] == "SELECT 1"
    with pytest.raises(LoadError):
        query_of(42)


@pytest.mark.parametrize(
    "query",
    [
        "WITH a AS (SELECT 1 AS b) SELECT b FROM a", "(SELECT 1) UNION ALL (SELECT 2)", "((SELECT 1))",
        "SELECT ';' AS a -- b;", "SELECT 'it''s \\\\ (' AS a /* ) */", 'SELECT 1 AS "("',
        "SELECT i.x FROM t, t.items AS i AT n", "SELECT * FROM (SELECT a FROM t LIMIT 10) AS few",
        "SELECT APPROXIMATE COUNT(DISTINCT a) FROM t", "SELECT a FROM t WHERE a SIMILAR TO '%(b|d)%' AND a !~ '^x'",
    ],
)  # fmt: skip
def test_a_query_is_unloaded_as_it_is_written(query: str) -> None:
    assert query_of(f"{query};" if "--" not in query else query)[0] == query


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "is empty"),
        (" ;", "is empty"),
        ("-- nothing", "is empty"),
        ("SELECT 1; SELECT 2", "holds 2 statements"),
        ("SELECT 1; DROP TABLE sale", "holds 2 statements"),
        ("DELETE FROM sale", "no query but DELETE"),
        ("WITH a AS (SELECT 1) DELETE FROM sale", "no query but DELETE"),
        ("INSERT INTO sale SELECT 1", "no query but INSERT"),
        ("VALUES (1)", "no query but VALUES"),
        ("SELEC 1", "no query but SELEC"),
        ("SELECT a INTO b FROM c", "SELECT INTO makes a table"),
        ("SELECT a FROM b LIMIT 10", "no LIMIT"),
        ("SELECT 'a", "a quote or a comment does not end"),
        ("SELECT (1", "brackets do not match"),
        ("SELECT 1) + (2", "brackets do not match"),
    ],
)
def test_what_is_no_single_query_is_not_unloaded(query: str, said: str) -> None:
    with pytest.raises(LoadError, match=said) as caught:
        query_of(query)
    assert caught.value.next_step
