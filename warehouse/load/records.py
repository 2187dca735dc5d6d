"""Records: JSON lines, Avro, and iterables of mappings, read a window of rows at a time.

Fields are matched by name, in any case; what a record lacks is NULL, and a field that the table has not is an error
with its line, because a new field is news for the owner of the table. Numbers keep their digits: they are not read as
floats.

Objects in S3 are COPY's to read: of them the first thousand records are looked at, and a field that comes later and
that no column takes is ignored. https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-format.html
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from warehouse.errors import SettingsError, SourceError
from warehouse.load.frames import BATCH_ROWS, Rows
from warehouse.load.source import Kind, Piece, Source
from warehouse.objectstore import ObjectStore

# The records that are looked at for the names of the fields.
_SAMPLE = 1_000

Record = tuple[int, Mapping[str, Any]]


def describe_records(
    label: str,
    kind: Kind,
    format: Literal["json", "avro"],
    pieces: tuple[Piece, ...],
    store: ObjectStore,
    columns: Sequence[str] | None,
) -> Source:
    """Describe JSON lines or Avro files, whose fields are `columns`, or what the first records hold.

    Objects in S3 stay where they are; files are read here, and staged as frames. Raises SourceError when the first
    records cannot be read.
    """
    names = tuple(columns or ()) or _names(
        record for piece in pieces[:4] for _, record in itertools.islice(_read(piece, format, store), _SAMPLE)
    )
    size = sum(piece.size for piece in pieces)
    if kind == "objects":
        return Source(kind, format, label, pieces=pieces, names=names, width=len(names), size=size)

    def batches() -> Iterator[Rows]:
        for piece in pieces:
            unit = "line" if format == "json" else "record"
            yield from _windows(_read(piece, format, store), names, piece.name, unit)

    return Source(
        "frame", "parquet", label, pieces=pieces, names=names, width=len(names), size=size, batches=batches,
        records=True,
    )  # fmt: skip


def describe_mappings(rows: Iterable[Mapping[str, Any]], label: str, columns: Sequence[str] | None) -> Source:
    """Describe an iterable of mappings from column to value; it is read once."""
    numbered = _numbered(rows, label)
    head = list(itertools.islice(numbered, _SAMPLE))
    names = tuple(columns or ()) or _names(record for _, record in head)
    return Source(
        "frame", "parquet", label, names=names, width=len(names),
        batches=lambda: _windows(itertools.chain(head, numbered), names, label, "row"), records=True,
    )  # fmt: skip


def _numbered(rows: Iterable[Any], label: str) -> Iterator[Record]:
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise SourceError(
                f"{label}, row {number}: it is a {type(row).__name__}, and the rows before it are mappings.",
                source=label,
                row=number,
                next_step="Nothing was loaded. Deliver each row as a mapping from column to value (rows count from 0).",
            )
        yield number, row


def _names(records: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The fields of some records, in the order in which they come."""
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(str(name).lower() for name in record))
    return tuple(names)


def _windows(records: Iterable[Record], names: tuple[str, ...], label: str, unit: str) -> Iterator[Rows]:
    known = frozenset(names)
    while window := list(itertools.islice(records := iter(records), BATCH_ROWS)):
        folded = [{str(name).lower(): value for name, value in record.items()} for _, record in window]
        for (number, given), record in zip(window, folded, strict=True):
            if len(record) < len(given):
                twice = [name for name, count in Counter(str(name).lower() for name in given).items() if count > 1]
                raise SourceError(
                    f"{label}, {unit} {number}: it names the field {', '.join(twice)} twice, in different case.",
                    source=label,
                    next_step="Nothing was loaded. Redshift's names have no case: keep one of them.",
                )
            if not known.issuperset(record):
                new = ", ".join(sorted(record.keys() - known))
                raise SourceError(
                    f"{label}, {unit} {number}: the field {new} is new; the records before it had {', '.join(names)}.",
                    source=label,
                    next_step="Nothing was loaded. Add a column for it to the model, or leave it out of the delivery.",
                )
        columns = {name: [record.get(name) for record in folded] for name in names}
        yield Rows(columns, label, [number for number, _ in window], unit)


def _read(piece: Piece, format: str, store: ObjectStore) -> Iterator[Record]:
    return _json_lines(piece, store) if format == "json" else _avro(piece, store)


def _json_lines(piece: Piece, store: ObjectStore) -> Iterator[Record]:
    with contextlib.closing(piece.open(store)) as stream:
        try:
            for number, line in enumerate(stream, 1):
                text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if not text.strip():
                    continue
                try:
                    record = json.loads(
                        text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once_each
                    )
                except _NamedTwice as error:
                    raise _broken(piece, number, f"names the field {error} twice") from error
                except (ValueError, RecursionError) as error:
                    raise _broken(piece, number, f"is no JSON object: {error}") from error
                if not isinstance(record, dict):
                    raise _broken(piece, number, "is JSON, but no object")
                yield number, record
        except (OSError, EOFError) as error:
            raise SourceError(
                f"{piece.name} cannot be read to its end: {error}.",
                source=piece.name,
                next_step="Nothing was loaded. Fetch the file again; it is truncated or damaged.",
            ) from error


class _NamedTwice(ValueError):
    """A JSON object holds two values of one name, of which a dict keeps the last."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NamedTwice(next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1))
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _avro(piece: Piece, store: ObjectStore) -> Iterator[Record]:
    try:
        import fastavro  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise SettingsError(
            "Avro is read with fastavro, which is not installed.", next_step="pip install 'warehouse[avro]'."
        ) from error
    with contextlib.closing(piece.open(store)) as stream:
        try:
            for number, record in enumerate(fastavro.reader(stream), 1):
                if not isinstance(record, dict):
                    raise _broken(piece, number, "is no record")
                yield number, record
        except SourceError:
            raise
        except Exception as error:  # fastavro raises what it meets: ValueError, EOFError, struct.error, KeyError
            raise SourceError(
                f"{piece.name} is not a readable Avro file: {type(error).__name__}: {error}.",
                source=piece.name,
                next_step="Nothing was loaded. Write it again.",
            ) from error


def _broken(piece: Piece, number: int, why: str) -> SourceError:
    return SourceError(
        f"{piece.name}, line {number}: it {why}.",
        source=piece.name,
        next_step="Nothing was loaded. Each line holds one JSON object.",
    )
