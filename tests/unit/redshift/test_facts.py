"""Encodings, keys, words: the facts agree with AWS's tables and with each other."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import warehouse.redshift
from warehouse.redshift import encodings, keys, words
from warehouse.redshift.encodings import ENCODINGS, allowed_encodings, canonical_encoding, default_encoding, verdict
from warehouse.redshift.types import TYPES

# c_Compression_encodings, row by row; r_CREATE_TABLE_NEW for what ENCODE AUTO chooses.
DOCUMENTED = {
    ("az64", "smallint"): True,
    ("az64", "timestamp with time zone"): True,
    ("az64", "character varying"): False,
    ("az64", "real"): False,
    ("bytedict", "double precision"): True,
    ("bytedict", "character"): True,
    ("bytedict", "boolean"): False,
    ("delta", "smallint"): True,
    ("delta32k", "smallint"): False,
    ("delta32k", "bigint"): True,
    ("lzo", "character varying"): True,
    ("lzo", "boolean"): False,
    ("lzo", "real"): False,
    ("lzo", "double precision"): False,
    ("mostly8", "smallint"): True,
    ("mostly16", "smallint"): False,
    ("mostly16", "integer"): True,
    ("mostly32", "integer"): False,
    ("mostly32", "bigint"): True,
    ("mostly8", "character varying"): False,
    ("runlength", "boolean"): True,
    ("text255", "character varying"): True,
    ("text255", "character"): False,
    ("text32k", "super"): False,
    ("zstd", "boolean"): True,
    ("zstd", "real"): True,
    ("raw", "geometry"): True,
}


@pytest.mark.parametrize(("encoding", "type_name"), DOCUMENTED)
def test_an_encoding_takes_the_types_that_aws_lists(encoding: str, type_name: str) -> None:
    expected = "documented" if DOCUMENTED[encoding, type_name] else "refused"
    assert verdict(encoding, type_name) == expected


def test_types_that_the_table_leaves_out_are_neither_documented_nor_refused() -> None:
    assert verdict("lzo", "super") == "undocumented"
    assert verdict("zstd", "time without time zone") == "undocumented"


@pytest.mark.parametrize("type_name", TYPES)
def test_what_redshift_chooses_by_itself_is_allowed(type_name: str) -> None:
    assert default_encoding(type_name) in allowed_encodings(type_name)
    assert default_encoding(type_name, sort_key=True) == "raw"


def test_encodings_name_known_types_only() -> None:
    assert set().union(*ENCODINGS.values()) == set(TYPES)


def test_an_unknown_encoding_has_no_verdict() -> None:
    with pytest.raises(KeyError):
        verdict("mostly99", "integer")


def test_the_catalogs_spelling_of_raw() -> None:
    assert canonical_encoding("none") == canonical_encoding("RAW ") == "raw"
    assert canonical_encoding("ZSTD") == "zstd"


def test_documents_cannot_be_keys() -> None:
    durations = {"interval year to month", "interval day to second"}
    assert {"super", "binary varying", "geometry", "geography", "hllsketch"} | durations == keys.NOT_KEYS
    assert {"integer", "bigint"} == keys.IDENTITY_TYPES


def test_distribution_codes_cover_every_auto() -> None:
    assert [keys.DIST_STYLE_CODES[code] for code in (0, 1, 8, 9, 10, 11, 12)] == [
        "even", "key", "all", "auto", "auto", "auto", "auto",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["tag", "TOP", "snapshot", "Timestamp"])
def test_reserved_words_of_redshift_itself(name: str) -> None:
    assert words.is_reserved(name)


def test_plain_names_are_not_reserved() -> None:
    assert not any(map(words.is_reserved, ("year", "type", "model", "flight", "origin", "name")))


def test_the_dialects_reserved_words_are_known() -> None:
    from sqlalchemy_redshift.dialect import RESERVED_WORDS

    assert RESERVED_WORDS <= words.RESERVED


def test_encodings_that_block_widening_exist() -> None:
    assert set(ENCODINGS) > encodings.NOT_WIDENABLE


def test_the_facts_need_the_standard_library_only() -> None:
    folder = Path(warehouse.redshift.__file__).parent
    imported = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"warehouse"}


@pytest.mark.parametrize(
    "path", sorted(Path(warehouse.redshift.__file__).parent.glob("[a-z]*.py")), ids=lambda p: p.name
)
def test_each_fact_names_its_page(path: Path) -> None:
    assert "https://docs.aws.amazon.com/redshift/" in path.read_text(encoding="utf-8")
