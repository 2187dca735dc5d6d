"""A table's physical design as frozen values: what rules, comparators and the dictionary read instead of SQLAlchemy's
objects.

`TableDesign.from_table` reads any `sqlalchemy.Table` (reading.py): one of our models, a Core table with plain
`redshift_*` arguments, one that Alembic built from a revision, or a reflected one. A `None` for `dist`, `sort`,
`encode`, `owner` or `grants` means "not declared", which is not the same as AUTO. Types are spelled as the catalog
spells them (see `warehouse.redshift.types`).

What the dialect cannot express lives in `Table.info["warehouse"]` and `Column.info["warehouse"]`, as plain data, so
that Alembic renders it into the revision and the decision survives there:

    table   dist: "auto"; sort: "auto", "none"; encode: "auto"; backup: False; owner; grants: {grantee: [privilege]};
            shape; doc; waivers: {code: reason}
    column  identity_by_default: True; collate; pii; doc
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from warehouse.errors import DesignError
from warehouse.redshift.keys import DIST_STYLES, SORT_STYLES, DistStyle, SortStyle
from warehouse.redshift.types import RedshiftType, parse_type
from warehouse.schema.grants import Grant

INFO = "warehouse"
DEFAULT_SCHEMA = "public"
Collation = Literal["case_sensitive", "case_insensitive"]
COLLATIONS: tuple[Collation, ...] = ("case_sensitive", "case_insensitive")
_NO_WAIVERS: Mapping[str, str] = MappingProxyType({})


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

    @classmethod
    def said(cls, style: SortStyle, columns: Sequence[str]) -> SortKey:
        """As an operation says it: one column may stand without a list."""
        return cls(style, (columns,) if isinstance(columns, str) else tuple(columns))

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
    collate: Collation | None = None
    # What kind of personal data it holds ("email", say); "none" when it only looks like it, None when nobody said.
    pii: str | None = None
    # Documentation beyond the comment: for the data dictionary, not for the warehouse.
    doc: str | None = None

    @property
    def redshift_type(self) -> RedshiftType:
        return parse_type(self.type)

    @classmethod
    def from_column(cls, column: sa.Column[Any]) -> ColumnDesign:
        """Read a SQLAlchemy column. Raises DesignError for a type that Redshift has not."""
        from warehouse.schema.reading import read_column

        return read_column(column)


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
    waivers: Mapping[str, str] = field(default_factory=dict)
    # ENCODE AUTO of the table: Redshift chooses, and what columns say is only where it starts.
    encode: Literal["auto"] | None = None
    backup: bool = True
    owner: str | None = None
    grants: tuple[Grant, ...] | None = None
    # dimension, fact, history, staging or log (shapes.py).
    shape: str | None = None
    doc: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "waivers", with_reasons(self.qualified_name, self.waivers))

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
        from warehouse.schema.reading import read_table

        return read_table(table)


ViewKind = Literal["view", "late_binding", "materialized"]


@dataclass(frozen=True)
class ViewDesign:
    """A view: bound to its tables, late-binding, or materialized. `columns` is empty when the model names none.

    `dist`, `sort`, `backup` and `auto_refresh` are a materialized view's.
    """

    name: str
    query: str
    kind: ViewKind = "view"
    schema: str | None = None
    columns: tuple[ColumnDesign, ...] = ()
    dist: Distribution | None = None
    sort: SortKey | None = None
    auto_refresh: bool = False
    backup: bool = True
    comment: str | None = None
    owner: str | None = None
    grants: tuple[Grant, ...] | None = None
    doc: str | None = None
    waivers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "waivers", with_reasons(self.qualified_name, self.waivers))

    def __hash__(self) -> int:
        return hash((self.schema, self.name, self.query, self.kind))

    @property
    def qualified_name(self) -> str:
        """The name for messages: qualified unless it is in public."""
        return qualified(self.schema, self.name)


def with_reasons(where: str, waivers: Mapping[str, str]) -> Mapping[str, str]:
    """The waivers, unchangeable. Raises DesignError for one without a reason."""
    for code, reason in waivers.items():
        if not isinstance(reason, str) or not reason.strip():
            raise DesignError(
                f"{where}: the waiver of {code} gives no reason.",
                next_step=f'Write why: waive={{"{code}": "…"}}, or drop it.',
            )
    return MappingProxyType(dict(waivers)) if waivers else _NO_WAIVERS


def qualified(schema: str | None, name: str) -> str:
    """`name`, or `schema.name` when the schema is not the default one."""
    return name if schema in (None, DEFAULT_SCHEMA) else f"{schema}.{name}"


def literal_dialect() -> Dialect:
    """A dialect of one's own to compile whole texts with, values as literals: a backslash escapes inside '…', as in
    Redshift, and no % is doubled for a driver that looks for parameters."""
    from sqlalchemy_redshift.dialect import RedshiftDialect_redshift_connector

    dialect: Any = RedshiftDialect_redshift_connector(paramstyle="named")
    dialect._backslash_escapes = True
    compiler = dialect.statement_compiler

    def post_process_text(self: Any, text: str) -> str:
        return text

    def visit_mod_binary(self: Any, binary: Any, operator: Any, **options: Any) -> str:
        return f"{self.process(binary.left, **options)} % {self.process(binary.right, **options)}"

    # Of redshift_connector the dialect doubles both whatever the style of parameters is.
    as_it_is = {"post_process_text": post_process_text, "visit_mod_binary": visit_mod_binary}
    dialect.statement_compiler = type(compiler.__name__, (compiler,), as_it_is)
    return dialect  # type: ignore[no-any-return]


@cache
def redshift_dialect() -> Dialect:
    """The unmodified dialect, to compile types and defaults with; it opens no connection and imports no driver."""
    from sqlalchemy_redshift.dialect import RedshiftDialect_redshift_connector

    dialect: Dialect = RedshiftDialect_redshift_connector()
    return dialect
