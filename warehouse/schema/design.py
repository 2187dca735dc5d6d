"""A table's physical design as frozen values: what rules, comparators and the dictionary read instead of SQLAlchemy's
objects.

`TableDesign.from_table` reads any `sqlalchemy.Table`: one of our models, a Core table with plain `redshift_*`
arguments, one that Alembic built from a revision, or a reflected one. A `None` for `dist`, `sort` or `encode` means
"not declared", which is not the same as AUTO. Types are spelled as the catalog spells them (see
`warehouse.redshift.types`).

What the dialect cannot express lives in `Table.info["warehouse"]`, as plain strings, so that Alembic renders it into
the revision and the decision survives there: `{"dist": "auto"}`, `{"sort": "auto"}`, `{"sort": "none"}`, `{"waivers":
{code: reason}}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from warehouse.errors import DesignError
from warehouse.redshift.encodings import canonical_encoding
from warehouse.redshift.keys import DIST_STYLES, SORT_STYLES, DistStyle, SortStyle
from warehouse.redshift.types import RedshiftType, TypeRefused, parse_type

INFO = "warehouse"
DEFAULT_SCHEMA = "public"


@dataclass(frozen=True)
class Distribution:
    """How rows are spread over the slices: AUTO, EVEN, ALL, or KEY by one column."""

    style: DistStyle
    key: str | None = None

    def __post_init__(self) -> None:
        if self.style not in DIST_STYLES:
            raise DesignError(
                f"{self.style!r} is no distribution style.", next_step="Say auto(), even(), all_() or key(column)."
            )
        if self.style == "key" and not self.key:
            raise DesignError("DISTSTYLE KEY names no column.", next_step='Say dist=key("column").')
        if self.style != "key" and self.key:
            raise DesignError(
                f"DISTKEY({self.key}) and DISTSTYLE {self.style.upper()} exclude each other.",
                next_step=f'Say dist=key("{self.key}"), or drop the DISTKEY.',
            )

    def __str__(self) -> str:
        return f"KEY({self.key})" if self.key else self.style.upper()


@dataclass(frozen=True)
class SortKey:
    """In which order rows are kept: AUTO, by columns (compound or interleaved), or none on purpose."""

    style: SortStyle
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.style not in SORT_STYLES:
            raise DesignError(
                f"{self.style!r} is no sort style.",
                next_step="Say compound(…), interleaved(…), auto_sort() or unsorted().",
            )
        if bool(self.columns) != (self.style in ("compound", "interleaved")):
            raise DesignError(
                f"a sort key of style {self.style.upper()} with the columns ({', '.join(self.columns)}) cannot be.",
                next_step="Say compound(…) or interleaved(…) with columns, auto_sort() or unsorted() without.",
            )

    def __str__(self) -> str:
        return f"{self.style.upper()}({', '.join(self.columns)})" if self.columns else self.style.upper()


@dataclass(frozen=True)
class ColumnDesign:
    """One column. `type` is the catalog's spelling; `encode` is lower case, `raw` for none, None when not declared."""

    name: str
    type: str
    nullable: bool = True
    encode: str | None = None
    identity: tuple[int, int] | None = None
    identity_by_default: bool = False
    default: str | None = None
    comment: str | None = None

    @property
    def redshift_type(self) -> RedshiftType:
        return parse_type(self.type)

    @classmethod
    def from_column(cls, column: sa.Column[Any]) -> ColumnDesign:
        """Read a SQLAlchemy column. Raises DesignError for a type that Redshift has not."""
        options = column.dialect_options["redshift"]
        identity = options.get("identity")
        encode = options.get("encode")
        if not encode and isinstance(column.info.get("encode"), str):
            # The dialect's inspector reports an encoding here, where its own compiler does not look.
            encode = column.info["encode"]
        return cls(
            name=column.name,
            type=_type_of(column),
            # Redshift makes an IDENTITY column NOT NULL, whatever was said.
            nullable=bool(column.nullable) and not identity,
            encode=canonical_encoding(encode) if encode else None,
            identity=(int(identity[0]), int(identity[1])) if identity else None,
            identity_by_default=bool(column.info.get(INFO, {}).get("identity_by_default", False)),
            default=redshift_dialect().ddl_compiler(redshift_dialect(), None).get_column_default_string(column),  # type: ignore[arg-type]
            comment=column.comment or None,
        )


@dataclass(frozen=True)
class ForeignKeyDesign:
    """A foreign key; Redshift believes it and does not enforce it. `ref_table` is qualified when it is not in
    public."""

    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True)
class TableDesign:
    """One table. `schema` is None for the default schema, public."""

    name: str
    schema: str | None = None
    columns: tuple[ColumnDesign, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKeyDesign, ...] = ()
    dist: Distribution | None = None
    sort: SortKey | None = None
    comment: str | None = None
    # Rule code -> why this table may break it.
    waivers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for code, reason in self.waivers.items():
            if not isinstance(reason, str) or not reason.strip():
                raise DesignError(
                    f"{self.qualified_name}: the waiver of {code} gives no reason.",
                    next_step=f'Write why: waive={{"{code}": "…"}}, or drop it.',
                )
        object.__setattr__(self, "waivers", MappingProxyType(dict(self.waivers)))

    def __hash__(self) -> int:
        return hash((self.schema, self.name, self.columns, self.dist, self.sort))

    @property
    def qualified_name(self) -> str:
        """The name for messages: qualified unless it is in public."""
        return qualified(self.schema, self.name)

    def column(self, name: str) -> ColumnDesign | None:
        return next((column for column in self.columns if column.name == name), None)

    @classmethod
    def from_table(cls, table: sa.Table) -> TableDesign:
        """Read a SQLAlchemy table. Raises DesignError for a type that Redshift has not, or keys that contradict each
        other.

        It reads; it does not judge. `warehouse.schema.check_table` judges.
        """
        return cls(
            name=table.name,
            schema=None if table.schema == DEFAULT_SCHEMA else table.schema,
            columns=tuple(map(ColumnDesign.from_column, table.columns)),
            primary_key=tuple(column.name for column in table.primary_key.columns),
            unique_keys=_unique_keys(table),
            foreign_keys=_foreign_keys(table),
            dist=_distribution(table),
            sort=_sort_key(table),
            comment=table.comment or None,
            waivers=dict(table.info.get(INFO, {}).get("waivers", {})),
        )


def qualified(schema: str | None, name: str) -> str:
    """`name`, or `schema.name` when the schema is not the default one."""
    return name if schema in (None, DEFAULT_SCHEMA) else f"{schema}.{name}"


@lru_cache(maxsize=1)
def redshift_dialect() -> Dialect:
    """The unmodified dialect, to compile types and defaults with; it opens no connection and imports no driver."""
    from sqlalchemy_redshift.dialect import RedshiftDialect_redshift_connector

    dialect: Dialect = RedshiftDialect_redshift_connector()
    return dialect


def _type_of(column: sa.Column[Any]) -> str:
    where = f"column {column.name}" if column.table is None else f"{column.table.fullname}: column {column.name}"
    try:
        return str(parse_type(column.type.compile(dialect=redshift_dialect())))
    except TypeRefused as refused:
        raise DesignError(f"{where}: {refused.reason}.", next_step=refused.instead) from refused
    except sa.exc.CompileError as error:
        raise DesignError(
            f"{where}: {column.type!r} is no type of Redshift.", next_step="Take a type of warehouse.schema.types."
        ) from error


def _unique_keys(table: sa.Table) -> tuple[tuple[str, ...], ...]:
    constraints = (c for c in table.constraints if isinstance(c, sa.UniqueConstraint))
    # A set of constraints has no order; the columns' names give one.
    return tuple(sorted(tuple(column.name for column in constraint.columns) for constraint in constraints))


def _foreign_keys(table: sa.Table) -> tuple[ForeignKeyDesign, ...]:
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
    return (column.name for column in table.columns if column.dialect_options["redshift"].get(option))


def _distribution(table: sa.Table) -> Distribution | None:
    options = table.dialect_options["redshift"]
    keys = dict.fromkeys((*_names(options.get("distkey")), *_marked(table, "distkey")))
    style: Any = (options.get("diststyle") or "").lower()
    said = table.info.get(INFO, {}).get("dist")
    if len(keys) > 1:
        raise DesignError(
            f"{table.fullname}: two columns are DISTKEY ({', '.join(keys)}).", next_step="Keep one: dist=key(column)."
        )
    key = next(iter(keys), None)
    try:
        if style or key:
            return Distribution(style or "key", key)
        return Distribution(said) if said else None
    except DesignError as error:
        raise DesignError(f"{table.fullname}: {error.message}", next_step=error.next_step) from error


def _sort_key(table: sa.Table) -> SortKey | None:
    options = table.dialect_options["redshift"]
    compound, interleaved = _names(options.get("sortkey")), _names(options.get("interleaved_sortkey"))
    marked = tuple(_marked(table, "sortkey"))
    said = table.info.get(INFO, {}).get("sort")
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
