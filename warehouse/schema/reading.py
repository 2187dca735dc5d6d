"""From SQLAlchemy's objects to the frozen design: whoever made the table, and wherever its design was said.

It reads; it does not judge (checks.py). A thousand tables of twenty columns are read in a fraction of a second, so
types are compiled once per kind and not once per column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from warehouse.errors import DesignError
from warehouse.redshift.encodings import canonical_encoding
from warehouse.redshift.types import TypeRefused, parse_type
from warehouse.schema.design import (
    DEFAULT_SCHEMA,
    INFO,
    ColumnDesign,
    Distribution,
    ForeignKeyDesign,
    SortKey,
    TableDesign,
    ViewDesign,
    literal_dialect,
    redshift_dialect,
)
from warehouse.schema.grants import Grant, read_grants

_NOTHING: Mapping[str, Any] = {}


def read_table(table: sa.Table) -> TableDesign:
    """The table's design. Raises DesignError for a type that Redshift has not, or keys that contradict each other."""
    ours = own(table)
    return TableDesign(
        name=table.name,
        schema=_schema(table),
        columns=tuple(map(read_column, table.columns)),
        primary_key=tuple(column.name for column in table.primary_key.columns),
        unique_keys=_unique_keys(table),
        foreign_keys=_foreign_keys(table),
        dist=_distribution(table, ours),
        sort=_sort_key(table, ours),
        comment=table.comment or None,
        waivers=ours.get("waivers", {}),
        encode=ours.get("encode"),
        backup=ours.get("backup", True),
        owner=ours.get("owner"),
        grants=_grants(table, ours),
        shape=ours.get("shape"),
        doc=ours.get("doc"),
    )


def read_view(table: sa.Table) -> ViewDesign:
    """The design of a view (views.py), which SQLAlchemy knows as a table of a metadata of its own."""
    ours = own(table)
    return ViewDesign(
        name=table.name,
        schema=_schema(table),
        query=ours["query"],
        kind=ours["view"],
        columns=tuple(map(read_column, table.columns)),
        dist=_distribution(table, ours),
        sort=_sort_key(table, ours),
        auto_refresh=ours.get("auto_refresh", False),
        backup=ours.get("backup", True),
        comment=table.comment or None,
        owner=ours.get("owner"),
        grants=_grants(table, ours),
        doc=ours.get("doc"),
        waivers=ours.get("waivers", {}),
    )


def read_column(column: sa.Column[Any]) -> ColumnDesign:
    """The column's design. Raises DesignError for a type that Redshift has not."""
    options = column.dialect_options["redshift"]
    ours = own(column)
    # Both are known options of the dialect, and so have a value.
    identity, encode = options["identity"], options["encode"]
    if not encode and isinstance(column.info.get("encode"), str):
        # The dialect's inspector reports an encoding here, where its own compiler does not look.
        encode = column.info["encode"]
    return ColumnDesign(
        name=column.name,
        type=_type_of(column),
        # Redshift makes an IDENTITY column NOT NULL, whatever was said.
        nullable=bool(column.nullable) and not identity,
        encode=canonical_encoding(encode) if encode else None,
        identity=(int(identity[0]), int(identity[1])) if identity else None,
        identity_by_default=bool(ours.get("identity_by_default", False)),
        default=default_sql(column.server_default, f"column {column.name}"),
        comment=column.comment or None,
        collate=ours.get("collate"),
        pii=ours.get("pii"),
        doc=ours.get("doc"),
    )


def own(item: sa.Table | sa.Column[Any]) -> Mapping[str, Any]:
    """What the design says beyond the dialect's arguments: `info["warehouse"]`."""
    return item.info.get(INFO) or _NOTHING


def default_sql(default: Any, where: str = "") -> str | None:
    """The SQL of a column's default. Raises DesignError where its text has parameters, as '{"a":1}' has one, :1."""
    if default is None:
        return None
    clause = getattr(default, "arg", None)
    if isinstance(clause, sa.TextClause) and clause._bindparams:
        named = ", ".join(f":{name}" for name in clause._bindparams)
        raise DesignError(
            f"{where}: its default {clause.text!r} has the parameters {named}.",
            next_step=f"Write {named.replace(':', chr(92) + ':')} in text(…), or give the value as a string.",
        )
    text: str | None = _compiler().get_column_default_string(SimpleNamespace(server_default=default))
    return text


def default_clause(text: str) -> sa.TextClause | sa.ColumnClause[Any]:
    """The SQL of a default as a clause of just that text. In `sa.text` a colon may begin a parameter, and not every
    such text can be written there."""
    return sa.literal_column(text) if ":" in text else sa.text(text)


@cache
def _compiler() -> Any:
    dialect = literal_dialect()
    return dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]


_spelled: dict[Any, str] = {}


def _type_of(column: sa.Column[Any]) -> str:
    kind = column.type
    # A type's spelling depends on its class and its arguments, which are its attributes.
    try:
        known = (kind.__class__, tuple(kind.__dict__.items()))
        if known in _spelled:
            return _spelled[known]
    except TypeError:
        known = None
    where = f"column {column.name}" if column.table is None else f"{column.table.fullname}: column {column.name}"
    if getattr(kind, "length", None) == 0:
        # Which would be compiled as no length at all.
        raise DesignError(f"{where}: a length of 0.", next_step="Say a length in bytes of 1 or more.")
    try:
        spelled = str(parse_type(kind.compile(dialect=redshift_dialect())))
    except TypeRefused as refused:
        raise DesignError(f"{where}: {refused.reason}.", next_step=refused.instead) from refused
    except sa.exc.CompileError as error:
        raise DesignError(
            f"{where}: {column.type!r} is no type of Redshift.", next_step="Take a type of warehouse.schema.types."
        ) from error
    if known is not None:
        _spelled[known] = spelled
    return spelled


def _schema(table: sa.Table) -> str | None:
    return None if table.schema in (None, DEFAULT_SCHEMA) else str(table.schema)


def _grants(table: sa.Table, ours: Mapping[str, Any]) -> tuple[Grant, ...] | None:
    said = ours.get("grants")
    if said is None:
        return None
    with _naming(table):
        return read_grants(said)


def _unique_keys(table: sa.Table) -> tuple[tuple[str, ...], ...]:
    constraints = (c for c in table.constraints if isinstance(c, sa.UniqueConstraint))
    # A set of constraints has no order; the columns' names give one.
    return tuple(sorted(tuple(column.name for column in constraint.columns) for constraint in constraints))


def _foreign_keys(table: sa.Table) -> tuple[ForeignKeyDesign, ...]:
    if not table.foreign_key_constraints:
        return ()
    position = {column.name: number for number, column in enumerate(table.columns)}
    keys = []
    for constraint in table.foreign_key_constraints:
        columns = tuple(element.parent.name for element in constraint.elements)
        # `target_fullname` is text: the other table need not be known.
        targets = [element.target_fullname.rsplit(".", 1) for element in constraint.elements]
        ref_columns = tuple(target[1] if len(target) > 1 else own for target, own in zip(targets, columns, strict=True))
        ref_table = targets[0][0].removeprefix(f"{DEFAULT_SCHEMA}.")
        name = None if constraint.name is None else str(constraint.name)
        keys.append(ForeignKeyDesign(columns, ref_table, ref_columns, name))
    return tuple(sorted(keys, key=lambda key: ([position[name] for name in key.columns], key.ref_table)))


def _names(value: Any) -> tuple[str, ...]:
    """The dialect takes a name, a Column, or several of either."""
    if value is None:
        return ()
    if isinstance(value, str | sa.Column):
        value = (value,)
    return tuple(one.name if isinstance(one, sa.Column) else str(one) for one in value)


def _marked(table: sa.Table, option: str) -> Iterable[str]:
    return (column.name for column in table.columns if column.dialect_options["redshift"][option])


def _distribution(table: sa.Table, ours: Mapping[str, Any]) -> Distribution | None:
    options = table.dialect_options["redshift"]
    keys = dict.fromkeys((*_names(options["distkey"]), *_marked(table, "distkey")))
    style: Any = (options["diststyle"] or "").lower()
    said = ours.get("dist")
    if len(keys) > 1:
        raise DesignError(
            f"{table.fullname}: two columns are DISTKEY ({', '.join(keys)}).", next_step="Keep one: dist=key(column)."
        )
    key = next(iter(keys), None)
    with _naming(table):
        if style or key:
            return Distribution(style or "key", key)
        return Distribution(said) if said else None


def _sort_key(table: sa.Table, ours: Mapping[str, Any]) -> SortKey | None:
    options = table.dialect_options["redshift"]
    compound, interleaved = _names(options["sortkey"]), _names(options["interleaved_sortkey"])
    marked = tuple(_marked(table, "sortkey"))
    said = ours.get("sort")
    ways = [columns for columns in (compound, interleaved, marked) if columns]
    if len(ways) > 1 or (ways and said):
        raise DesignError(
            f"{table.fullname}: the sort key is declared in two ways.",
            next_step="Keep one: sort=compound(…) or sort=interleaved(…).",
        )
    if interleaved:
        return SortKey("interleaved", interleaved)
    if compound or marked:
        return SortKey("compound", compound or marked)
    return SortKey(said) if said else None


class _naming:
    """Let a DesignError of the block name the table."""

    def __init__(self, table: sa.Table) -> None:
        self.table = table

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, DesignError):
            raise DesignError(f"{self.table.fullname}: {error.message}", next_step=error.next_step) from error
