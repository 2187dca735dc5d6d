"""The parameters of COPY as data: a row per parameter, read by the statement builder and by the embedded server's
parser.

https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-source-s3.html       source
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-authorization.html        authorization
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-format.html          format
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-file-compression.html     compression
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-conversion.html      conversion
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-load.html            load
https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html  what Parquet and ORC take
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

# `text` is COPY without a format: fields between delimiters, quotes are data.
Format = Literal["text", "csv", "fixedwidth", "json", "avro", "parquet", "orc", "shapefile"]
FORMATS: tuple[Format, ...] = ("text", "csv", "fixedwidth", "json", "avro", "parquet", "orc", "shapefile")

# What stands behind the word; AS may stand between. `string?` may be left out, `switch` is ON, OFF or nothing (ON),
# `credential` is a string or the word DEFAULT.
Kind = Literal["flag", "string", "string?", "integer", "word", "switch", "credential"]
Group = Literal["source", "authorization", "format", "compression", "conversion", "load"]

_COLUMNAR: frozenset[Format] = frozenset({"parquet", "orc"})
_SHREDDED: frozenset[Format] = frozenset({"json", "avro"})
_FIXED: frozenset[Format] = frozenset({"fixedwidth"})
_CSV: frozenset[Format] = frozenset({"csv"})
_AVRO: frozenset[Format] = frozenset({"avro"})
_SHAPES: frozenset[Format] = frozenset({"shapefile"})
_ALL: frozenset[Format] = frozenset(FORMATS)
# The page of AVRO names no exclusions of its own; it reads as JSON does (unverified).
_NOT_LINES = _COLUMNAR | _SHREDDED | _SHAPES


@dataclass(frozen=True)
class CopyOption:
    """One parameter. `excludes` are the formats it cannot stand with, `conflicts` the parameters."""

    name: str
    kind: Kind
    group: Group
    excludes: frozenset[Format] = frozenset()
    conflicts: frozenset[str] = frozenset()
    # The words a `word` or `switch` takes.
    words: tuple[str, ...] = ()
    # The bounds of an `integer`.
    least: int = 0
    most: int | None = None
    # The argument that says what holds anyhow: no format refuses it. dlt ends each COPY with MAXERROR 0.
    idle: int | None = None
    # The parameter that must stand beside it.
    needs: str = ""
    # How it is written, where that is more than its name: NULL AS.
    written: str = ""

    @property
    def spelling(self) -> str:
        return self.written or self.name


def _row(
    name: str, kind: Kind, group: Group, excludes: frozenset[Format] = _COLUMNAR, *, conflicts: str = "", **more: Any
) -> CopyOption:
    return CopyOption(name, kind, group, excludes, frozenset(conflicts.split()), **more)


_ANY: frozenset[Format] = frozenset()
_KEYS = "IAM_ROLE CREDENTIALS"
_COMPRESSIONS = ("GZIP", "BZIP2", "LZOP", "ZSTD")


def _compression(name: str) -> CopyOption:
    # Parquet and ORC say themselves how they are compressed; an AVRO file does, too.
    others = " ".join(one for one in _COMPRESSIONS if one != name)
    return _row(name, "flag", "compression", _COLUMNAR | _AVRO, conflicts=others)


_OPTIONS = (
    # Source. Columnar files must lie in the cluster's own region.
    _row("MANIFEST", "flag", "source", _ANY),
    _row("REGION", "string", "source", written="REGION AS"),
    _row("ENCRYPTED", "flag", "source"),
    _row("MASTER_SYMMETRIC_KEY", "string", "source", needs="ENCRYPTED"),
    # For COPY from DynamoDB only.
    _row("READRATIO", "integer", "source", _ALL - {"text"}, least=1, most=200),
    _row("SSH", "flag", "source"),
    # Authorization: exactly one of the three ways.
    _row("IAM_ROLE", "credential", "authorization", _ANY, conflicts="CREDENTIALS ACCESS_KEY_ID SECRET_ACCESS_KEY"),
    _row("CREDENTIALS", "string", "authorization", _ANY, conflicts="IAM_ROLE ACCESS_KEY_ID SECRET_ACCESS_KEY"),
    _row("ACCESS_KEY_ID", "string", "authorization", _ANY, conflicts=_KEYS, needs="SECRET_ACCESS_KEY"),
    _row("SECRET_ACCESS_KEY", "string", "authorization", _ANY, conflicts=_KEYS, needs="ACCESS_KEY_ID"),
    _row("SESSION_TOKEN", "string", "authorization", _ANY, conflicts=_KEYS, needs="ACCESS_KEY_ID"),
    # Format. That a statement has one of them is asked of `format_of`.
    _row("CSV", "flag", "format", _ANY),
    _row("QUOTE", "string", "format", _ALL - _CSV, needs="CSV", written="QUOTE AS"),
    _row("DELIMITER", "string", "format", _NOT_LINES | _FIXED),
    _row("FIXEDWIDTH", "string", "format", _ANY),
    _row("JSON", "string?", "format", _ANY),
    _row("AVRO", "string?", "format", _ANY),
    _row("PARQUET", "flag", "format", _ANY),
    _row("ORC", "flag", "format", _ANY),
    _row("SHAPEFILE", "flag", "format", _ANY),
    *map(_compression, _COMPRESSIONS),
    # Conversion.
    _row("NULL", "string", "conversion", _NOT_LINES, written="NULL AS"),
    _row("EMPTYASNULL", "flag", "conversion"),
    _row("BLANKSASNULL", "flag", "conversion"),
    _row("TRIMBLANKS", "flag", "conversion"),
    _row("REMOVEQUOTES", "flag", "conversion", _NOT_LINES | _CSV),
    _row("ESCAPE", "flag", "conversion", _NOT_LINES | _FIXED | _CSV),
    _row("TRUNCATECOLUMNS", "flag", "conversion"),
    _row("FILLRECORD", "flag", "conversion", _SHREDDED),
    _row("IGNOREHEADER", "integer", "conversion"),
    _row("IGNOREBLANKLINES", "flag", "conversion", _NOT_LINES),
    _row("ACCEPTINVCHARS", "string?", "conversion", _ANY),
    _row("ACCEPTANYDATE", "flag", "conversion"),
    _row("DATEFORMAT", "string", "conversion"),
    _row("TIMEFORMAT", "string", "conversion"),
    _row("ROUNDEC", "flag", "conversion"),
    # A fixed-width file is UTF-8. ISO88591 came with patch 183.
    _row("ENCODING", "word", "conversion", words=("UTF8", "UTF16", "UTF16LE", "UTF16BE", "ISO88591")),
    _row("EXPLICIT_IDS", "flag", "conversion", _ANY),
    _row("SERIALIZETOJSON", "flag", "conversion", _ALL - _COLUMNAR),
    # Load.
    _row("MAXERROR", "integer", "load", conflicts="IGNOREALLERRORS", most=100_000, idle=0),
    _row("IGNOREALLERRORS", "flag", "load", conflicts="MAXERROR"),
    _row("NOLOAD", "flag", "load"),
    _row("COMPROWS", "integer", "load", least=1000, most=2_147_483_647),
    _row("COMPUPDATE", "switch", "load", words=("ON", "OFF", "TRUE", "FALSE", "PRESET")),
    _row("STATUPDATE", "switch", "load", _ANY, words=("ON", "OFF", "TRUE", "FALSE")),
)

COPY_OPTIONS: Mapping[str, CopyOption] = MappingProxyType({option.name: option for option in _OPTIONS})

_FORMAT_WORDS: Mapping[str, Format] = MappingProxyType(
    {
        "CSV": "csv",
        "FIXEDWIDTH": "fixedwidth",
        "JSON": "json",
        "AVRO": "avro",
        "PARQUET": "parquet",
        "ORC": "orc",
        "SHAPEFILE": "shapefile",
    }
)


def format_of(given: Mapping[str, Any]) -> Format:
    """The format that parameters (name -> argument) ask for; `text` when they name none.

    Raises ValueError when they name two.
    """
    said = [name for name in given if name in _FORMAT_WORDS]
    if len(said) > 1:
        raise ValueError(f"{' and '.join(said)} exclude each other")
    return _FORMAT_WORDS[said[0]] if said else "text"


class Fault(NamedTuple):
    """What is wrong with a statement's parameters: a clause of a sentence, and the SQLSTATE that fits it."""

    text: str
    sqlstate: str


def faults(given: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a statement's parameters (name -> argument; True or None for a flag)."""
    unknown = [name for name in given if name not in COPY_OPTIONS]
    for name in unknown:
        yield Fault(f"COPY has no parameter {name}", "42601")
    try:
        form = format_of(given)
    except ValueError as error:
        yield Fault(str(error), "42601")
        return
    told: set[frozenset[str]] = set()
    for name, argument in given.items():
        if name in unknown:
            continue
        option = COPY_OPTIONS[name]
        if option.needs and option.needs not in given:
            yield Fault(f"{option.name} needs {option.needs}", "42601")
        elif form in option.excludes and (option.idle is None or argument != option.idle):
            beside = "delimited text" if form == "text" else form.upper()
            yield Fault(f"{option.spelling} cannot stand with {beside}", "0A000")
        for other in sorted(option.conflicts & set(given)):
            if frozenset({name, other}) not in told:
                told.add(frozenset({name, other}))
                yield Fault(f"{name} and {other} exclude each other", "42601")
        if argument is not None:
            for text in _argument_faults(option, argument):
                yield Fault(text, "22023")


def _argument_faults(option: CopyOption, argument: Any) -> Iterator[str]:
    if option.kind == "integer":
        most = option.most
        if not isinstance(argument, int) or isinstance(argument, bool):
            yield f"{option.name} takes a whole number"
        elif argument < option.least or (most is not None and argument > most):
            bounds = f"{option.least} to {most}" if most is not None else f"{option.least} or more"
            yield f"{option.name} is {bounds}, not {argument}"
    elif option.words and str(argument).upper() not in option.words:
        yield f"{option.name} is one of {', '.join(option.words)}"
