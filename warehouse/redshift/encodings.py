"""Column encodings and the types they may compress, as data.

https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
https://docs.aws.amazon.com/redshift/latest/dg/az64-encoding.html
https://docs.aws.amazon.com/redshift/latest/dg/c_MostlyN_encoding.html

AWS's table names the twelve older types only. `verdict` therefore knows three answers: *documented*; *refused* (the
table names the type and leaves the encoding out); *undocumented* (the table says nothing about the type, TIME or
SUPER for instance: the cluster decides).
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Literal

from warehouse.redshift.types import TYPES

Verdict = Literal["documented", "refused", "undocumented"]

RAW = "raw"

_WHOLE = frozenset({"smallint", "integer", "bigint"})
_EXACT = _WHOLE | {"numeric"}
_INEXACT = frozenset({"real", "double precision"})
_MOMENTS = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_TEXT = frozenset({"character", "character varying"})
_EXACT_AND_MOMENTS = _EXACT | _MOMENTS
# The types that AWS's table speaks about.
_COVERED = _EXACT | _INEXACT | _MOMENTS | _TEXT | {"boolean"}
# What ENCODE AUTO itself chooses is allowed, although the table leaves these types out.
_CLOCKS = frozenset({"time without time zone", "time with time zone"})

ENCODINGS: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        RAW: frozenset(TYPES),
        "az64": _EXACT_AND_MOMENTS | _CLOCKS,
        "bytedict": _EXACT_AND_MOMENTS | _INEXACT | _TEXT,
        "delta": _EXACT_AND_MOMENTS - {"timestamp with time zone"},
        "delta32k": _EXACT_AND_MOMENTS - {"timestamp with time zone", "smallint"},
        "lzo": _EXACT_AND_MOMENTS | _TEXT | {"binary varying"},
        "mostly8": _EXACT,
        "mostly16": _EXACT - {"smallint"},
        "mostly32": _EXACT - {"smallint", "integer"},
        "runlength": _COVERED,
        "text255": frozenset({"character varying"}),
        "text32k": frozenset({"character varying"}),
        "zstd": _COVERED | {"super"},
    }
)

# The catalog prints RAW as `none`.
_SPELLINGS = MappingProxyType({"none": RAW})

# VARCHAR columns under these encodings can never be widened in place.
# https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
NOT_WIDENABLE = frozenset({"bytedict", "runlength", "text255", "text32k"})


@cache
def canonical_encoding(name: str) -> str:
    """The one spelling of an encoding: lower case, `raw` for what the catalog calls `none`. Unknown names pass
    through."""
    plain = name.strip().lower()
    return _SPELLINGS.get(plain, plain)


def default_encoding(type_name: str, *, sort_key: bool = False) -> str:
    """What ENCODE AUTO starts a column of this type with; sort key columns stay raw."""
    return RAW if sort_key else TYPES[type_name].encoding


def allowed_encodings(type_name: str) -> tuple[str, ...]:
    """The documented encodings of a type, in the order of AWS's table."""
    return tuple(name for name, types in ENCODINGS.items() if type_name in types)


def verdict(encoding: str, type_name: str) -> Verdict:
    """May a column of this type have this encoding? Raises KeyError for an encoding that does not exist."""
    types = ENCODINGS[encoding]
    if type_name in types:
        return "documented"
    # TEXT255/TEXT32K are word dictionaries and MOSTLYn are integer widths: documented as bound to their types.
    bound = encoding.startswith(("text", "mostly"))
    return "refused" if bound or type_name in _COVERED else "undocumented"
