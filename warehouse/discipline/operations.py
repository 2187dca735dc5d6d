"""Alembic's operations and our own, by their names in a revision: which arguments they take and which changes they are.

The counterpart of `warehouse/migrate/gate.py`, which translates the objects of a running migration; here there are only
the arguments of a call. An operation that is not listed is one that no rule speaks about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from warehouse.discipline.changes import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterDistribution,
    AlterSortKey,
    Change,
    CreateTable,
    CreateView,
    DropColumn,
    DropConstraint,
    DropTable,
    DropView,
    GrantPrivileges,
    Impossible,
    RebuildTable,
    RenameColumn,
    RenameTable,
    RunSQL,
    SetTableComment,
)
from warehouse.discipline.finding import Place
from warehouse.redshift.encodings import canonical_encoding
from warehouse.redshift.refusals import FOREIGN_KEY_EXTRAS
from warehouse.schema import check_column, check_table
from warehouse.schema.design import ColumnDesign, Distribution, ForeignKeyDesign, SortKey, ViewDesign, qualified
from warehouse.schema.grants import read_grants

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One operation: its positional arguments in their order, the name of what follows them, and its changes."""

    words: tuple[str, ...]
    make: Callable[[Arguments], Iterable[Change]]
    rest: str | None = None

    def changes(self, arguments: Arguments, place: Place) -> Iterator[Change]:
        """The changes that a call with these arguments makes. Raises DesignError for an impossible table or column."""
        for change in self.make(arguments):
            yield replace(change, place=place)


def _create_table(given: Arguments) -> Iterator[Change]:
    options = {word: value for word, value in given.items() if word not in ("table_name", "columns")}
    table = sa.Table(given["table_name"], sa.MetaData(), *given["columns"], **options)
    yield CreateTable(check_table(table))


def _rebuild_table(given: Arguments) -> Iterator[Change]:
    own = ("existing", "using")
    (made,) = _create_table({word: value for word, value in given.items() if word not in own})
    assert isinstance(made, CreateTable)
    yield RebuildTable(made.design)
    for name in given.get("existing", ()):
        if made.design.column(name) is None:
            yield DropColumn(given["table_name"], given.get("schema"), name)


def _resize(given: Arguments) -> Iterator[Change]:
    table, schema, name = given["table_name"], given.get("schema"), given["column_name"]
    old = given.get("existing_length")
    before = None if old is None else ColumnDesign(name, f"character varying({old})")
    after = ColumnDesign(name, f"character varying({given['length']})")
    yield AlterColumn(table, schema, name, frozenset({"type"}), after, before)


def _grant(given: Arguments) -> Iterator[Change]:
    (right,) = read_grants({given["grantee"]: given["privileges"]})
    yield GrantPrivileges(given["table_name"], given.get("schema"), right)


def _add_column(given: Arguments) -> Iterator[Change]:
    column = check_column(given["column"], where=given["table_name"])
    yield AddColumn(given["table_name"], given.get("schema"), column)


def _alter_column(given: Arguments) -> Iterator[Change]:
    table, schema, name = given["table_name"], given.get("schema"), given["column_name"]
    altered = {
        "nullable": given.get("nullable") is not None,
        "default": given.get("server_default", False) is not False,
        "type": given.get("type_") is not None,
        "comment": given.get("comment", False) is not False,
    }
    if any(altered.values()):
        old = _column(name, given.get("existing_type"), given.get("existing_nullable"))
        new = _column(name, given.get("type_"), given.get("nullable"))
        yield AlterColumn(table, schema, name, frozenset(one for one, said in altered.items() if said), new, old)
    if given.get("new_column_name"):
        yield RenameColumn(table, schema, name, given["new_column_name"])


def _column(name: str, type_: Any, nullable: bool | None) -> ColumnDesign | None:
    if type_ is None:
        return None
    return check_column(sa.Column(name, type_, nullable=nullable is not False))


def _alter_encoding(given: Arguments) -> Iterator[Change]:
    yield AlterColumn(
        given["table_name"],
        given.get("schema"),
        given["column_name"],
        frozenset({"encode"}),
        encode=canonical_encoding(given["encode"]),
    )


def _alter_distribution(given: Arguments) -> Iterator[Change]:
    old = given.get("existing_style")
    yield AlterDistribution(
        given["table_name"],
        given.get("schema"),
        Distribution(given["style"], given.get("key")),
        Distribution(old, given.get("existing_key")) if old else None,
    )


def _alter_sort_key(given: Arguments) -> Iterator[Change]:
    old = given.get("existing_style")
    yield AlterSortKey(
        given["table_name"],
        given.get("schema"),
        SortKey.said(given["style"], given.get("columns", ())),
        SortKey.said(old, given.get("existing_columns", ())) if old else None,
    )


def _constraint(kind: str) -> Callable[[Arguments], Iterator[Change]]:
    def make(given: Arguments) -> Iterator[Change]:
        columns = given.get("columns", ())
        yield AddConstraint(given["table_name"], given.get("schema"), kind, tuple(map(str, columns)))

    return make


def _foreign_key(given: Arguments) -> Iterator[Change]:
    said = [name for name in FOREIGN_KEY_EXTRAS if given.get(name) is not None]
    if said:
        fault = f"a foreign key of Redshift takes no {', '.join(said)}"
        yield Impossible(given["source_table"], fault, "Leave it out; nothing enforces the key")
    columns = tuple(given["local_cols"])
    target = qualified(given.get("referent_schema"), given["referent_table"])
    key = ForeignKeyDesign(columns, target, tuple(given["remote_cols"]), given.get("constraint_name"))
    yield AddConstraint(given["source_table"], given.get("source_schema"), "foreign_key", columns, key)


def _drop_index(given: Arguments) -> Iterator[Change]:
    fault = f"Redshift has no indexes, so there is no {given['index_name']} to drop"
    yield Impossible(str(given.get("table_name") or ""), fault, "Leave the step out")


def _create_view(given: Arguments) -> Iterator[Change]:
    dist, sort, grants = given.get("dist"), given.get("sort"), given.get("grants")
    yield CreateView(
        ViewDesign(
            given["name"],
            given["query"].strip(),
            dist=Distribution(*dist) if dist else None,
            sort=SortKey(sort[0], tuple(sort[1:])) if sort else None,
            grants=None if grants is None else read_grants(grants),
            **{word: given[word] for word in _VIEW_WORDS if word in given},
        )
    )


_VIEW_WORDS = ("kind", "schema", "auto_refresh", "backup", "comment", "owner")
_TABLE, _COLUMN = ("table_name",), ("table_name", "column_name")
_KEY = ("constraint_name", "table_name", "columns")

OPERATIONS: Mapping[str, Operation] = {
    "create_table": Operation(_TABLE, _create_table, rest="columns"),
    "rebuild_table": Operation(_TABLE, _rebuild_table, rest="columns"),
    "widen_varchar": Operation((*_COLUMN, "length"), _resize),
    "shrink_varchar": Operation((*_COLUMN, "length"), _resize),
    "grant": Operation(("table_name", "grantee", "privileges"), _grant),
    "drop_table": Operation(_TABLE, lambda given: [DropTable(given["table_name"], given.get("schema"))]),
    "rename_table": Operation(
        ("table_name", "new_table_name", "schema"),
        lambda given: [RenameTable(given["table_name"], given.get("schema"), given["new_table_name"])],
    ),
    "add_column": Operation(("table_name", "column"), _add_column),
    "drop_column": Operation(
        _COLUMN, lambda given: [DropColumn(given["table_name"], given.get("schema"), given["column_name"])]
    ),
    "alter_column": Operation(_COLUMN, _alter_column),
    "alter_encoding": Operation((*_COLUMN, "encode"), _alter_encoding),
    "create_view": Operation(("name", "query"), _create_view),
    "replace_view": Operation(("name", "query"), _create_view),
    "drop_view": Operation(("name",), lambda given: [DropView(given["name"], given.get("schema"))]),
    "alter_distribution": Operation(("table_name", "style", "key"), _alter_distribution),
    "alter_sort_key": Operation(("table_name", "style", "columns"), _alter_sort_key),
    "create_primary_key": Operation(_KEY, _constraint("primary_key")),
    "create_unique_constraint": Operation(_KEY, _constraint("unique")),
    "create_check_constraint": Operation(("constraint_name", "table_name", "condition"), _constraint("check")),
    "create_exclude_constraint": Operation(_KEY, _constraint("exclude")),
    "create_index": Operation(("index_name", "table_name", "columns"), _constraint("index")),
    "drop_index": Operation(("index_name", "table_name"), _drop_index),
    "create_foreign_key": Operation(
        ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"), _foreign_key
    ),
    "drop_constraint": Operation(
        ("constraint_name", "table_name", "type_"),
        lambda given: [DropConstraint(given["table_name"], given.get("schema"), given["constraint_name"] or "")],
    ),
    "create_table_comment": Operation(
        ("table_name", "comment"),
        lambda given: [SetTableComment(given["table_name"], given.get("schema"), given["comment"])],
    ),
    "drop_table_comment": Operation(
        _TABLE, lambda given: [SetTableComment(given["table_name"], given.get("schema"), None)]
    ),
    "execute": Operation(("sqltext",), lambda given: [RunSQL(str(given["sqltext"]))]),
}
