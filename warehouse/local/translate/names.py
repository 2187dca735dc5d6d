"""Names: identifiers fold to lower case even when quoted; catalogs lead to our views; what a statement touches.

Sources: AWS "Names and identifiers" (r_names), "SQL functions supported on the leader node".
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from warehouse.local import catalog, long_names
from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.tokens import fold, path

# As many characters as a name of more than 63 bytes has at least.
_LONG_CONSTANT = 15
_SYSTEM = ("stl_", "stv_", "svl_", "svv_", "sys_", "svcs_")


def fold_identifiers(tree: exp.Expr) -> None:
    """Lower case, and quoted for PostgreSQL, so that its own keywords are no obstacle."""
    for node in tree.find_all(exp.Identifier):
        folded = fold(node.this)
        if folded != node.this:  # an attribute of a SUPER value may be meant as it is written
            node.meta["spelled"] = node.this
            node.set("this", folded)
        node.set("quoted", True)
    for alias in tree.find_all(exp.Alias):
        # `expression AS default`: sqlglot keeps such a word as it is.
        if isinstance(alias.args.get("alias"), exp.Var):
            alias.set("alias", exp.to_identifier(fold(alias.alias), quoted=True))


@dataclass(frozen=True)
class Touched:
    """What a statement reads: Redshift's compute nodes run it when that is more than catalogs.

    `reads` are the user's relations, by their quoted names in the order of the text; `system` tells of system views.
    """

    reads: tuple[str, ...]
    system: bool

    @property
    def user(self) -> bool:
        """Does it read a relation of a user's?"""
        return bool(self.reads)


def touched(tree: exp.Expr) -> Touched:
    """Call it before relations are redirected."""
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    system = False
    reads: dict[str, None] = {}
    for table in tree.find_all(exp.Table):
        # A constant row goes into a table without its expressions being run there.
        if isinstance(table.this, exp.Func) or isinstance(table.parent, exp.Insert | exp.Schema):
            continue
        if not table.db and table.name in ctes:
            continue
        if table.name.startswith(_SYSTEM):
            system = True
        elif not is_catalog(table):
            reads[path(tuple(part for part in (table.db, table.name) if part))] = None
    return Touched(tuple(reads), system)


def tables(select: exp.Select) -> list[exp.Table]:
    """The tables of a SELECT's own FROM, and those of its subqueries there."""
    sources = (select.args.get("from_") or select.args.get("from"), *(select.args.get("joins") or []))
    return [table for source in sources if source for table in source.find_all(exp.Table)]


def on_leader(node: exp.Expr) -> bool:
    """True when the query around `node` touches catalogs only: Redshift's leader runs that by itself."""
    select = node.find_ancestor(exp.Select)
    return isinstance(select, exp.Select) and all(is_catalog(table) or _of_catalogs(table) for table in tables(select))


def _of_catalogs(table: exp.Table, above: tuple[str, ...] = ()) -> bool:
    """True for the name of a WITH query that reads catalogs only."""
    if table.db or table.name in above:
        return False
    for cte in table.root().find_all(exp.CTE):
        if cte.alias == table.name:
            inner = (*above, table.name)
            return all(is_catalog(one) or _of_catalogs(one, inner) for one in cte.this.find_all(exp.Table))
    return False


def names_catalog(node: exp.Expr) -> bool:
    """True when the query around `node` reads anything at all."""
    select = node.find_ancestor(exp.Select)
    return select is not None and next(select.find_all(exp.Table), None) is not None


def is_catalog(table: exp.Table) -> bool:
    """A catalog of PostgreSQL, or a system view of Redshift."""
    return (
        isinstance(table.this, exp.Func)
        or table.name in catalog.RELATIONS
        or table.name.startswith("pg_")
        or table.db in ("pg_catalog", "information_schema", catalog.SCHEMA)
    )


def shorten_constants(tree: exp.Expr) -> None:
    """What a statement over the catalogs compares with a long name is PostgreSQL's name for it. Raises Refused."""
    long = [one for one in tree.find_all(exp.Literal) if one.is_string and len(one.this) > _LONG_CONSTANT]
    if not long or not any(is_catalog(one) or one.name.startswith(_SYSTEM) for one in tree.find_all(exp.Table)):
        long = [one for one in long if _names_relation(one)]
    for one in long:
        try:
            one.set("this", long_names.constant(one.this))
        except long_names.TooManyNames as many:
            raise not_emulated(str(many)) from many


def _names_relation(constant: exp.Literal) -> bool:
    """True for 'a.b'::regclass and has_table_privilege('a.b', …)."""
    above = constant.parent
    if isinstance(above, exp.Cast):
        return "REGCLASS" in above.to.sql().upper()
    return isinstance(above, exp.Func) and above.name.lower().startswith(("has_", "pg_"))


def redirect_relations(tree: exp.Expr) -> None:
    """Send catalogs to our views. Raises Refused for system views that are not emulated."""
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue
        schema, name = table.db, table.name
        if table.catalog:
            table.set("catalog", None)
        if schema == "information_schema" and name in catalog.INFORMATION_SCHEMA:
            _send(table, "is_" + name)
        elif schema in ("", "pg_catalog") and name in catalog.RELATIONS:
            _send(table, f"{name}_of_psql" if _asks_as_psql(tree, name) else name)
        elif schema == catalog.SCHEMA:
            raise Refused(f'schema "{schema}" does not exist', "3F000")
        elif name.startswith(_SYSTEM) and schema in ("", "pg_catalog"):
            raise not_emulated(f"system view {name}")
        elif (schema == "pg_catalog" or (name.startswith("pg_") and not schema)) and not (
            name in _LEADER or (name == "pg_collation" and _asks_as_psql(tree, "pg_attribute"))
        ):
            raise Refused(f'relation "{f"{schema}." if schema else ""}{name}" does not exist', "42P01")
    for column in tree.find_all(exp.Column):
        # pg_catalog.pg_class.relname, as SQLAlchemy writes it: what is read is known by its name alone now.
        if column.db in ("pg_catalog", "information_schema"):
            column.set("db", None)


# Catalogs of PostgreSQL 8.0 that are left as they are; those that have changed since are views of ours.
_LEADER = {
    "pg_aggregate", "pg_am", "pg_amop", "pg_amproc", "pg_cast", "pg_conversion", "pg_depend", "pg_description",
    "pg_inherits", "pg_largeobject", "pg_opclass", "pg_operator", "pg_rewrite", "pg_rules", "pg_shdescription",
    "pg_stat_all_tables", "pg_stat_database", "pg_stat_user_tables", "pg_statio_all_tables", "pg_statio_user_tables",
    "pg_statistic", "pg_stats", "pg_tablespace", "pg_trigger", "pg_auth_members",
}  # fmt: skip
# Columns that they have got since, and for which psql's \\d and \\df ask servers of any version.
_OF_PSQL = {
    "pg_class": {"relhastriggers", "reloftype", "relpersistence", "relrowsecurity", "relispartition", "relreplident"},
    "pg_attribute": {"attcollation", "attacl"},
    "pg_type": {"typcollation"},
    "pg_proc": {"proiswindow", "prokind"},
    "pg_database": {"datcollate"},
}


def _asks_as_psql(tree: exp.Expr, name: str) -> bool:
    wanted = _OF_PSQL.get(name, set())
    return any(column.name in wanted for column in tree.find_all(exp.Column))


def _send(table: exp.Table, name: str) -> None:
    # Columns may be written as svv_tables.table_name: the alias keeps them right.
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("this", exp.to_identifier(name, quoted=True))
    table.set("db", exp.to_identifier(catalog.SCHEMA, quoted=True))
