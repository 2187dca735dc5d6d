"""What a format needs to turn a file into rows, and what every format that reads record by record shares.

A format is a module with a function

    read(stream: IO[bytes], work: Work) -> Iterator[Feed]

A Feed is (options of PostgreSQL's COPY, bytes that such a COPY takes). One file may mix them: when the options change,
one COPY ends and the next begins. A format that cuts records only yields `work.convert(records)`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from warehouse.local.copying.convert import Converter, Row
from warehouse.local.copying.failure import Findings, Rejected
from warehouse.local.copying.options import CopyOptions
from warehouse.local.copying.records import Record
from warehouse.local.copying.target import QUOTED, Target
from warehouse.objectstore import ObjectStore

Feed = tuple[str, bytes]

# Bytes that are sent at a time.
_PIECE = 1 << 16


class NotPlain(Exception):
    """Something that only a look at each record can judge; a file of which that is said is read with Work.careful."""


@dataclass
class Work:
    """The load of one file.

    uri       of the file, for messages
    store     where a format finds what it reads besides the file (a JSONPaths file)
    careful   True when PostgreSQL is to refuse nothing that is fed: each record goes through the converter
    """

    uri: str
    target: Target
    options: CopyOptions
    converter: Converter
    findings: Findings
    store: ObjectStore
    careful: bool = False

    def rows(self, records: Iterable[Record | Rejected]) -> Iterator[Row]:
        """The rows of the records that load; the others are noted. Raises TooManyErrors."""
        convert = self.converter.row
        for record in records:
            if isinstance(record, Rejected):
                self.findings.reject(self.uri, record)
                continue
            try:
                row = convert(record)
            except Rejected as rejected:
                self.findings.reject(self.uri, rejected)
                continue
            if self.converter.replaced_in:
                self.findings.replace(self.uri, record.line, self.converter.replaced_in, record.raw)
            yield row

    def convert(self, records: Iterable[Record | Rejected]) -> Iterator[Feed]:
        """Feed the records that load, note the others. Raises TooManyErrors."""
        buffer = io.StringIO()
        # csv.QUOTE_NOTNULL would need Python 3.12: values are quoted by hand.
        for row in self.rows(records):
            buffer.write(",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in row))
            buffer.write("\n")
            if buffer.tell() > _PIECE:
                yield QUOTED, buffer.getvalue().encode("utf-8")
                buffer.seek(0)
                buffer.truncate()
        yield QUOTED, buffer.getvalue().encode("utf-8")
