"""Which module reads which format. A format that is not here is not emulated.

To add one: a module with `read(stream, work)` (work.py says what that is) and a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO

from warehouse.local.copying import avro, columnar, json_text, text
from warehouse.local.copying.work import Feed, Work


@dataclass(frozen=True)
class Format:
    """A format of files.

    label     as stl_load_commits names it
    read      turns a file into what PostgreSQL's COPY takes
    columnar  the stream is seekable, the file says itself how it is compressed, and any error fails the load (AWS
              copy-usage_notes-copy-from-columnar): `read` gets the file as it is
    """

    label: str
    read: Callable[[IO[bytes], Work], Iterator[Feed]]
    columnar: bool = False


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "text": Format("Text", text.read),
        "csv": Format("Text", text.read),
        "fixedwidth": Format("Text", text.read),
        "json": Format("JSON", json_text.read),
        "avro": Format("Avro", avro.read),
        "parquet": Format("Parquet", columnar.read_parquet, columnar=True),
        "orc": Format("ORC", columnar.read_orc, columnar=True),
    }
)
