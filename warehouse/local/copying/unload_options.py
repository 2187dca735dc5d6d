"""The parameters of an UNLOAD, settled: which exclude each other, what the defaults are, what is not done here.

Source: AWS r_UNLOAD, "Parameters" and "Usage notes"; the words `ADDQUOTES is not supported for UNLOAD to CSV` are those
of a cluster.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from warehouse.local.copying.credentials import check_credentials
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.options import one_character

Format = Literal["text", "csv", "fixedwidth", "json", "parquet"]
Compression = Literal["", "gzip", "bzip2", "zstd"]

# How each format is spelled in an error, and what it cannot stand with.
_EXCLUDED: dict[Format, tuple[str, ...]] = {
    "text": (),
    # ESCAPE is a rule of ours to AWS's list: in CSV the quotes do its work, and COPY's CSV does not take it either.
    "csv": ("FIXEDWIDTH", "ADDQUOTES", "ESCAPE"),
    "fixedwidth": ("DELIMITER", "HEADER", "ADDQUOTES", "ESCAPE"),
    "json": ("DELIMITER", "HEADER", "FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "NULL"),
    "parquet": (
        "DELIMITER", "FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "NULL", "HEADER", "GZIP", "BZIP2", "ZSTD",
    ),
}  # fmt: skip
_WRITTEN = {"NULL": "NULL AS"}
_COMPRESSIONS: dict[str, Compression] = {"GZIP": "gzip", "BZIP2": "bzip2", "ZSTD": "zstd"}
_SUFFIXES: dict[Compression, str] = {"": "", "gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}
_MB, _GB = 1 << 20, 1 << 30
_LARGEST = 6.2 * _GB
_ROW_GROUP = 32 * _MB


@dataclass(frozen=True)
class UnloadOptions:
    """An UNLOAD's parameters.

    `file_bytes` is the size at which a file ends, `row_group_bytes` that of a Parquet row group, `widths` those of the
    columns of FIXEDWIDTH, in characters.
    """

    format: Format
    delimiter: str
    header: bool
    add_quotes: bool
    escape: bool
    null_as: str
    widths: tuple[int, ...]
    compression: Compression
    suffix: str
    manifest: bool
    verbose: bool
    overwrite: bool
    clean: bool
    parallel: bool
    file_bytes: int
    row_group_bytes: int
    partition_by: tuple[str, ...]
    include: bool
    kms_key: str


def unload_options(given: dict[str, Any]) -> UnloadOptions:
    """Settle an UNLOAD's parameters. Raises CopyError."""
    check_credentials(given)
    form = _format(given)
    for name in _EXCLUDED[form]:
        if name in given:
            raise CopyError(f"{_WRITTEN.get(name, name)} is not supported for UNLOAD to {_named(form)}", "0A000")
    if "CLEANPATH" in given and "ALLOWOVERWRITE" in given:
        raise CopyError("CLEANPATH cannot be used with ALLOWOVERWRITE", "0A000")
    compressions = [name for name in _COMPRESSIONS if name in given]
    if len(compressions) > 1:
        raise CopyError(f"{compressions[0]} and {compressions[1]} exclude each other", "42601")
    compression = _COMPRESSIONS[compressions[0]] if compressions else ""
    partition_by, include = given.get("PARTITION", ((), False))
    return UnloadOptions(
        format=form,
        delimiter=_delimiter(given, form),
        header="HEADER" in given,
        add_quotes="ADDQUOTES" in given,
        escape="ESCAPE" in given,
        null_as=given.get("NULL", ""),
        widths=_widths(given["FIXEDWIDTH"]) if form == "fixedwidth" else (),
        compression=compression,
        suffix=_suffix(given, form, compression),
        manifest="MANIFEST" in given,
        verbose=given.get("MANIFEST") == "VERBOSE",
        overwrite="ALLOWOVERWRITE" in given,
        clean="CLEANPATH" in given,
        parallel=given.get("PARALLEL", "ON") == "ON",
        file_bytes=_file_bytes(given, form),
        row_group_bytes=_row_group_bytes(given, form),
        partition_by=partition_by,
        include=include,
        kms_key=_kms_key(given, form),
    )


def _format(given: dict[str, Any]) -> Format:
    said = [name for name in ("CSV", "PARQUET", "JSON") if name in given]
    if len(said) > 1:
        raise CopyError(f"{said[0]} and {said[1]} exclude each other", "42601")
    if said:
        return {"CSV": "csv", "PARQUET": "parquet", "JSON": "json"}[said[0]]  # type: ignore[return-value]
    return "fixedwidth" if "FIXEDWIDTH" in given else "text"


def _named(form: Format) -> str:
    return {"text": "delimited text"}.get(form, form.upper())


def _delimiter(given: dict[str, Any], form: Format) -> str:
    delimiter = one_character(given.get("DELIMITER", "," if form == "csv" else "|"), "DELIMITER")
    if delimiter in "\n\r" or (form == "csv" and delimiter == '"'):
        raise CopyError(f"UNLOAD delimiter cannot be {delimiter!r}", "22023")
    return delimiter


def _widths(spec: str) -> tuple[int, ...]:
    """'label:width,…'; the labels name nothing, as in COPY."""
    found = []
    for part in spec.split(","):
        _, colon, width = part.rpartition(":")
        if not colon or not width.strip().isdecimal() or not int(width):
            raise CopyError(f"Invalid fixedwidth specification: {part.strip()!r} is not 'label:width'", "22023")
        found.append(int(width))
    return tuple(found)


def _suffix(given: dict[str, Any], form: Format, compression: Compression) -> str:
    """EXTENSION replaces the suffix of a compression. AWS's example writes 'txt.gz' without a dot of its own."""
    if "EXTENSION" in given:
        extension: str = given["EXTENSION"]
        return extension if extension.startswith(".") or not extension else f".{extension}"
    return ".parquet" if form == "parquet" else _SUFFIXES[compression]


def _file_bytes(given: dict[str, Any], form: Format) -> int:
    size = given.get("MAXFILESIZE", _LARGEST)
    if not 5 * _MB <= size <= _LARGEST:
        raise CopyError("MAXFILESIZE must be between 5 MB and 6.2 GB", "22023")
    if form == "parquet" and size >= _ROW_GROUP:
        size -= size % _ROW_GROUP
    return int(size)


def _row_group_bytes(given: dict[str, Any], form: Format) -> int:
    size = given.get("ROWGROUPSIZE", _ROW_GROUP)
    if "ROWGROUPSIZE" in given and form != "parquet":
        raise CopyError("ROWGROUPSIZE is only supported for UNLOAD to PARQUET", "0A000")
    if not 32 * _MB <= size <= 128 * _MB or size % _MB:
        raise CopyError("ROWGROUPSIZE must be a whole number between 32 MB and 128 MB", "22023")
    return int(size)


_MASTER_KEY = re.compile(r"(^|;)\s*master_symmetric_key=", re.IGNORECASE)


def _kms_key(given: dict[str, Any], form: Format) -> str:
    """The KMS key by which S3 encrypts the files. The key of a client is for the cluster alone to use."""
    encrypted = given.get("ENCRYPTED")
    client_side = "MASTER_SYMMETRIC_KEY" in given or bool(_MASTER_KEY.search(given.get("CREDENTIALS", "")))
    for name in ("KMS_KEY_ID", "MASTER_SYMMETRIC_KEY"):
        if name in given and not encrypted:
            raise CopyError(f"{name} needs ENCRYPTED", "42601")
        if name in given and "CREDENTIALS" in given:
            raise CopyError(f"{name} cannot be used with CREDENTIALS", "0A000")
    if encrypted == "AUTO" and ("KMS_KEY_ID" in given or client_side):
        raise CopyError("ENCRYPTED AUTO cannot be used with KMS_KEY_ID or MASTER_SYMMETRIC_KEY", "0A000")
    if encrypted and client_side:
        if form == "parquet":
            raise CopyError("PARQUET with ENCRYPTED is only supported with a KMS key", "0A000")
        raise CopyError(
            "not emulated: UNLOAD parameter MASTER_SYMMETRIC_KEY",
            "0A000",
            hint="AWS ends client-side encryption of UNLOAD; say KMS_KEY_ID, or leave the encryption to S3.",
        )
    # ENCRYPTED by itself asks for what S3 does anyway; awswrangler's UNLOADs all say it.
    key: str = given.get("KMS_KEY_ID", "")
    return key
