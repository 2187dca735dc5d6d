"""SELECT, INSERT, UPDATE, DELETE: sqlglot's tree, changed where Redshift differs, refused where Redshift refuses.

What is changed: identifiers fold to lower case even when quoted; catalogs lead to our views; functions go by their
name; a select
alias may be used in WHERE; a bare number may be a condition.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError, UnsupportedError

from warehouse.local import catalog
from warehouse.local.translate import functions
from warehouse.local.translate.dialect import generate, parse
from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.tokens import fold

_STATEMENTS = (exp.Select, exp.Insert, exp.Update, exp.Delete, exp.Union, exp.Except, exp.Intersect, exp.Subquery)

# Clauses and expressions that Redshift refuses (REDSHIFT.md, section 9), with what a person calls them.
_REFUSED_NODES: dict[type[exp.Expression], tuple[str, str]] = {
    exp.Returning: ('syntax error at or near "RETURNING"', "42601"),
    exp.OnConflict: ('syntax error at or near "ON CONFLICT"', "42601"),
    exp.Lock: ("SELECT FOR UPDATE is not supported", "0A000"),
    exp.Filter: ("aggregate FILTER is not supported", "0A000"),
    exp.Lateral: ("LATERAL is not supported", "0A000"),
    exp.TableSample: ("TABLESAMPLE is not supported", "0A000"),
}


@dataclass(frozen=True)
class Translated:
    """PostgreSQL's text of a query, and what a caller may want to know of it."""

    sql: str
    has_columns: bool
    has_subquery: bool
    is_select: bool
    has_limit: bool


def translate_query(text: str) -> Translated:
    """Translate one query. Raises Refused."""
    try:
        tree = parse(text)
    except (ParseError, TokenError) as error:
        raise Refused(_syntax_error(error), "42601") from error
    except RecursionError as error:
        raise Refused("statement is too complex", "54001") from error
    if not isinstance(tree, _STATEMENTS):
        raise not_emulated(f"{type(tree).__name__} statements")
    _refuse(tree)
    _mend_dml(tree)
    _fold_identifiers(tree)
    _check_casts(tree)
    for select in list(tree.find_all(exp.Select)):
        _use_aliases(select)
        _conditions(select)
    _redirect_relations(tree)
    _redirect_functions(tree)
    try:
        sql = generate(tree)
    except UnsupportedError as error:
        raise not_emulated(str(error).rstrip(".")) from error
    return Translated(
        sql,
        has_columns=tree.find(exp.Column) is not None,
        has_subquery=len(list(tree.find_all(exp.Select))) > 1,
        is_select=isinstance(tree, exp.Query),
        has_limit=tree.args.get("limit") is not None,
    )


def _syntax_error(error: Exception) -> str:
    details = getattr(error, "errors", None)
    near = details[0].get("highlight") if details else ""
    return f'syntax error at or near "{near}"' if near else "syntax error at end of input"


def _refuse(tree: exp.Expression) -> None:
    for kind, (message, state) in _REFUSED_NODES.items():
        if tree.find(kind):
            raise Refused(message, state)
    for select in tree.find_all(exp.Select):
        if not select.expressions:
            raise Refused("syntax error: the select list is empty", "42601")
    for star in tree.find_all(exp.Star):
        if any(star.args.values()):
            raise not_emulated("SELECT * EXCLUDE")
    for node in tree.find_all(exp.Distinct):
        if node.args.get("on"):
            raise Refused("SELECT DISTINCT ON is not supported", "0A000")
    for insert in tree.find_all(exp.Insert):
        if insert.args.get("returning"):
            raise Refused('syntax error at or near "RETURNING"', "42601")
        if insert.args.get("conflict"):
            raise Refused('syntax error at or near "ON CONFLICT"', "42601")
    for values in tree.find_all(exp.Values):
        if not isinstance(values.parent, exp.Insert):
            raise Refused("VALUES lists are not supported outside INSERT", "0A000")


def _mend_dml(tree: exp.Expression) -> None:
    """Put right what sqlglot reads as another dialect's: DELETE without FROM, DEFAULT as a value of UPDATE."""
    for delete in tree.find_all(exp.Delete):
        if not delete.this and (named := delete.args.get("tables")):
            delete.set("this", named[0])
            delete.set("tables", None)
    for update in tree.find_all(exp.Update):
        for assignment in update.expressions:
            value = assignment.expression if isinstance(assignment, exp.EQ) else None
            if isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.this.quoted:
                value.replace(exp.var("DEFAULT"))


# What a value may be cast to (c_Supported_data_types), in sqlglot's names.
_CASTS = {
    "SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE", "BOOLEAN", "CHAR", "NCHAR", "BPCHAR", "VARCHAR",
    "NVARCHAR", "TEXT", "DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL",
}  # fmt: skip
# Types of a PostgreSQL younger than the leader's.
_UNKNOWN_CASTS = {"UUID", "JSON", "JSONB", "XML", "HSTORE"}


def _check_casts(tree: exp.Expression) -> None:
    for kind in tree.find_all(exp.DataType):
        name = kind.this.value if isinstance(kind.this, exp.DType) else str(kind.this)
        if name == "DECIMAL" and not kind.expressions:
            # A bare DECIMAL is (18,0); PostgreSQL's would keep every digit.
            kind.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (18, 0)])
        elif name in _UNKNOWN_CASTS:
            raise Refused(f'type "{name.lower()}" does not exist', "42704")
        elif name not in _CASTS and not _on_leader(kind):
            raise not_emulated(f"type {name.lower()}")


def _fold_identifiers(tree: exp.Expression) -> None:
    for node in tree.find_all(exp.Identifier):
        node.set("this", fold(node.this))
        # Bare words that are not identifiers to PostgreSQL stay bare.
        node.set("quoted", True)
    for alias in tree.find_all(exp.Alias):
        # `expression AS default`: sqlglot keeps such a word as it is.
        if isinstance(alias.args.get("alias"), exp.Var):
            alias.set("alias", exp.to_identifier(fold(alias.alias), quoted=True))


def _use_aliases(select: exp.Select) -> None:
    """Let WHERE use an alias of the select list, as Redshift does.

    A column of FROM with that name would win; for catalog queries, the only ones changed here, an alias that renames
    something is taken as meant.
    """
    tables = _tables(select)
    if not tables or not all(_is_catalog(t) for t in tables):
        return
    named = {
        item.alias: item.this
        for item in select.expressions
        if isinstance(item, exp.Alias) and not (isinstance(item.this, exp.Column) and item.this.name == item.alias)
    }
    where = select.args.get("where")
    if not where or not named:
        return
    for column in list(where.find_all(exp.Column)):
        if not column.table and column.name in named and column.find_ancestor(exp.Select) is select:
            column.replace(exp.paren(named[column.name].copy()))


def _tables(select: exp.Select) -> list[exp.Table]:
    sources = (select.args.get("from_") or select.args.get("from"), *(select.args.get("joins") or []))
    return [table for source in sources if source for table in source.find_all(exp.Table)]


def _on_leader(node: exp.Expression) -> bool:
    """True when the query around `node` touches catalogs only: Redshift's leader runs that by itself."""
    select = node.find_ancestor(exp.Select)
    return isinstance(select, exp.Select) and all(_is_catalog(table) for table in _tables(select))


def _is_catalog(table: exp.Table) -> bool:
    return (
        isinstance(table.this, exp.Func)
        or table.name in catalog.RELATIONS
        or table.name.startswith("pg_")
        or table.db in ("pg_catalog", "information_schema", catalog.SCHEMA)
    )


def _conditions(select: exp.Select) -> None:
    """A number as a condition (`WHERE 1 AND …`) is a boolean to Redshift's parser."""
    where = select.args.get("where")
    if where is None:
        return
    for node in [where.this, *where.find_all(exp.Literal)]:
        if (
            isinstance(node, exp.Literal)
            and not node.is_string
            and isinstance(node.parent, exp.Where | exp.And | exp.Or | exp.Not)
        ):
            node.replace(exp.true() if node.this not in ("0", "0.0") else exp.false())


def _redirect_relations(tree: exp.Expression) -> None:
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue
        schema, name = table.db, table.name
        if table.catalog:
            table.set("catalog", None)
        if schema == "information_schema" and name in catalog.INFORMATION_SCHEMA:
            _send(table, "is_" + name)
        elif schema in ("", "pg_catalog") and name in catalog.RELATIONS:
            _send(table, name)
        elif schema == catalog.SCHEMA:
            raise Refused(f'schema "{schema}" does not exist', "3F000")
        elif name.startswith(("stl_", "stv_", "svl_", "svv_", "sys_", "svcs_")) and schema in ("", "pg_catalog"):
            raise not_emulated(f"system view {name}")


def _send(table: exp.Table, name: str) -> None:
    # Columns may be written as svv_tables.table_name: the alias keeps them right.
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("this", exp.to_identifier(name, quoted=True))
    table.set("db", exp.to_identifier(catalog.SCHEMA, quoted=True))


def _redirect_functions(tree: exp.Expression) -> None:
    for node in list(tree.find_all(exp.Func)):
        if isinstance(node, exp.Anonymous):
            _by_name(node)
        elif isinstance(node, exp.CurrentTimestamp) and node.args.get("sysdate"):
            node.replace(_ours("sysdate", []))
        elif type(node).__name__ not in functions.TYPED:
            name = node.sql_name().lower()
            if isinstance(node, exp.Array) and _on_leader(node):
                continue
            if name in functions.UNSUPPORTED or isinstance(node, exp.ArrayAgg | exp.Array | exp.GroupConcat):
                raise Refused(
                    f"Specified types or functions (one per INFO message) not supported on Redshift tables: {name}()",
                    "0A000",
                )
            raise not_emulated(f"function {name}()")


def _by_name(node: exp.Anonymous) -> None:
    name = str(node.this).lower()
    parent = node.parent
    qualified = isinstance(parent, exp.Dot)
    schema = parent.this.name.lower() if isinstance(parent, exp.Dot) and isinstance(parent.this, exp.Identifier) else ""
    if qualified and schema not in ("pg_catalog", ""):
        raise Refused(f"function {schema}.{name}() does not exist", "42883")
    if name in catalog.FUNCTIONS:
        ours = _ours(name, node.expressions)
        (parent if qualified and parent else node).replace(ours)
    elif name in functions.UNSUPPORTED:
        raise Refused(
            f"Specified types or functions (one per INFO message) not supported on Redshift tables: {name}()", "0A000"
        )
    elif name not in functions.BY_NAME:
        raise not_emulated(f"function {name}()")


def _ours(name: str, arguments: list[exp.Expression]) -> exp.Expression:
    return exp.Dot(this=exp.to_identifier(catalog.SCHEMA), expression=exp.Anonymous(this=name, expressions=arguments))
