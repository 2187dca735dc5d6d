"""Types: one spelling, Redshift's meaning of what is left out, and refusals that say what to write instead."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.redshift.types import ALIASES, TYPES, UNSUPPORTED, RedshiftType, TypeRefused, parse_type

# From AWS: r_Character_types, r_Numeric_types201, c_Supported_data_types.
MEANINGS = {
    "VARCHAR": "character varying(256)",
    "VARCHAR(20)": "character varying(20)",
    "varchar(max)": "character varying(65535)",
    "nvarchar(7)": "character varying(7)",
    "CHARACTER VARYING(20)": "character varying(20)",
    "TEXT": "character varying(256)",
    "TEXT(900)": "character varying(256)",
    "CHAR": "character(1)",
    "nchar(3)": "character(3)",
    "CHAR(MAX)": "character(4096)",
    "BPCHAR": "character(256)",
    "NUMERIC": "numeric(18,0)",
    "DECIMAL(8, 2)": "numeric(8,2)",
    "DEC(38,37)": "numeric(38,37)",
    "NUMERIC(5)": "numeric(5,0)",
    "INT": "integer",
    "int2": "smallint",
    "INT8": "bigint",
    "FLOAT": "double precision",
    "FLOAT(24)": "real",
    "FLOAT(25)": "double precision",
    "FLOAT4": "real",
    "DOUBLE PRECISION": "double precision",
    "Bool": "boolean",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMPTZ": "timestamp with time zone",
    "TIMESTAMP  WITH TIME\nZONE": "timestamp with time zone",
    "TIMETZ": "time with time zone",
    "SUPER": "super",
    "VARBYTE(16)": "binary varying(16)",
    "VARBINARY(16)": "binary varying(16)",
    "GEOMETRY": "geometry",
}


@pytest.mark.parametrize(("spelled", "means"), MEANINGS.items())
def test_a_spelling_means(spelled: str, means: str) -> None:
    assert str(parse_type(spelled)) == means


@pytest.mark.parametrize("spelled", sorted(UNSUPPORTED))
def test_a_type_that_redshift_has_not_is_refused_with_a_way_out(spelled: str) -> None:
    with pytest.raises(TypeRefused) as refused:
        parse_type(spelled)
    assert spelled.upper() in refused.value.reason
    assert refused.value.instead.startswith("Write ")


@pytest.mark.parametrize(
    ("spelled", "says"),
    [
        ("VARCHAR(65536)", "1 to 65535 bytes"),
        ("VARCHAR(0)", "1 to 65535 bytes"),
        ("CHAR(4097)", "1 to 4096 bytes"),
        ("DECIMAL(39)", "1 to 38"),
        ("DECIMAL(5,6)", "at most the precision"),
        ("DECIMAL(0)", "1 to 38"),
        ("DECIMAL(1,2,3)", "not understood"),
        ("VARCHAR(a)", "not understood"),
        ("DECIMAL(MAX)", "not understood"),
        ("INTEGER(4)", "takes no argument"),
        ("TIMESTAMP(6) WITHOUT TIME ZONE", "takes no argument"),
        ("INTEGER[]", "no arrays"),
        ("FLOAT(54)", "1 to 53"),
        ("VARCHR(9)", "no type VARCHR"),
        ("", "not a type"),
        ("(5)", "not a type"),
    ],
)
def test_impossible_arguments_are_refused(spelled: str, says: str) -> None:
    with pytest.raises(TypeRefused, match=says):
        parse_type(spelled)


@st.composite
def types(draw: st.DrawFn) -> RedshiftType:
    fact = draw(st.sampled_from(list(TYPES.values())))
    if fact.arguments == "length":
        return RedshiftType(fact.name, (draw(st.integers(1, fact.most[0])),))
    if fact.arguments == "precision":
        precision = draw(st.integers(1, 38))
        return RedshiftType(fact.name, (precision, draw(st.integers(0, min(37, precision)))))
    return RedshiftType(fact.name)


@settings(deadline=None)  # shared machines stall
@given(types())
def test_the_catalogs_spelling_reads_back_as_itself(one: RedshiftType) -> None:
    assert parse_type(str(one)) == one
    assert parse_type(str(one).upper().replace(" ", "  ").replace("(", " ( ")) == one


@settings(deadline=None)  # shared machines stall
@given(st.text(max_size=40) | st.from_regex(r"[A-Z ]{1,12}\([0-9a-z, ]{0,8}\)[a-z ]{0,9}", fullmatch=True))
def test_any_text_is_a_type_or_refused(text: str) -> None:
    try:
        one = parse_type(text)
    except TypeRefused:
        return
    assert parse_type(str(one)) == one


def test_every_alias_names_a_type() -> None:
    assert set(ALIASES.values()) == set(TYPES)
    assert not set(ALIASES) & set(UNSUPPORTED)
