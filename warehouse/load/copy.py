"""COPY as a value: built and checked here, executed elsewhere.

    COPY flight (year, month, …)
    FROM 's3://stage/…/manifest'
    IAM_ROLE '…'
    MANIFEST GZIP CSV DELIMITER ',' NULL AS 'NA' DATEFORMAT 'auto' TIMEFORMAT 'auto'

The columns are always named: a column list is what lets an IDENTITY column be left out and keeps a file's order from
being taken for the table's. Authorization is a role; keys have no place in a statement that Redshift writes to its
logs.

https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from warehouse.db import sql
from warehouse.errors import LoadError

Format = Literal["text", "parquet", "json", "avro"]
# How text or JSON is packed; "" is plain. Parquet and Avro pack themselves.
Compression = Literal["", "gzip", "bzip2", "zstd"]
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")


@dataclass(frozen=True)
class CopyOptions:
    """How the text of a source is read. The defaults are those of a CSV file with a header row.

    JSON lines, Avro and mappings hear emptyasnull, blanksasnull and the epochs of timeformat; of JSON and Avro on S3
    COPY hears dateformat, any timeformat and maxerror, too. An option that a source does not hear is refused.

    csv              RFC 4180 quoting; False is Redshift's plain delimited text, in which quotes are data
    delimiter        one ASCII character between fields
    quote            the quote character, csv only
    null_as          fields equal to it become NULL; None leaves Redshift's own marker, \\N
    emptyasnull      empty CHAR/VARCHAR fields become NULL (empty fields of other types always do)
    blanksasnull     CHAR/VARCHAR fields of blanks only become NULL
    removequotes     strip surrounding quotes, plain text only
    escape           a backslash takes the next character literally, plain text only
    ignoreheader     header lines of every file; the last of them names the columns
    dateformat       'auto', a format, or None for Redshift's default (YYYY-MM-DD)
    timeformat       'auto', 'epochsecs', 'epochmillisecs', a format, or None for the default (YYYY-MM-DD HH:MI:SS)
    maxerror         how many bad rows are skipped before the load fails; 0 skips none
    region           of the bucket, when it is not the warehouse's own
    """

    csv: bool = True
    delimiter: str = ","
    quote: str = '"'
    null_as: str | None = None
    emptyasnull: bool = False
    blanksasnull: bool = False
    removequotes: bool = False
    escape: bool = False
    ignoreheader: int = 1
    dateformat: str | None = "auto"
    timeformat: str | None = "auto"
    maxerror: int = 0
    region: str = ""

    def __post_init__(self) -> None:
        wrong = []
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in "\r\n\0":
            wrong.append(f"delimiter {self.delimiter!r} is not one ASCII character")
        if len(self.quote) != 1 or not self.quote.isascii() or self.quote in ("\r", "\n", "\0", self.delimiter):
            wrong.append(f"quote {self.quote!r} is not one ASCII character other than the delimiter")
        if self.escape and self.delimiter == "\\":
            wrong.append("the delimiter is a backslash, which escape takes for itself")
        if self.null_as is not None and ("\n" in self.null_as or "\0" in self.null_as):
            wrong.append(f"null_as {self.null_as!r} holds a line feed or NUL, which end a record")
        if self.csv and (self.removequotes or self.escape):
            wrong.append("removequotes and escape belong to plain text: csv=False")
        if self.ignoreheader < 0:
            wrong.append(f"ignoreheader {self.ignoreheader} is negative")
        if not 0 <= self.maxerror <= 100_000:
            wrong.append(f"maxerror {self.maxerror} is not within 0..100000")
        wrong += _wrong_format("dateformat", self.dateformat, ("auto",))
        wrong += _wrong_format("timeformat", self.timeformat, ("auto", "epochsecs", "epochmillisecs"))
        if self.region and not _REGION.fullmatch(self.region):
            wrong.append(f"region {self.region!r} is no region's name, such as us-east-1")
        if wrong:
            raise LoadError(f"COPY options: {'; '.join(wrong)}.", next_step="Nothing was sent. Correct the options.")

    @property
    def record_quote(self) -> str:
        """The character inside which a line feed does not end a record; empty when there is none."""
        return self.quote if self.csv else ""

    def clauses(self) -> list[str]:
        """The options as they stand in the statement, without those of the file's compression."""
        said = [
            f"CSV DELIMITER {sql.literal(self.delimiter)}" if self.csv else f"DELIMITER {sql.literal(self.delimiter)}"
        ]
        if self.csv and self.quote != '"':
            said.append(f"QUOTE AS {sql.literal(self.quote)}")
        if self.null_as is not None:
            said.append(f"NULL AS {sql.literal(self.null_as)}")
        flags = ("emptyasnull", "blanksasnull", "removequotes", "escape")
        said += [flag.upper() for flag in flags if getattr(self, flag)]
        if self.ignoreheader:
            said.append(f"IGNOREHEADER {self.ignoreheader}")
        if self.dateformat is not None:
            said.append(f"DATEFORMAT {sql.literal(self.dateformat)}")
        if self.timeformat is not None:
            said.append(f"TIMEFORMAT {sql.literal(self.timeformat)}")
        if self.maxerror:
            said.append(f"MAXERROR {self.maxerror}")
        return said


def _wrong_format(option: str, said: str | None, words: tuple[str, ...]) -> list[str]:
    """What keeps a DATEFORMAT or TIMEFORMAT from being one; `words` are those it takes, in this case of letters."""
    if said is None or said in words:
        return []
    if not said.strip() or "\0" in said:
        return [f"{option} {said!r} is no format"]
    if said.lower() in ("auto", "epochsecs", "epochmillisecs"):
        return [f"{option} {said!r} is none of {', '.join(words)}, in small letters, and no format"]
    return []


@dataclass(frozen=True)
class CopyStatement:
    """One COPY. `uri` is the manifest's when `manifest` is set, else a key prefix."""

    table: str
    columns: tuple[str, ...]
    uri: str
    iam_role: str = field(repr=False)
    schema: str | None = None
    options: CopyOptions = field(default_factory=CopyOptions)
    format: Format = "text"
    compression: Compression = ""
    # How many bad rows are let go; 0 leaves it to the options' maxerror.
    most_rejected: int = 0
    manifest: bool = True
    # None leaves both to Redshift's defaults; False is right for staging tables, which live for seconds.
    compupdate: bool | None = None
    statupdate: bool | None = None

    def sql(self) -> str:
        """The statement, ready to run."""
        return self._text(role_clause(self.iam_role))

    def redacted(self) -> str:
        """The statement for logs and messages: it does not show the role, which names the account."""
        return self._text("IAM_ROLE '***'")

    def _text(self, role: str) -> str:
        if not self.columns:
            raise LoadError(f"{self.table}: a COPY needs its columns named.")
        said = ["MANIFEST"] if self.manifest else []
        if self.format == "parquet":
            # Columnar files describe themselves: Redshift refuses the text options, COMPUPDATE and REGION with them.
            said.append("FORMAT AS PARQUET")
        else:
            said += [self.compression.upper()] if self.compression else []
            said += self._records() if self.format in ("json", "avro") else self._lines()
            said += [f"REGION AS {sql.literal(self.options.region)}"] if self.options.region else []
            said += _switch("COMPUPDATE", self.compupdate)
        said += _switch("STATUPDATE", self.statupdate)
        return "\n".join(
            [
                f"COPY {sql.qualified(self.table, self.schema)} ({sql.names(self.columns)})",
                f"FROM {sql.literal(self.uri)}",
                role,
                " ".join(said),
            ]
        )

    def _lines(self) -> list[str]:
        options = self.options
        return (replace(options, maxerror=self.most_rejected + 1) if self.most_rejected else options).clauses()

    def _records(self) -> list[str]:
        """What COPY takes beside JSON and Avro: fields are matched by name, in any case."""
        options = self.options
        said = [f"FORMAT AS {self.format.upper()} 'auto ignorecase'"]
        said += [flag.upper() for flag in ("emptyasnull", "blanksasnull") if getattr(options, flag)]
        said += [f"DATEFORMAT {sql.literal(options.dateformat)}"] if options.dateformat else []
        said += [f"TIMEFORMAT {sql.literal(options.timeformat)}"] if options.timeformat else []
        most = self.most_rejected + 1 if self.most_rejected else options.maxerror
        return said + ([f"MAXERROR {most}"] if most else [])


def role_clause(iam_role: str) -> str:
    """The authorization of COPY and UNLOAD: a role's ARN (several, comma-separated, make a chain) or `default`."""
    if not iam_role:
        raise LoadError(
            "No IAM role is set for COPY and UNLOAD.",
            next_step='Set WAREHOUSE_IAM_ROLE to the ARN of a role attached to the warehouse, or to "default".',
        )
    return "IAM_ROLE default" if iam_role == "default" else f"IAM_ROLE {sql.literal(iam_role)}"


def _switch(word: str, value: bool | None) -> list[str]:
    return [] if value is None else [f"{word} {'ON' if value else 'OFF'}"]
