"""Rows that are set aside instead of refusing the delivery: from COPY's own errors, and out of the stage.

Written to `load_quarantine` in the transaction of the data, so that a row is in the table or there, and nowhere twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.db.system import RejectedRow
from warehouse.load.stage import Staged
from warehouse.models import LoadQuarantine
from warehouse.schema import TableDesign

_TABLE = LoadQuarantine.__table__
_AT_ONCE = 1000
_COLUMNS = ("run_id", "number", "table_name", "reason", "row_text", "quarantined_at")


@dataclass
class Quarantine:
    """The rows that one try of a run sets aside; at most `most` of them."""

    run_id: str
    table: str
    most: int
    count: int = 0
    moment: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))

    @property
    def room(self) -> int:
        return max(self.most - self.count, 0)

    def keep(self, connection: sa.Connection, rows: Sequence[RejectedRow], staged: Staged) -> None:
        """Write down what COPY rejected."""
        found = []
        for row in rows:
            file, line = staged.origin(row.file, row.line)
            self.count += 1
            code = f" (error {row.code})" if row.code else ""
            found.append(
                {
                    "run_id": self.run_id,
                    "number": self.count,
                    "table_name": self.table,
                    "file": _cut(file, 4096),
                    "line": line,
                    "column_name": _cut(row.column.strip(), 127) or None,
                    "reason": _cut(f"{row.reason.strip()}{code}", 1024),
                    "value": _cut(row.value.rstrip(), 4096) or None,
                    "row_text": _cut(row.raw_line.rstrip(), 65535) or None,
                    "quarantined_at": self.moment,
                }
            )
        # A statement takes 32,767 parameters at most.
        for some in (found[at : at + _AT_ONCE] for at in range(0, len(found), _AT_ONCE)):
            connection.execute(sa.insert(_TABLE).values(some))

    def statements(
        self, stage: str, design: TableDesign, columns: Sequence[str], broken: str, reason: str
    ) -> list[str]:
        """What moves the rows of a stage for which `broken` holds."""
        numbered = f"CAST({self.count} + ROW_NUMBER() OVER (ORDER BY 1) AS BIGINT)"
        moment = f"CAST({sql.literal(self.moment.isoformat(' '))} AS TIMESTAMP)"
        known = (sql.literal(text) for text in (self.run_id, _cut(self.table, 255), _cut(reason, 1024)))
        run_id, table, why = known
        values = f"{run_id}, {numbered}, {table}, {why}, {row_text(design, columns)}, {moment}"
        log = sql.qualified(_TABLE.name, _TABLE.schema)
        return [
            f"INSERT INTO {log} ({sql.names(_COLUMNS)}) SELECT {values} FROM {sql.name(stage)} WHERE {broken}",
            f"DELETE FROM {sql.name(stage)} WHERE {broken}",
        ]


def row_text(design: TableDesign, columns: Sequence[str]) -> str:
    """An expression that writes a row out: `id=1, name=NULL, …`; 65,535 bytes at the most."""
    parts: list[str] = []
    for name in columns:
        column = design.column(name)
        kind = column.redshift_type.name if column else ""
        value = sql.name(name)
        if kind == "super":
            value = f"JSON_SERIALIZE({value})"
        elif kind == "binary varying":
            value = f"FROM_VARBYTE({value}, 'hex')"
        elif kind == "boolean":
            value = f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
        label = sql.literal(f"{', ' if parts else ''}{name}=")
        parts.append(f"{label} || COALESCE(CAST({value} AS VARCHAR(65535)), 'NULL')")
    return f"CAST({' || '.join(parts)} AS VARCHAR(65535))"


def _cut(text: str, size: int) -> str:
    return text.replace("\0", ".").encode()[:size].decode(errors="ignore")
