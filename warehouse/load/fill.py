"""What brings the rows of a delivery into a table: one COPY, or one INSERT … SELECT when the delivery is a query."""

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


Fill = CopyStatement | InsertSelect


def fill(
    staged: Staged, table: str, *, iam_role: str, schema: str | None = None, most_rejected: int = 0, temporary: bool
) -> Fill:
    """The statement that fills `table` with a staged delivery. COPY fails at the row after `most_rejected` bad ones.

    For a temporary table neither encodings nor statistics are worked out: it lives for seconds.
    """
    if staged.query:
        return InsertSelect(table, staged.columns, staged.query, schema)
    return CopyStatement(
        table=table,
        schema=schema,
        columns=staged.columns,
        uri=staged.manifest,
        iam_role=iam_role,
        options=staged.options,
        format=staged.format,
        compression=staged.compression,
        most_rejected=most_rejected,
        compupdate=False if temporary else None,
        statupdate=False if temporary else None,
    )
