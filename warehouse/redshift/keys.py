"""Limits of a table's design and of names, as data.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
https://docs.aws.amazon.com/redshift/latest/dg/r_names.html
https://docs.aws.amazon.com/redshift/latest/dg/t_Sorting_data.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from warehouse.redshift.types import TYPES

DistStyle = Literal["auto", "even", "all", "key"]
SortStyle = Literal["auto", "none", "compound", "interleaved"]

# `none` is a decision to keep no sort key; CREATE TABLE has no word for it, ALTER TABLE says ALTER SORTKEY NONE.
DIST_STYLES: tuple[DistStyle, ...] = ("auto", "even", "all", "key")
SORT_STYLES: tuple[SortStyle, ...] = ("auto", "none", "compound", "interleaved")

MOST_SORT_COLUMNS: MappingProxyType[str, int] = MappingProxyType({"compound": 400, "interleaved": 8})
MOST_COLUMNS = 1600
# Longer names are cut, not refused, so two of them can become one.
MOST_NAME_BYTES = 127

# Types that cannot be a DISTKEY or a SORTKEY.
NOT_KEYS = frozenset(name for name, fact in TYPES.items() if not fact.key)
IDENTITY_TYPES = frozenset(name for name, fact in TYPES.items() if fact.identity)

# pg_class.reldiststyle / PG_CLASS_INFO.releffectivediststyle
# https://docs.aws.amazon.com/redshift/latest/dg/viewing-distribution-styles.html
DIST_STYLE_CODES: MappingProxyType[int, DistStyle] = MappingProxyType(
    {0: "even", 1: "key", 8: "all", 9: "auto", 10: "auto", 11: "auto", 12: "auto"}
)
