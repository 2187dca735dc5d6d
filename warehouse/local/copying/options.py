"""The parameters of a COPY, settled: what the defaults are, and what is not done here.

Which parameters there are and what they exclude is data: warehouse.redshift.copy_options, which the parser has asked.
Source: AWS copy-parameters-data-format, copy-parameters-data-conversion, copy-parameters-data-load.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from warehouse.local.copying.credentials import check_credentials
from warehouse.local.copying.failure import CopyError
from warehouse.redshift import copy_options as facts

# Parameters that are known and not emulated. The reading of each other one is somewhere in this package.
_NOT_EMULATED = ("ENCRYPTED", "MASTER_SYMMETRIC_KEY", "SSH", "READRATIO", "SHAPEFILE", "LZOP")


@dataclass(frozen=True)
class Layout:
    """How the bytes of a text file are cut into fields.

    `quote` is "" outside CSV; `widths` are characters a column, for a fixed-width file; `skip_lines` counts lines at
    the head of every file.
    """

    csv: bool = False
    delimiter: str = "|"
    quote: str = ""
    escape: bool = False
    remove_quotes: bool = False
    widths: tuple[int, ...] = ()
    skip_lines: int = 0
    skip_blank_lines: bool = False
    encoding: str = "UTF8"


@dataclass(frozen=True)
class Conversion:
    """What becomes of a field's text, in any format that is read record by record.

    `null_as` is None when no text stands for NULL.
    `replacement` stands for each byte that is no UTF-8, "" when there is none. `date_format` and `time_format` are
    "" for the default, "auto", a format string, and for times "epochsecs" and "epochmillisecs".
    """

    null_as: str | None = "\\N"
    empty_as_null: bool = False
    blanks_as_null: bool = False
    trim_blanks: bool = False
    truncate: bool = False
    fill: bool = False
    replacement: str = ""
    any_date: bool = False
    date_format: str = ""
    time_format: str = ""
    round: bool = False


@dataclass(frozen=True)
class CopyOptions:
    """A COPY's parameters.

    format         as copy_options.format_of names it
    argument       what stands behind JSON or AVRO: 'auto', 'noshred', a JSONPaths file
    layout         of text; a format of its own reads of it what concerns it (skip_lines, encoding)
    compression    "", GZIP, BZIP2 or ZSTD
    most_errors    the load fails when so many rows are rejected; None when no number of them fails it
    explicit_ids, manifest, no_load, serialize   flags of their parameters (serialize is SERIALIZETOJSON)
    encodings      COMPUPDATE: "", ON, OFF or PRESET; `sample` is COMPROWS
    statistics     STATUPDATE: "", ON or OFF
    """

    format: facts.Format
    argument: str
    layout: Layout
    conversion: Conversion
    compression: str = ""
    most_errors: int | None = 1
    manifest: bool = False
    explicit_ids: bool = False
    no_load: bool = False
    serialize: bool = False
    encodings: str = ""
    sample: int = 0
    statistics: str = ""


def copy_options(given: Mapping[str, Any]) -> CopyOptions:
    """Settle a COPY's parameters. Raises CopyError for what is not done here, and for arguments that cannot be."""
    for name in _NOT_EMULATED:
        if name in given:
            raise CopyError(
                f"not emulated: COPY parameter {name}",
                "0A000",
                hint="The embedded Redshift does not know this; a cluster may.",
            )
    check_credentials(given)
    form = facts.format_of(given)
    return CopyOptions(
        format=form,
        argument=given.get("JSON") or given.get("AVRO") or "auto",
        layout=_layout(given, form),
        conversion=_conversion(given, form),
        compression=next((name for name in ("GZIP", "BZIP2", "ZSTD") if name in given), ""),
        # 0 and 1 both stop at the first error.
        most_errors=None if "IGNOREALLERRORS" in given else max(given.get("MAXERROR", 0), 1),
        manifest="MANIFEST" in given,
        explicit_ids="EXPLICIT_IDS" in given,
        no_load="NOLOAD" in given,
        serialize="SERIALIZETOJSON" in given,
        encodings=given.get("COMPUPDATE", ""),
        sample=given.get("COMPROWS", 0),
        statistics=given.get("STATUPDATE", ""),
    )


def _layout(given: Mapping[str, Any], form: facts.Format) -> Layout:
    csv = form == "csv"
    layout = Layout(
        csv=csv,
        delimiter=one_character(given.get("DELIMITER", "," if csv else "|"), "DELIMITER"),
        quote=one_character(given.get("QUOTE", '"'), "QUOTE") if csv else "",
        escape="ESCAPE" in given,
        remove_quotes="REMOVEQUOTES" in given,
        widths=_widths(given["FIXEDWIDTH"]) if form == "fixedwidth" else (),
        skip_lines=given.get("IGNOREHEADER", 0),
        skip_blank_lines="IGNOREBLANKLINES" in given,
        encoding=given.get("ENCODING", "UTF8"),
    )
    if csv and layout.delimiter == layout.quote:
        raise CopyError("COPY delimiter and quote must be different", "22023")
    if layout.widths and layout.encoding != "UTF8":
        raise CopyError("FIXEDWIDTH files must be UTF8", "0A000")
    return layout


def _conversion(given: Mapping[str, Any], form: facts.Format) -> Conversion:
    replacement = given.get("ACCEPTINVCHARS")
    if replacement is not None:
        replacement = replacement or "?"
        if len(replacement) != 1 or not replacement.isascii() or replacement == "\0":
            raise CopyError("COPY ACCEPTINVCHARS takes a single ASCII character", "22023")
    # A marker is for text: the other formats say themselves what is NULL.
    null_as = given.get("NULL", "\\N") if form in ("text", "csv", "fixedwidth") else None
    if null_as and "\n" in null_as:
        raise CopyError("COPY null representation cannot use newline or carriage return", "22023")
    return Conversion(
        null_as={"\\0": "\0", "\\000": "\0"}.get(null_as, null_as) if null_as else null_as,
        empty_as_null="EMPTYASNULL" in given,
        blanks_as_null="BLANKSASNULL" in given,
        trim_blanks="TRIMBLANKS" in given,
        truncate="TRUNCATECOLUMNS" in given,
        fill="FILLRECORD" in given,
        replacement=replacement or "",
        any_date="ACCEPTANYDATE" in given,
        date_format=given.get("DATEFORMAT", ""),
        time_format=given.get("TIMEFORMAT", ""),
        round="ROUNDEC" in given,
    )


_WIDTH = re.compile(r"\s*[^:,]*:\s*(\d+)\s*")


def _widths(text: str) -> tuple[int, ...]:
    """'label:width, …' as widths."""
    found = [_WIDTH.fullmatch(part) for part in text.split(",")]
    widths = tuple(int(one.group(1)) for one in found if one)
    if len(widths) < len(found) or 0 in widths:
        raise CopyError(
            "Invalid FIXEDWIDTH specification",
            "22023",
            hint="Write 'label:width, label:width, …', one for each column.",
        )
    return widths


def one_character(value: str, name: str) -> str:
    """The character that an argument names: as it is, \\t, or octal \\ddd. Raises CopyError."""
    if value == "\\t":
        value = "\t"
    if re.fullmatch(r"\\[0-7]{1,3}", value):
        value = chr(int(value[1:], 8))
    if len(value) != 1 or ord(value) > 127 or value in "\r\n":
        raise CopyError(f"COPY {name.lower()} must be a single ASCII character", "22023")
    return value
