"""Which part of a JSON object or an Avro record goes into which column: by name, by a JSONPaths file, or all of it.

Source: AWS copy-parameters-data-format ("JSONPaths file", "JSONPath expressions"), copy-usage_notes-copy-from-json,
ingest-super ('noshred', the root path $). Words of errors: `Invalid JSONPath format: Not an array or index out of
range.` is AWS's; `… Member is not an object.` and that of the numbers are those of clusters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.errors import ObjectStoreError
from warehouse.local import long_names
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.sources import s3_error
from warehouse.local.copying.target import Target
from warehouse.objectstore import ObjectStore

NOT_AN_ARRAY = "Invalid JSONPath format: Not an array or index out of range."
NOT_AN_OBJECT = "Invalid JSONPath format: Member is not an object."

# Names of an object's members and places in an array, from the root.
Path = tuple[str | int, ...]

_BRACKETS = re.compile(r"\$(?:\['[^']*'\]|\[\d+\])*")
_DOTS = re.compile(r"\$(?:\.[^'.\[\]]+|\[\d+\])*")
_STEP = re.compile(r"\['([^']*)'\]|\[(\d+)\]|\.([^'.\[\]]+)")


@dataclass(frozen=True)
class Mapping:
    """A path for each column, in the order of Target.columns. `fold` asks for names without regard to case."""

    paths: tuple[Path, ...]
    fold: bool = False


def mapping(argument: str, target: Target, store: ObjectStore) -> Mapping:
    """What stands behind JSON or AVRO: 'auto', 'auto ignorecase', 'noshred', or a JSONPaths file. Raises CopyError."""
    word = " ".join(argument.lower().split())
    if varbyte := next((column.name for column in target.columns if column.kind == "varbyte"), ""):
        # copy-usage-varbyte: text, CSV, Parquet and ORC only.
        raise CopyError(f'A column of type VARBYTE ("{varbyte}") cannot be loaded from JSON or AVRO', "0A000")
    by_name = Mapping(tuple((long_names.shown(column.name),) for column in target.columns))
    if word == "auto":
        return by_name
    if word == "auto ignorecase":
        return Mapping(by_name.paths, fold=True)
    if word == "noshred":
        if [column.kind for column in target.columns] != ["super"]:
            raise CopyError("'noshred' loads into one column, which is a SUPER")
        return Mapping(((),))
    if not argument.startswith("s3://"):
        raise CopyError(f"Invalid JSONPath format: {argument!r} is neither 'auto' nor the S3 URI of a JSONPaths file")
    try:
        with store.open(argument.strip()) as stream:
            raw = stream.read()
    except ObjectStoreError as error:
        raise s3_error(error) from error
    paths = parse(raw)
    if paths is None:
        return by_name
    if len(paths) != len(target.columns):
        raise CopyError(
            "Number of jsonpaths and the number of columns should match. JSONPath size: "
            f"{len(paths)}, Number of columns in table or column list: {len(target.columns)}"
        )
    return Mapping(paths)


def parse(raw: bytes) -> tuple[Path, ...] | None:
    """The paths of a JSONPaths file; None when its one name is another than "jsonpaths", which means 'auto'.

    Raises CopyError.
    """
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except ValueError as error:
        raise CopyError(f"Invalid JSONPath format: the file is not one JSON object: {error}") from error
    if not isinstance(document, dict):
        raise CopyError("Invalid JSONPath format: the file is not one JSON object")
    if "jsonpaths" not in document:
        return None
    listed = document["jsonpaths"]
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise CopyError('Invalid JSONPath format: "jsonpaths" is an array of strings, none of them empty')
    _one_notation(listed)
    return tuple(_path(one) for one in listed)


def _one_notation(listed: Sequence[str]) -> None:
    if any("['" in one for one in listed) and any(one.startswith("$.") for one in listed):
        raise CopyError("Invalid JSONPath format: bracket notation and dot notation cannot be mixed")


def _path(text: str) -> Path:
    text = text.strip()
    if not (_BRACKETS.fullmatch(text) or _DOTS.fullmatch(text)):
        raise CopyError(f"Invalid JSONPath format: {text}")
    steps = (step.groups() for step in _STEP.finditer(text))
    return tuple(
        int(place) if place is not None else name if name is not None else dotted for name, place, dotted in steps
    )
