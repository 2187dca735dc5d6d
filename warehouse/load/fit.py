"""Hold a source against the model, and the model against the warehouse's table: every mismatch at once.

A column that the source lacks would become NULL without a word (and an upsert would overwrite a known value with
it), so that leaving one out is a decision: `columns=` says so. IDENTITY columns are the warehouse's to fill.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from warehouse.db.system import CatalogColumn
from warehouse.errors import LoadError, SourceError
from warehouse.load.source import Source
from warehouse.redshift.types import RedshiftType, TypeRefused, parse_type
from warehouse.schema import TableDesign

# A field of a row rather than a name: empty, a number, or a date or a moment of some form.
_NUMBER = r"[+-]?(\d[\d,]*\.?\d*|\.\d+)(e[+-]?\d+)?%?"
_MOMENT = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?|\d{1,2}:\d{2}(:\d{2}.*)?"
_DATA = re.compile(rf"\s*({_NUMBER}|{_MOMENT})?\s*", re.IGNORECASE)


def fit(
    source: Source, design: TableDesign, columns: Sequence[str] | None = None, defaults: Collection[str] = ()
) -> tuple[str, ...]:
    """The table's columns that the source's fields go to, in the order of the fields.

    `columns` names the fields by position, for sources without a header or with foreign names; `defaults` are columns
    that the source does not hold and that get a value all the same. Raises SourceError naming every mismatch.
    """
    if columns is not None:
        _refuse_data_as_header(source, design)
    known = {column.name: column for column in design.columns}
    # Redshift folds names to lower case, quoted or not.
    header = None if source.names is None else tuple(name.strip().lower() for name in source.names)
    if columns is not None:
        given, wrong = tuple(columns), _renamed(header, tuple(columns), known)
    elif header is not None:
        given, wrong = header, []
    else:
        given, wrong = tuple(name for name, column in known.items() if column.identity is None), []

    unknown = [name for name in given if name not in known]
    if unknown:
        wrong.append(f"the table has no column {_listed(unknown)}")
    twice = [name for name, count in Counter(given).items() if count > 1]
    if twice:
        wrong.append(f"{_listed(twice)} is named more than once")
    identity = [
        name
        for name in (*given, *defaults)
        if name in known and known[name].identity and not known[name].identity_by_default
    ]
    if identity:
        wrong.append(f"{_listed(identity)} is an IDENTITY column, which Redshift fills itself")
    missing = [
        name
        for name, column in known.items()
        if name not in given
        and name not in defaults
        and column.identity is None
        and (columns is None or _required(design, name))
    ]
    stray = [name for name in defaults if name not in known]
    if stray:
        wrong.append(f"the table has no column {_listed(stray)}, which defaults= names")
    delivered = [name for name in defaults if name in given]
    if delivered:
        wrong.append(f"it holds {_listed(delivered)}, for which defaults= has a value as well")
    if missing:
        wrong.append(f"the source has no column {_listed(missing)}")
    if source.width is not None and source.width != len(given):
        wrong.append(f"its first record has {source.width} fields, expected are {len(given)}")
    if wrong:
        raise SourceError(
            f"{source.label} does not fit the table {design.qualified_name}: {'; '.join(wrong)}.",
            source=source.label,
            next_step=_next_step(source, columns, missing),
        )
    return given


def hold_against(design: TableDesign, real: Sequence[CatalogColumn], columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that the table has in the warehouse and not in the model.

    Raises LoadError where a column of these is of a type there that may not hold what the model's does: INSERT and
    UPDATE would round or cut without a word.
    """
    there = {column.name: column.type for column in real}
    wrong = []
    for name in columns:
        column = design.column(name)
        if column is not None and name in there and not _holds(there[name], column.redshift_type):
            wrong.append(f"{name} is {there[name]} there and {column.redshift_type} in the model")
    if wrong:
        raise LoadError(
            f"{design.qualified_name}: the warehouse's table differs from the model: {'; '.join(wrong)}.",
            next_step='Run "alembic upgrade head" against this warehouse, or take the models that fit it.',
        )
    return tuple(name for name in there if design.column(name) is None)


def _holds(text: str, wanted: RedshiftType) -> bool:
    """Whether a column of the type `text` takes every value of the type `wanted` as it is."""
    try:
        found = parse_type(text)
    except TypeRefused:
        return True  # a type that is not known here cannot be judged
    if found.name != wanted.name:
        return False  # COPY of Parquet takes no wider number either
    if found.name == "numeric":
        (digits, scale), (wanted_digits, wanted_scale) = found.arguments, wanted.arguments
        return scale >= wanted_scale and digits - scale >= wanted_digits - wanted_scale
    return all(one >= other for one, other in zip(found.arguments, wanted.arguments, strict=False))


def renamed(source: Source, names: Mapping[str, str]) -> Source:
    """The source with other names for its fields (field -> column). Raises SourceError for a field that it has not."""
    folded = {field.strip().lower(): column for field, column in names.items()}
    known = () if source.names is None else tuple(name.strip().lower() for name in source.names)
    unknown = [field for field in folded if field not in known]
    if unknown or source.format in ("json", "avro"):
        why = f"it has no field {_listed(unknown)}" if unknown else "COPY matches the fields of JSON and Avro by name"
        raise SourceError(
            f"{source.label} cannot be renamed: {why}.",
            source=source.label,
            next_step=f"Its fields are {_listed(known) or 'not named'}."
            if unknown
            else "Load a local copy, whose fields can be renamed, or rename them in the source.",
        )
    return replace(source, names=tuple(folded.get(name, name) for name in known))


def _required(design: TableDesign, name: str) -> bool:
    column = design.column(name)
    return column is not None and not column.nullable and column.default is None and column.identity is None


def _renamed(header: tuple[str, ...] | None, columns: tuple[str, ...], known: Collection[str]) -> list[str]:
    """A header may be renamed, but names of the table that stand elsewhere are a mix-up, not a renaming."""
    if header is None:
        return []
    if len(header) != len(columns):
        return [f"the header names {len(header)} columns, columns= names {len(columns)}"]
    return [
        f"columns= says {named} where the header says {said}"
        for said, named in zip(header, columns, strict=True)
        if said != named and said in known
    ]


def _refuse_data_as_header(source: Source, design: TableDesign) -> None:
    """`columns` names the fields of a foreign header; of a text without a header it would drop the first row."""
    if source.format != "text" or source.kind == "query":
        return
    names = [name.strip() for name in source.names or ()]
    if any(design.column(name.lower()) is not None for name in names):
        return
    data = [name for name in names if _DATA.fullmatch(name)]
    if data:
        shown = ", ".join(repr(name) for name in data)
        raise SourceError(
            f"{source.label} seems to have no header: its line of names holds {shown}, and it would not be loaded.",
            source=source.label,
            next_step="Nothing was loaded. Without a header row say ignoreheader=0 (--no-header); if these are names, "
            "say rename= instead of columns=.",
        )


def _next_step(source: Source, columns: Sequence[str] | None, missing: Sequence[str]) -> str:
    said = "Say columns= (--columns) with the table's columns in the order of the source's fields."
    if source.kind == "query":
        said = "Name its columns with AS, or say columns= with the table's columns in their order."
    elif source.format == "text" and source.names is not None and columns is None:
        said = "Without a header row say ignoreheader=0 (--no-header); to name the fields say columns= (--columns)."
    # Hive's way to say a value by a folder, which neither COPY nor Parquet's footer tells.
    folders = [name for name in missing if any(f"/{name}=" in piece.uri.lower() for piece in source.pieces)]
    if folders:
        return (
            f"{_listed(folders)} stands in the path, which COPY does not read: load a folder at a time, with its value "
            f'as defaults= (--default "{folders[0]}=…").'
        )
    return f"{said} defaults= (--default) gives a value to what it has no field for." if missing else said


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
