"""What brings the rows of a delivery into a table: one COPY, or one INSERT … SELECT when the delivery is a query; both,
when fields are to be cast or columns have defaults."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.db import sql
from warehouse.load.copy import CopyStatement
from warehouse.load.stage import Staged


@dataclass(frozen=True)
class InsertSelect:
    """INSERT INTO table (columns) of the rows of a query that names as many columns."""

    table: str
    columns: tuple[str, ...]
    query: str
    schema: str | None = None

    def sql(self) -> str:
        target = sql.qualified(self.table, self.schema)
        return f"INSERT INTO {target} ({sql.names(self.columns)})\n{self.query}"

    redacted = sql


@dataclass(frozen=True)
class Reshape:
    """The delivery as it is into a temporary table, and from there, cast and completed, into the table."""

    raw: str
    create: str
    read: CopyStatement | InsertSelect
    take: InsertSelect
    drop: str

    def redacted(self) -> str:
        return ";\n".join((self.create, self.read.redacted(), self.take.redacted(), self.drop))


Fill = CopyStatement | InsertSelect | Reshape


def fill(
    staged: Staged, table: str, *, iam_role: str, schema: str | None = None, most_rejected: int = 0, temporary: bool
) -> Fill:
    """The statement that fills `table` with a staged delivery. COPY fails at the row after `most_rejected` bad ones.

    For a temporary table neither encodings nor statistics are worked out: it lives for seconds.
    """
    if (shape := staged.shape) is not None:
        return Reshape(
            raw=shape.raw,
            create=shape.create,
            read=_read(staged, shape.raw, None, shape.fields, iam_role, most_rejected, temporary=True),
            take=InsertSelect(table, staged.columns, shape.query, schema),
            drop=f"DROP TABLE {sql.name(shape.raw)}",
        )
    return _read(staged, table, schema, staged.columns, iam_role, most_rejected, temporary=temporary)


def _read(
    staged: Staged,
    table: str,
    schema: str | None,
    columns: tuple[str, ...],
    iam_role: str,
    most_rejected: int,
    *,
    temporary: bool,
) -> CopyStatement | InsertSelect:
    if staged.query:
        return InsertSelect(table, columns, staged.query, schema)
    return CopyStatement(
        table=table,
        schema=schema,
        columns=columns,
        uri=staged.manifest,
        iam_role=iam_role,
        options=staged.options,
        format=staged.format,
        compression=staged.compression,
        most_rejected=most_rejected,
        compupdate=False if temporary else None,
        statupdate=False if temporary else None,
    )
