"""Which row of a Parquet file COPY refused.

COPY reads columnar files in place through Spectrum. Its errors name a file and a column at best, and no load-error view
tells of them. So the file is read here once COPY has refused it: the named column alone, a window of rows at a time, by
the same checks that a frame meets before it is sent. What they do not find stays as COPY said it.

    The length of the data column name is longer than the length defined in the table. Table: 6, Data: 8, File name:
    https://s3.us-east-1.amazonaws.com/bucket/key

https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from warehouse.db.failures import ServerError
from warehouse.errors import CopyFailed, LoadError, SourceError, WarehouseError
from warehouse.load.frames import Conformer, Rows, file_rows
from warehouse.load.source import Piece
from warehouse.load.stage import Part, Staged
from warehouse.objectstore import ObjectStore, split_uri
from warehouse.schema import TableDesign

# What is said of a value; an error about S3 or about a whole file is not worth reading the files for.
_OF_A_VALUE = ("is longer than", "utf8", "utf-8", "multibyte", "null value", "out of range", "overflow")
_COLUMN = re.compile(r"data column (.+?) is longer than|NULL value into column \"?([^\s\"]+)", re.IGNORECASE)
_CODE = re.compile(r"\bcode:\s*(\d+)")


@dataclass(frozen=True)
class Search:
    """Where to look for a refused value: these columns of these parts."""

    table: str
    parts: tuple[Part, ...]
    positions: tuple[int, ...]
    columns: tuple[str, ...]
    design: TableDesign
    keys: tuple[str, ...]
    code: int | None
    # COPY has named the column.
    named: bool

    def run(self, store: ObjectStore) -> CopyFailed | None:
        """Read until a value is found that does not fit; None when all do. Raises what reading raises."""
        for part in self.parts:
            conformer = Conformer(
                self.design, self.columns, label=part.source, may_be_null=self.keys, blanks_count=self.named
            )
            for rows in file_rows(Piece(part.source, part.uri, part.size), store, self.positions):
                unfit = _first_unfit(conformer, rows)
                if unfit is not None:
                    return self._failed(unfit)
        return None

    def _failed(self, unfit: SourceError) -> CopyFailed:
        column = self.design.column(unfit.column)
        value = "" if unfit.value is None else str(unfit.value)
        shown = value if len(value) <= 100 else f"{value[:97]}..."
        told = "" if unfit.value is None else f"; the value is '{shown}'"
        return CopyFailed(
            f"{self.table}: COPY rejected {unfit.source}, row {unfit.row}, column {unfit.column} "
            f"{column.type if column else ''}: {unfit.reason}{told}.",
            table=self.table,
            file=unfit.source,
            row=unfit.row,
            column=unfit.column,
            value=value,
            reason=unfit.reason,
            code=self.code,
            next_step="Nothing was changed. Correct the data (rows count from 1) or the table's design.",
        )


def plan_search(failure: WarehouseError, said: ServerError, staged: Staged) -> Search | None:
    """The search for the row that `failure` does not name; None when there is no such row, or no file to look into."""
    told = f"{said.message} {said.detail}"
    column, file = "", told
    if isinstance(failure, CopyFailed):
        if failure.line is not None:
            return None
        column, file = failure.column, failure.file
    elif type(failure) is not LoadError or not any(sign in told.lower() for sign in _OF_A_VALUE):
        return None
    # Parts that were converted on the way have met the checks already.
    parts = tuple(part for part in staged.parts if part.first_line == 1)
    if staged.format != "parquet" or staged.design is None or not parts:
        return None
    if not column and (found := _COLUMN.search(told)):
        column = found[1] or found[2]
    if column and column not in staged.fields:
        return None
    columns = (column,) if column else staged.fields
    code = _CODE.search(told)
    return Search(
        table=staged.design.qualified_name,
        parts=_named(parts, file),
        positions=tuple(staged.fields.index(name) for name in columns),
        columns=columns,
        design=staged.design,
        keys=staged.keys,
        code=int(code[1]) if code else None,
        named=bool(column),
    )


def _named(parts: Sequence[Part], text: str) -> tuple[Part, ...]:
    """The parts that a text names, by the longest key that stands in it, or by the user's own name; else all."""
    keys = {part: split_uri(part.uri)[1] for part in parts}
    # A driver's error is one line: blanks of a key may have run together.
    found = [part for part, key in keys.items() if f"/{' '.join(key.split())}" in text or part.source == text]
    longest = max((len(keys[part]) for part in found), default=0)
    return tuple(part for part in found if len(keys[part]) == longest) or tuple(parts)


def _first_unfit(conformer: Conformer, rows: Rows) -> SourceError | None:
    """The unfit value that stands first: the checks go by column, so that an earlier row may hold another."""
    found = None
    while rows.batch.num_rows:
        try:
            conformer.conform(rows)
        except SourceError as error:
            if error.row is None:
                return found
            found = error
            rows = replace(rows, batch=rows.batch.slice(0, error.row - rows.places[0]))
        else:
            break
    return found
