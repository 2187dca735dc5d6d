"""COPY's parameters: which exclude each other is data, read off AWS's pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.redshift.copy_options import COPY_OPTIONS, FORMATS, faults, format_of

TALK = {
    "IAM_ROLE": "arn:aws:iam::1:role/r",
    "REGION": "us-east-1",
    "REMOVEQUOTES": None,
    "NULL": "None",
    "EMPTYASNULL": None,
    "BLANKSASNULL": None,
    "DELIMITER": ",",
}


def test_the_talks_copy_is_sound() -> None:
    assert list(faults(TALK)) == []
    assert format_of(TALK) == "text"


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"CSV": None, "REMOVEQUOTES": None}, ["REMOVEQUOTES cannot stand with CSV"]),
        ({"CSV": None, "ESCAPE": None}, ["ESCAPE cannot stand with CSV"]),
        ({"CSV": None, "FIXEDWIDTH": "a:3"}, ["CSV and FIXEDWIDTH exclude each other"]),
        ({"QUOTE": "'"}, ["QUOTE needs CSV"]),
        ({"FIXEDWIDTH": "a:3", "DELIMITER": ","}, ["DELIMITER cannot stand with FIXEDWIDTH"]),
        ({"FIXEDWIDTH": "a:3", "ESCAPE": None}, ["ESCAPE cannot stand with FIXEDWIDTH"]),
        ({"JSON": "auto", "NULL": "x"}, ["NULL AS cannot stand with JSON"]),
        ({"JSON": "auto", "FILLRECORD": None}, ["FILLRECORD cannot stand with JSON"]),
        ({"JSON": "auto", "IGNOREBLANKLINES": None}, ["IGNOREBLANKLINES cannot stand with JSON"]),
        ({"PARQUET": None, "MAXERROR": 3}, ["MAXERROR cannot stand with PARQUET"]),
        ({"PARQUET": None, "GZIP": None}, ["GZIP cannot stand with PARQUET"]),
        ({"ORC": None, "REGION": "x"}, ["REGION AS cannot stand with ORC"]),
        ({"GZIP": None, "ZSTD": None}, ["GZIP and ZSTD exclude each other"]),
        ({"MAXERROR": 1, "IGNOREALLERRORS": None}, ["MAXERROR and IGNOREALLERRORS exclude each other"]),
        ({"MAXERROR": 100_001}, ["MAXERROR is 0 to 100000, not 100001"]),
        ({"MAXERROR": "2"}, ["MAXERROR takes a whole number"]),
        ({"IGNOREHEADER": -1}, ["IGNOREHEADER is 0 or more, not -1"]),
        ({"COMPROWS": 999}, ["COMPROWS is 1000 to 2147483647, not 999"]),
        ({"COMPUPDATE": "MAYBE"}, ["COMPUPDATE is one of ON, OFF, TRUE, FALSE, PRESET"]),
        ({"ENCODING": "utf16"}, []),
        ({"IAM_ROLE": "default", "CREDENTIALS": "x"}, ["IAM_ROLE and CREDENTIALS exclude each other"]),
        ({"ACCESS_KEY_ID": "x"}, ["ACCESS_KEY_ID needs SECRET_ACCESS_KEY"]),
        ({"PARALLEL": "ON"}, ["COPY has no parameter PARALLEL"]),
    ],
)
def test_what_cannot_stand_together(given_: dict[str, Any], says: list[str]) -> None:
    assert [fault.text for fault in faults(given_)] == says


def test_columnar_files_take_what_aws_lists_and_nothing_else() -> None:
    taken = {name for name, option in COPY_OPTIONS.items() if "parquet" not in option.excludes} - {
        name for name, option in COPY_OPTIONS.items() if option.group == "format"
    }
    assert taken == {
        "ACCEPTINVCHARS", "FILLRECORD",
        "IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN",
        "STATUPDATE", "MANIFEST", "EXPLICIT_IDS", "SERIALIZETOJSON",
    }  # fmt: skip


@pytest.mark.parametrize("option", COPY_OPTIONS.values(), ids=lambda option: option.name)
def test_a_row_is_consistent(option: Any) -> None:
    assert option.excludes <= set(FORMATS)
    assert option.conflicts <= set(COPY_OPTIONS)
    assert not option.needs or option.needs in COPY_OPTIONS
    assert (option.kind in ("word", "switch")) == bool(option.words)
    # Exclusion is mutual.
    assert all(
        option.name in COPY_OPTIONS[other].conflicts for other in option.conflicts if option.name != "SESSION_TOKEN"
    )


@settings(deadline=None)  # shared machines stall
@given(st.dictionaries(st.sampled_from(sorted(COPY_OPTIONS)), st.none(), max_size=6))
def test_each_pair_is_told_once(given_: dict[str, Any]) -> None:
    told = list(faults(given_))
    assert len(told) == len(set(told))
