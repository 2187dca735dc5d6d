"""JSON to what PostgreSQL's COPY takes, whole blocks at a time: Arrow parses them, each column as its type.

Values of a column that are all of another kind (strings for an INTEGER, `"t"` for a BOOLEAN) are read as such. Where
kinds are mixed, where a number stands for a VARCHAR, where an object goes on in the next block, and where Arrow takes
something else amiss, the file goes to json_text.py, which reads it record by record.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from warehouse.local.copying import vectors
from warehouse.local.copying.jsonpaths import Mapping
from warehouse.local.copying.options import Conversion
from warehouse.local.copying.target import QUOTED, Column
from warehouse.local.copying.work import Feed, NotPlain, Work

# Bytes that Arrow parses at a time. A line of this size is beyond what one object may take, too.
BLOCK = 4 << 20

_KINDS = {"integer": pa.int64(), "float": pa.float64(), "boolean": pa.bool_()}


def takes(found: Mapping, work: Work) -> bool:
    """True when this way leads there: members of the outermost object, no conversion that looks at each value."""
    names = [path[0] for path in found.paths if len(path) == 1 and isinstance(path[0], str)]
    return (
        len(set(names)) == len(found.paths)
        and not found.fold
        and vectors.is_plain(work.options.conversion)
        and all(column.kind not in ("super", "varbyte") for column in work.target.columns)
        and tuple(names) == tuple(column.name for column in work.target.columns)
    )


def feeds(stream: IO[bytes], work: Work) -> Iterator[Feed]:
    """The rows of the file. Raises NotPlain."""
    columns = work.target.columns
    kinds = {column.name: _kind(column) for column in columns}
    for _ in range(work.options.layout.skip_lines):
        stream.readline()
    for number, block in enumerate(_blocks(stream)):
        if (not number and block.startswith(codecs.BOM_UTF8)) or any(word in block for word in _NO_JSON):
            raise NotPlain("what Arrow takes and JSON does not know")
        table = _parsed(block, kinds)
        arrays = [_settled(table.column(column.name), column, work.options.conversion) for column in columns]
        yield QUOTED, vectors.as_csv(arrays, list(kinds))


# Arrow takes these for numbers.
_NO_JSON = (b"NaN", b"Inf")
_ANOTHER_KIND = re.compile(r"Column\(/(.*)\) changed from (?:number|boolean) to string", re.DOTALL)


def _parsed(block: bytes, kinds: dict[str, pa.DataType]) -> pa.Table:
    """The objects of a block. `kinds` changes where a column's values turn out to be strings: `"3"`, `"t"`."""
    while True:
        try:
            return pj.read_json(
                pa.py_buffer(block),
                read_options=pj.ReadOptions(block_size=max(len(block) // 4, 1 << 16)),
                parse_options=pj.ParseOptions(
                    explicit_schema=pa.schema(list(kinds.items())), unexpected_field_behavior="ignore"
                ),
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
            found = _ANOTHER_KIND.search(str(error))
            if found is None or kinds.get(found[1]) in (None, pa.string()):
                raise NotPlain(str(error)) from error
            kinds[found[1]] = pa.string()


def _kind(column: Column) -> pa.DataType:
    if column.kind == "decimal":
        return pa.decimal128(column.precision, column.scale) if column.precision else pa.string()
    return _KINDS.get(column.kind, pa.string())


def _settled(values: pa.ChunkedArray, column: Column, how: Conversion) -> pa.Array:
    array = values.combine_chunks()
    if pa.types.is_string(array.type):
        return vectors.settle(array, column, how)
    if column.not_null and array.null_count:
        raise NotPlain("NULL for a NOT NULL column")
    return pc.cast(array, pa.string())


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The file in blocks of whole lines."""
    rest = b""
    while data := stream.read(BLOCK):
        data = rest + data
        end = data.rfind(b"\n") + 1
        if not end and len(data) > BLOCK:
            raise NotPlain("a line without an end")
        rest = data[end:]
        if end:
            yield data[:end]
    if rest:
        yield rest
