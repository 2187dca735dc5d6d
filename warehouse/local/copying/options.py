"""The parameters of a COPY, settled: which are done here, which exclude each other, what the defaults are.

Source: AWS copy-parameters-data-format, copy-parameters-data-conversion, copy-parameters-data-load, copy-parameters-
authorization.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from warehouse.local.copying.failure import CopyError

# Parameters that are read and have nothing to do here: they steer statistics and compression of a real cluster.
_NO_EFFECT = {"STATUPDATE", "COMPUPDATE", "COMPROWS", "REGION", "ENCRYPTED"}
_COPY_DONE = {
    "IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "MANIFEST", "CSV", "QUOTE",
    "DELIMITER", "PARQUET", "GZIP", "NULL", "EMPTYASNULL", "BLANKSASNULL", "REMOVEQUOTES", "IGNOREHEADER",
    "IGNOREBLANKLINES", "DATEFORMAT", "TIMEFORMAT", "EXPLICIT_IDS", "MAXERROR",
}  # fmt: skip
_CREDENTIALS = {"IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID"}
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+(,arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+)*")
_STRING_FORM = re.compile(
    r"(aws_iam_role=.+|aws_access_key_id=[^;]+;aws_secret_access_key=[^;]+(;token=[^;]+)?)(;master_symmetric_key=[^;]+)?"
)


@dataclass(frozen=True)
class Text:
    """How a text file reads. `null_as` marks NULL; `quote` is "" outside CSV."""

    csv: bool
    delimiter: str
    quote: str
    null_as: str
    empty_as_null: bool
    blanks_as_null: bool
    remove_quotes: bool
    skip_lines: int
    skip_blank_lines: bool
    date_format: str
    time_format: str


@dataclass(frozen=True)
class CopyOptions:
    """A COPY's parameters. `text` is None for a columnar format."""

    text: Text | None
    gzip: bool
    manifest: bool


def copy_options(given: dict[str, Any]) -> CopyOptions:
    """Settle a COPY's parameters. Raises CopyError for what is not done here, and for what AWS excludes."""
    known(given, _COPY_DONE, "COPY")
    check_credentials(given)
    if given.get("MAXERROR", 0) > 1:
        raise CopyError("not emulated: COPY parameter MAXERROR above 1", "0A000")
    if "CSV" in given and "REMOVEQUOTES" in given:
        raise CopyError("CSV is not compatible with REMOVEQUOTES", "0A000")
    if "QUOTE" in given and "CSV" not in given:
        raise CopyError("QUOTE can only be used with CSV", "0A000")
    manifest = "MANIFEST" in given
    if "PARQUET" in given:
        # AWS copy-usage_notes-copy-from-columnar: only these go with a columnar format
        allowed = {
            "PARQUET",
            "MANIFEST",
            "STATUPDATE",
            "EXPLICIT_IDS",
            "REGION",
            *_CREDENTIALS,
            "SECRET_ACCESS_KEY",
            "SESSION_TOKEN",
        }
        for name in given:
            if name not in allowed:
                raise CopyError(f"{name} argument is not supported for PARQUET based COPY", "0A000")
        return CopyOptions(None, False, manifest)
    csv = "CSV" in given
    text = Text(
        csv=csv,
        delimiter=one_character(given.get("DELIMITER", "," if csv else "|"), "DELIMITER"),
        quote=one_character(given.get("QUOTE", '"'), "QUOTE") if csv else "",
        null_as=given.get("NULL", "\\N"),
        empty_as_null="EMPTYASNULL" in given,
        blanks_as_null="BLANKSASNULL" in given,
        remove_quotes="REMOVEQUOTES" in given,
        skip_lines=given.get("IGNOREHEADER", 0),
        skip_blank_lines="IGNOREBLANKLINES" in given,
        date_format=_format(given, "DATEFORMAT", ("YYYY-MM-DD",)),
        time_format=_format(given, "TIMEFORMAT", ("YYYY-MM-DD HH:MI:SS", "YYYY-MM-DD HH24:MI:SS")),
    )
    if text.skip_lines < 0:
        raise CopyError("IGNOREHEADER must not be negative", "22023")
    return CopyOptions(text, "GZIP" in given, manifest)


def _format(given: dict[str, Any], name: str, plain: tuple[str, ...]) -> str:
    value: str = given.get(name, plain[0])
    if value.lower() == "auto":
        return "auto"
    if value not in plain:
        raise CopyError(f"not emulated: {name} '{value}'", "0A000")
    return plain[0]


def one_character(value: str, name: str) -> str:
    if value == "\\t":
        value = "\t"
    if re.fullmatch(r"\\[0-7]{1,3}", value):
        value = chr(int(value[1:], 8))
    if len(value) != 1 or ord(value) > 127:
        raise CopyError(f"COPY {name.lower()} must be a single ASCII character", "22023")
    return value


def known(given: dict[str, Any], done: set[str], command: str) -> None:
    for name in given:
        if name not in done and name not in _NO_EFFECT:
            raise CopyError(
                f"not emulated: {command} parameter {name}",
                "0A000",
                hint="The embedded Redshift does not know this; a cluster may.",
            )


def check_credentials(given: dict[str, Any]) -> None:
    """The form of the credentials is checked, as Redshift does; whether they are good is for S3 to say.

    They are never shown.
    """
    ways = [name for name in _CREDENTIALS if name in given]
    if len(ways) > 1:
        raise CopyError("conflicting or redundant options: credentials are given twice", "42601")
    if not ways:
        raise CopyError(
            "S3 COPY and UNLOAD need credentials", "42601", hint="Say IAM_ROLE 'arn:aws:iam::<account>:role/<name>'."
        )
    if ways == ["IAM_ROLE"] and given["IAM_ROLE"] != "default" and not _ROLE.fullmatch(given["IAM_ROLE"]):
        raise CopyError("Invalid credentials. Must be of the format: arn:aws:iam::<account>:role/<name>", "XX000")
    if ways == ["CREDENTIALS"] and not _STRING_FORM.fullmatch(given["CREDENTIALS"]):
        raise CopyError(
            "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or "
            "'aws_access_key_id=<access-key-id>;aws_secret_access_key=<secret-access-key>[;token=<temporary-session-token>]'"
        )
    if ways == ["ACCESS_KEY_ID"] and "SECRET_ACCESS_KEY" not in given:
        raise CopyError("ACCESS_KEY_ID needs SECRET_ACCESS_KEY", "42601")
