"""`op.create_view`: a view, a late-binding view, or a materialized view.

    op.create_view("daily", "SELECT day, count(*) AS flights FROM flight GROUP BY day", comment="Flights of each day.")
    op.create_view("daily", "SELECT … FROM public.flight …", kind="late_binding")
    op.create_view("daily", "SELECT …", kind="materialized", dist=["key", "day"], sort=["compound", "day"])

What it was made from is written down (`warehouse.migrate.views`), so that autogenerate can compare it with the model;
`record=False` leaves that out, for a view that no model declares.
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import dedent
from typing import Any, get_args

from alembic.operations import Operations

from warehouse.db.sql import literal
from warehouse.discipline import Change, CreateView, DropView
from warehouse.errors import DesignError, MigrationError
from warehouse.migrate import views
from warehouse.migrate.ops import RedshiftOp, table_name
from warehouse.schema import statements
from warehouse.schema.checks import view_problems
from warehouse.schema.design import Distribution, SortKey, ViewDesign, ViewKind
from warehouse.schema.grants import Grants, plain_grants, read_grants


class ViewOp(RedshiftOp):
    """An op that makes, replaces or drops a view. `design` is the view that it is about."""

    design: ViewDesign
    record: bool

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.word, self.schema, self.table_name)

    def sql(self, preparer: Any) -> tuple[str, ...]:
        return tuple(self.statements(preparer))

    def statements(self, preparer: Any) -> Iterator[str]:
        """The statements, without what is written down."""
        raise NotImplementedError

    def changes(self) -> Sequence[Change]:
        return (CreateView(self.design),)


def view_design(name: str, query: str, **words: Any) -> ViewDesign:
    """The arguments of a revision as a value. Raises MigrationError for words that a view has not."""
    stored = {word for word in ("dist", "sort", "auto_refresh") if words.get(word)}
    stored |= {"backup"} if words.get("backup") is False else set()
    dist, sort = words.pop("dist", None), words.pop("sort", None)
    grants = words.pop("grants", None)
    if (kind := words.get("kind", "view")) not in get_args(ViewKind):
        raise MigrationError(
            f"view {name}: kind={kind!r} is not understood.", next_step=f"Say one of {', '.join(get_args(ViewKind))}."
        )
    try:
        design = ViewDesign(
            name,
            # A revision may indent it.
            dedent(query).strip().rstrip(";").rstrip(),
            dist=Distribution(*dist) if dist else None,
            sort=SortKey(sort[0], tuple(sort[1:])) if sort else None,
            grants=None if grants is None else read_grants(grants),
            **words,
        )
    except (DesignError, TypeError) as error:
        told = error.message if isinstance(error, DesignError) else str(error)
        raise MigrationError(f"view {name}: {told}", next_step=getattr(error, "next_step", "")) from error
    for problem in view_problems(design, dict.fromkeys(stored, True)):
        raise MigrationError(f"view {name}: {problem.fault}.", next_step=problem.mend)
    return design


def words_of(design: ViewDesign) -> dict[str, Any]:
    """The same back: the arguments that say this design."""
    words: dict[str, Any] = {}
    if design.kind != "view":
        words["kind"] = design.kind
    if design.dist is not None:
        words["dist"] = [design.dist.style, *([design.dist.key] if design.dist.key else [])]
    if design.sort is not None:
        words["sort"] = [design.sort.style, *design.sort.columns]
    if design.auto_refresh:
        words["auto_refresh"] = True
    if not design.backup:
        words["backup"] = False
    said = (("comment", design.comment), ("owner", design.owner), ("schema", design.schema))
    words |= {word: value for word, value in said if value is not None}
    if design.grants:
        words["grants"] = plain_grants(design.grants)
    return words


def rendered(word: str, design: ViewDesign, **more: Any) -> str:
    """One call, the query as a text of several lines."""
    query = design.query
    plain = '"""' not in query and "\\" not in query and not query.endswith('"')
    text = f'"""\n{query}\n"""' if plain and "\n" in query else repr(query)
    options = "".join(f",\n    {key}={value!r}" for key, value in {**words_of(design), **more}.items())
    return f"op.{word}(\n    {design.name!r},\n    {text}{options},\n)"


def made(preparer: Any, design: ViewDesign) -> Iterator[str]:
    """CREATE, the comment, the rights."""
    yield statements.create_view(preparer, design)
    if design.comment:
        name = statements.qualified_name(preparer, design.schema, design.name)
        yield f"COMMENT ON VIEW {name} IS {literal(design.comment)}"
    yield from statements.after_create(preparer, design)


@Operations.register_operation("create_view")
class CreateViewOp(ViewOp):
    """CREATE [MATERIALIZED] VIEW."""

    word = "create_view"

    def __init__(self, design: ViewDesign, *, record: bool = True) -> None:
        self.design = design
        self.table_name = design.name
        self.schema = design.schema
        self.record = record

    @classmethod
    def create_view(
        cls,
        operations: Operations,
        name: str,
        query: str,
        *,
        kind: ViewKind = "view",
        schema: str | None = None,
        dist: Sequence[str] | None = None,
        sort: Sequence[str] | None = None,
        auto_refresh: bool = False,
        backup: bool = True,
        comment: str | None = None,
        owner: str | None = None,
        grants: Grants | None = None,
        record: bool = True,
    ) -> None:
        """Make a view; `dist`, `sort`, `auto_refresh` and `backup` are a materialized one's."""
        design = view_design(
            name, query, kind=kind, schema=schema, dist=dist, sort=sort, auto_refresh=auto_refresh, backup=backup,
            comment=comment, owner=owner, grants=grants,
        )  # fmt: skip
        operations.invoke(cls(design, record=record))

    def reverse(self) -> DropViewOp:
        return DropViewOp(self.design, record=self.record)

    def statements(self, preparer: Any) -> Iterator[str]:
        yield from made(preparer, self.design)

    def render(self) -> str:
        return rendered(self.word, self.design, **({} if self.record else {"record": False}))

    def run(self, impl: Any) -> None:
        impl.perform(self)
        if self.record:
            impl.numbered(f"record view {self.where}", lambda: views.write(impl, self.design))


@Operations.register_operation("drop_view")
class DropViewOp(ViewOp):
    """DROP [MATERIALIZED] VIEW. Without the query of the design there is no way back."""

    word = "drop_view"

    def __init__(self, design: ViewDesign, *, record: bool = True) -> None:
        self.design = design
        self.table_name = design.name
        self.schema = design.schema
        self.record = record

    @classmethod
    def drop_view(
        cls,
        operations: Operations,
        name: str,
        *,
        kind: ViewKind = "view",
        schema: str | None = None,
        record: bool = True,
    ) -> None:
        """Drop a view; `kind` says whether it is a materialized one."""
        operations.invoke(cls(ViewDesign(name, "", kind, schema=schema), record=record))

    def reverse(self) -> CreateViewOp:
        if not self.design.query:
            raise self.no_reverse("what it was made from", "op.create_view in downgrade() yourself")
        return CreateViewOp(self.design, record=self.record)

    def statements(self, preparer: Any) -> Iterator[str]:
        kind = "MATERIALIZED VIEW" if self.design.kind == "materialized" else "VIEW"
        yield f"DROP {kind} {table_name(preparer, self)}"

    def changes(self) -> Sequence[Change]:
        return (DropView(self.table_name, self.schema),)

    def render(self) -> str:
        kind = "" if self.design.kind == "view" else f", kind={self.design.kind!r}"
        schema = "" if self.schema is None else f", schema={self.schema!r}"
        record = "" if self.record else ", record=False"
        return f"op.drop_view({self.table_name!r}{kind}{schema}{record})"

    def run(self, impl: Any) -> None:
        impl.perform(self)
        if self.record:
            impl.numbered(f"forget view {self.where}", lambda: views.forget(impl, self.design))


@Operations.register_operation("replace_view")
class ReplaceViewOp(ViewOp):
    """Another query, or another kind, under the same name. `old` is what it was made from; None: not known.

    A late-binding view is replaced where it is. A bound one may have other columns, which CREATE OR REPLACE refuses,
    so it is dropped and made again in one transaction, with the owner, the rights and the comment that it had.
    """

    word = "replace_view"

    def __init__(self, design: ViewDesign, old: ViewDesign | None = None) -> None:
        self.design = design
        self.old = old
        self.table_name = design.name
        self.schema = design.schema
        self.record = True

    @classmethod
    def replace_view(
        cls,
        operations: Operations,
        name: str,
        query: str,
        *,
        kind: ViewKind = "view",
        existing_kind: ViewKind | None = None,
        existing_query: str | None = None,
        schema: str | None = None,
        **words: Any,
    ) -> None:
        """Make a view anew; the words are those of op.create_view."""
        design = view_design(name, query, kind=kind, schema=schema, **words)
        old = ViewDesign(name, existing_query or "", existing_kind or kind, schema=schema)
        operations.invoke(cls(design, old))

    def reverse(self) -> ReplaceViewOp:
        if self.old is None or not self.old.query:
            raise self.no_reverse("the former query", "op.replace_view in downgrade() yourself")
        return ReplaceViewOp(self.old, self.design)

    @property
    def in_place(self) -> bool:
        """Does CREATE OR REPLACE do it?"""
        return self.design.kind == "late_binding" and (self.old is None or self.old.kind == "late_binding")

    def statements(self, preparer: Any) -> Iterator[str]:
        if self.in_place:
            first, *rest = made(preparer, self.design)
            yield first.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
            yield from rest
            return
        yield from DropViewOp(self.old or self.design).statements(preparer)
        yield from made(preparer, self.design)

    def render(self) -> str:
        more = {} if self.old is None or self.old.kind == self.design.kind else {"existing_kind": self.old.kind}
        return rendered(self.word, self.design, **more)

    def run(self, impl: Any) -> None:
        impl.judge(self.changes())
        if impl.as_sql or self.in_place:
            impl.perform(self)
        else:
            statement = statements.create_view(impl.dialect.identifier_preparer, self.design)
            impl.numbered(f"replace view {self.where}: {statement}", lambda: self._carry_over(impl))
        impl.numbered(f"record view {self.where}", lambda: views.write(impl, self.design))

    def _carry_over(self, impl: Any) -> None:
        op = ReplaceViewOp(views.with_rights(impl.connection, self.design), self.old)
        for statement in op.statements(impl.dialect.identifier_preparer):
            impl.run_statement(statement)
