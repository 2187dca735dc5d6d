"""The column types of Amazon Redshift, as data, and the one spelling that this library compares types in.

That spelling is the catalog's (what `format_type` and `PG_TABLE_DEF` print): `character varying(20)`,
`numeric(18,0)`, `timestamp without time zone`. So a type read from the warehouse needs no translation, and a declared
one meets it halfway: `str(parse_type("VARCHAR(20)"))`.

Lengths are BYTES, not characters.
https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html
https://docs.aws.amazon.com/redshift/latest/dg/r_Numeric_types201.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

Arguments = Literal["none", "length", "precision"]


class TypeRefused(ValueError):
    """Redshift has no such column type. `.reason` says why, `.instead` what to write."""

    def __init__(self, reason: str, instead: str) -> None:
        super().__init__(f"{reason}. {instead}")
        self.reason = reason
        self.instead = instead


# https://docs.aws.amazon.com/redshift/latest/dg/r_Numeric_types201.html
INTEGERS = ("smallint", "integer", "bigint")
NUMBERS = (*INTEGERS, "numeric", "real", "double precision")


@dataclass(frozen=True)
class TypeFact:
    """One type: its catalog name, its other spellings, its arguments, and what it may be used for."""

    name: str
    aliases: tuple[str, ...] = ()
    arguments: Arguments = "none"
    # What an omitted argument means, and the largest one allowed.
    default: tuple[int, ...] = ()
    most: tuple[int, ...] = ()
    # May it be a DISTKEY or a SORTKEY?  https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
    key: bool = True
    # May it be an IDENTITY column?
    identity: bool = False
    # What ENCODE AUTO starts with, when the column is no sort key.
    # https://docs.aws.amazon.com/redshift/latest/dg/c_Compression_encodings.html
    encoding: str = "az64"


# The largest VARBYTE was 1,024,000 and is 16,777,216 today; an older cluster refuses the larger one by itself.
_FACTS = (
    TypeFact("smallint", ("int2",)),
    TypeFact("integer", ("int", "int4"), identity=True),
    TypeFact("bigint", ("int8",), identity=True),
    TypeFact("numeric", ("decimal", "dec"), "precision", default=(18, 0), most=(38, 37)),
    TypeFact("real", ("float4",), encoding="raw"),
    TypeFact("double precision", ("float8", "double"), encoding="raw"),
    TypeFact("boolean", ("bool",), encoding="raw"),
    TypeFact("character", ("char", "nchar"), "length", default=(1,), most=(4096,), encoding="lzo"),
    TypeFact("character varying", ("varchar", "nvarchar"), "length", default=(256,), most=(65535,), encoding="lzo"),
    TypeFact("date"),
    TypeFact("time without time zone", ("time",)),
    TypeFact("time with time zone", ("timetz",)),
    TypeFact("timestamp without time zone", ("timestamp",)),
    TypeFact("timestamp with time zone", ("timestamptz",)),
    # https://docs.aws.amazon.com/redshift/latest/dg/r_interval_data_types.html: not among the types of keys, and in no
    # table of encodings.
    TypeFact("interval year to month", key=False, encoding="raw"),
    TypeFact("interval day to second", key=False, encoding="raw"),
    TypeFact("super", key=False, encoding="zstd"),
    TypeFact("binary varying", ("varbyte", "varbinary"), "length", (64000,), (16_777_216,), key=False, encoding="lzo"),
    TypeFact("geometry", key=False, encoding="raw"),
    TypeFact("geography", key=False, encoding="raw"),
    TypeFact("hllsketch", key=False, encoding="raw"),
)

TYPES: MappingProxyType[str, TypeFact] = MappingProxyType({fact.name: fact for fact in _FACTS})
ALIASES: MappingProxyType[str, str] = MappingProxyType(
    {spelling: fact.name for fact in _FACTS for spelling in (fact.name, *fact.aliases)}
)

# Types of PostgreSQL that Redshift has not, and what to write instead.
# https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-datatypes.html
_SERIAL = "Write INTEGER or BIGINT with identity=(1, 1)."
_SUPER = "Write SUPER, or VARCHAR when the value is only kept."
_TEXTUAL = "Write VARCHAR with a length in bytes."
UNSUPPORTED: MappingProxyType[str, str] = MappingProxyType(
    {
        "smallserial": _SERIAL,
        "serial": _SERIAL,
        "serial2": _SERIAL,
        "serial4": _SERIAL,
        "serial8": _SERIAL,
        "bigserial": _SERIAL,
        "uuid": "Write CHAR(36), or VARBYTE(16).",
        "json": _SUPER,
        "jsonb": _SUPER,
        "array": _SUPER,
        "hstore": _SUPER,
        "bytea": "Write VARBYTE with a length in bytes.",
        "blob": "Write VARBYTE with a length in bytes.",
        "interval": "Write INTERVAL YEAR TO MONTH or INTERVAL DAY TO SECOND, or BIGINT with the unit in its name.",
        "money": "Write DECIMAL with a precision and a scale.",
        "bit": "Write BOOLEAN, or BIGINT for a bit mask.",
        "bit varying": "Write BOOLEAN, or BIGINT for a bit mask.",
        "xml": _TEXTUAL,
        "inet": _TEXTUAL,
        "cidr": _TEXTUAL,
        "macaddr": _TEXTUAL,
        "citext": _TEXTUAL,
        "enum": _TEXTUAL,
        "tsvector": _TEXTUAL,
        "oid": "Write BIGINT.",
    }
)

# TIMESTAMP(6) WITHOUT TIME ZONE has its argument in the middle.
_SPELLING = re.compile(r"(?P<name>[^()]+)(?:\((?P<arguments>[^()]*)\)(?P<rest>[^()]*))?")


@dataclass(frozen=True)
class RedshiftType:
    """A column type with its arguments. `str()` is the catalog's spelling, the one that types are compared in."""

    name: str
    arguments: tuple[int, ...] = ()

    @property
    def fact(self) -> TypeFact:
        return TYPES[self.name]

    def __str__(self) -> str:
        return f"{self.name}({','.join(map(str, self.arguments))})" if self.arguments else self.name


@cache
def parse_type(text: str) -> RedshiftType:
    """Read any spelling of a type; omitted arguments become what Redshift makes of them.

    `TEXT` is VARCHAR(256), `NUMERIC` is NUMERIC(18,0), `MAX` the largest length, `FLOAT(24)` REAL.
    Raises TypeRefused for a type that Redshift has not, or arguments that it refuses.
    """
    plain = " ".join(text.lower().replace('"', "").split())
    if plain.endswith("]"):
        raise TypeRefused(f"Redshift has no arrays ({text})", UNSUPPORTED["array"])
    found = _SPELLING.fullmatch(plain)
    if found is None:
        raise TypeRefused(f"{text!r} is not a type", "Write one of " + ", ".join(TYPES) + ".")
    spelled = " ".join(f"{found['name']} {found['rest'] or ''}".split())
    given = [part.strip() for part in found["arguments"].split(",")] if found["arguments"] is not None else []
    if spelled == "float":
        return _float(text, given)
    if spelled in ("text", "bpchar"):
        # Both mean 256 bytes, whatever length is written; TEXT varies, BPCHAR is padded.
        return RedshiftType("character varying" if spelled == "text" else "character", (256,))
    if spelled in UNSUPPORTED:
        raise TypeRefused(f"Redshift has no type {spelled.upper()}", UNSUPPORTED[spelled])
    name = ALIASES.get(spelled)
    if name is None:
        raise TypeRefused(f"Redshift has no type {spelled.upper()}", "Write one of " + ", ".join(TYPES) + ".")
    return _with_arguments(TYPES[name], text, given)


def _float(text: str, given: list[str]) -> RedshiftType:
    # FLOAT(1..24) is REAL, FLOAT(25..53) and plain FLOAT are DOUBLE PRECISION.
    if not given:
        return RedshiftType("double precision")
    if len(given) != 1 or not given[0].isdecimal() or not 1 <= int(given[0]) <= 53:
        raise TypeRefused(f"{text}: the precision of FLOAT is 1 to 53", "Write REAL or DOUBLE PRECISION.")
    return RedshiftType("real" if int(given[0]) <= 24 else "double precision")


def _with_arguments(fact: TypeFact, text: str, given: list[str]) -> RedshiftType:
    if fact.arguments == "none":
        if given:
            raise TypeRefused(f"{text}: the type takes no argument", f"Write {fact.name.upper()}.")
        return RedshiftType(fact.name)
    if given == ["max"] and fact.arguments == "length":
        return RedshiftType(fact.name, fact.most)
    if not all(part.isdecimal() for part in given) or len(given) > len(fact.most):
        raise TypeRefused(f"{text}: the arguments are not understood", f"Write {_example(fact)}.")
    arguments = (*map(int, given), *fact.default[len(given) :])
    if fact.arguments == "length":
        if not 1 <= arguments[0] <= fact.most[0]:
            raise TypeRefused(
                f"{text}: the length is 1 to {fact.most[0]} bytes",
                "Shorten it, or split the value over several columns.",
            )
    elif not (1 <= arguments[0] <= fact.most[0] and arguments[1] <= min(fact.most[1], arguments[0])):
        raise TypeRefused(
            f"{text}: the precision is 1 to {fact.most[0]}, the scale 0 to {fact.most[1]} and at most the precision",
            f"Write {_example(fact)}.",
        )
    return RedshiftType(fact.name, arguments)


def _example(fact: TypeFact) -> str:
    return str(RedshiftType(fact.name, fact.default)).upper()
