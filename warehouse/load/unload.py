"""UNLOAD as a value.

NULL and '' stay different on the way back: Parquet knows both, and CSV writes NULL as \\N, which is COPY's own
marker. A manifest is always written; it says which files belong together and how many rows they hold.

https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.errors import LoadError
from warehouse.load.copy import role_clause
from warehouse.load.queries import one_query
from warehouse.objectstore import ObjectStore, split_uri
from warehouse.redshift.types import RedshiftType, TypeRefused, parse_type
from warehouse.schema import TableDesign

UnloadFormat = Literal["parquet", "csv"]


@dataclass(frozen=True)
class UnloadStatement:
    """One UNLOAD of a query to the key prefix `uri`.

    replace  delete what lies under the prefix first
    ordered  one slice writes all, so that the order of the query's ORDER BY is that of the files
    file_mb  the size in MB at which a file ends; 0 leaves it to Redshift (6.2 GB)
    verbose  the manifest tells the columns and the rows, too
    """

    query: str
    uri: str
    iam_role: str = field(repr=False)
    format: UnloadFormat = "parquet"
    replace: bool = False
    gzip: bool = False
    region: str = ""
    ordered: bool = False
    file_mb: int = 0
    verbose: bool = False
    kms_key: str = ""

    def __post_init__(self) -> None:
        if self.format not in ("parquet", "csv"):
            raise LoadError(f"UNLOAD has no format {self.format!r} here.", next_step="Say parquet or csv.")
        if self.gzip and self.format == "parquet":
            raise LoadError("Parquet compresses itself.", next_step="Drop gzip.")
        if not self.uri.startswith("s3://"):
            raise LoadError(
                f"UNLOAD writes to S3, and {self.uri!r} is no prefix of it.", next_step="Write s3://bucket/prefix."
            )
        split_uri(self.uri)

    @property
    def manifest(self) -> str:
        """Where Redshift writes the manifest: the prefix and the word, with nothing between."""
        return f"{self.uri}manifest"

    def sql(self) -> str:
        return self._text(role_clause(self.iam_role))

    def redacted(self) -> str:
        return self._text("IAM_ROLE '***'")

    def _text(self, role: str) -> str:
        said = ["FORMAT AS PARQUET"] if self.format == "parquet" else ["FORMAT AS CSV", "HEADER", r"NULL AS '\\N'"]
        said += ["GZIP"] if self.gzip else []
        said += ["MANIFEST VERBOSE" if self.verbose else "MANIFEST"]
        said += ["CLEANPATH"] if self.replace else []
        said += ["PARALLEL OFF"] if self.ordered else []
        said += [f"MAXFILESIZE {self.file_mb} MB"] if self.file_mb else []
        said += [f"REGION AS {sql.literal(self.region)}"] if self.region else []
        said += [f"KMS_KEY_ID {sql.literal(self.kms_key)} ENCRYPTED"] if self.kms_key else []
        return f"UNLOAD ({sql.literal(self.query)})\nTO {sql.literal(self.uri)}\n{role}\n{' '.join(said)}"


@dataclass(frozen=True)
class Unloaded:
    """What an UNLOAD wrote, from its manifest. `rows` is None when the manifest does not count, `columns` is empty when
    it does not tell them."""

    files: tuple[str, ...]
    bytes: int
    rows: int | None
    columns: tuple[tuple[str, RedshiftType], ...] = ()


def query_of(subject: Any) -> tuple[str, TableDesign | None]:
    """The query to unload, and the table when it is one: an ORM class, a Table, a Select, or the text of a query.

    Raises LoadError for what UNLOAD cannot run.
    """
    table = getattr(subject, "__table__", subject)
    if isinstance(table, sa.Table):
        design = TableDesign.from_table(table)
        named = sql.names(column.name for column in design.columns)
        return f"SELECT {named} FROM {sql.qualified(design.name, design.schema)}", design
    if isinstance(subject, sa.Select | sa.CompoundSelect):
        return one_query(sql.compiled(subject), unloaded=True), None
    if isinstance(subject, str):
        return one_query(subject, unloaded=True), None
    raise LoadError(
        f"A {type(subject).__name__} cannot be unloaded.",
        next_step="Give a model, a Table, a select() or the text of one.",
    )


def read_manifest(store: ObjectStore, uri: str) -> Unloaded:
    """Read the manifest of an UNLOAD."""
    with store.open(uri) as stream:
        found = json.loads(stream.read())
    entries = found.get("entries", [])
    metas = [entry.get("meta") or {} for entry in entries]
    counts = [meta.get("record_count") for meta in metas]
    rows = None if None in counts else sum(int(count) for count in counts if count is not None)
    return Unloaded(
        files=tuple(entry["url"] for entry in entries),
        bytes=sum(int(meta.get("content_length") or 0) for meta in metas),
        rows=rows,
        columns=tuple((one["name"], _type(one)) for one in found.get("schema", {}).get("elements", [])),
    )


def _type(element: dict[str, Any]) -> RedshiftType:
    """The type of a column as a manifest tells it; the length of a string is of no use to a reader."""
    told = element["type"]
    digits = f"({told['precision']},{told['scale']})" if told["base"] == "numeric" else ""
    try:
        return parse_type(told["base"] + digits)
    except TypeRefused as error:
        raise LoadError(f"Column {element['name']} of the query cannot be read: {error}") from error
