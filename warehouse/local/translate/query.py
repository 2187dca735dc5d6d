"""SELECT, INSERT, UPDATE, DELETE: sqlglot's tree, changed where Redshift differs, refused where Redshift refuses.

One module a concern: refuse.py (clauses), dml.py and merge.py (statements that write), names.py (identifiers and
catalogs), navigation.py (paths into SUPER), aliases.py (aliases of the select list), qualify.py (QUALIFY and GROUP BY
ALL), casts.py (types), calls.py (functions).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError, UnsupportedError

from warehouse.local.translate.aliases import use_aliases
from warehouse.local.translate.calls import redirect_functions
from warehouse.local.translate.casts import size_casts
from warehouse.local.translate.dates import name_parts
from warehouse.local.translate.decimals import divide
from warehouse.local.translate.decorrelate import decorrelate
from warehouse.local.translate.dialect import generate, parse
from warehouse.local.translate.dml import mend_dml
from warehouse.local.translate.hierarchy import connect_by
from warehouse.local.translate.intervals import qualify_intervals, show_intervals
from warehouse.local.translate.literals import type_literals
from warehouse.local.translate.merge import check_merge
from warehouse.local.translate.names import fold_identifiers, redirect_relations, shorten_constants, touched
from warehouse.local.translate.navigation import navigate
from warehouse.local.translate.outer_joins import join_marked
from warehouse.local.translate.pivots import rotate
from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.qualify import group_by_all, qualify
from warehouse.local.translate.refuse import refuse
from warehouse.local.translate.stars import exclude

_STATEMENTS = (exp.Select, exp.Insert, exp.Update, exp.Delete, exp.Union, exp.Except, exp.Intersect, exp.Subquery,
               exp.Merge)  # fmt: skip


@dataclass(frozen=True)
class Translated:
    """PostgreSQL's text of a query, and what a caller may want to know of it."""

    sql: str
    has_columns: bool
    has_subquery: bool
    is_select: bool
    has_limit: bool
    on_leader: bool
    reads: tuple[str, ...]


def translate_query(text: str, *, shown: bool = False, kept: bool = False) -> Translated:
    """Translate one query. Raises Refused.

    `shown`: its answer goes to the client as it is; `kept`: its text may be read again, as that of a view.
    """
    try:
        tree = parse(text)
    except (ParseError, TokenError) as error:
        raise Refused(_syntax_error(error), "42601") from error
    except RecursionError as error:
        raise Refused("statement is too complex", "54001") from error
    if not isinstance(tree, _STATEMENTS):
        raise Refused(f'syntax error at or near "{text.split()[0]}"' if text.split() else "syntax error", "42601")
    refuse(tree)
    if isinstance(tree, exp.Merge):
        check_merge(tree)
    mend_dml(tree)
    fold_identifiers(tree)
    name_parts(tree)
    navigate(tree)
    connect_by(tree)
    join_marked(tree, _inner)
    rotate(tree, _inner)
    exclude(tree, _inner)
    use_aliases(tree, _inner)
    for select in list(tree.find_all(exp.Select)):
        group_by_all(select)
        replaced = qualify(select)
        tree = replaced if select is tree else tree
    type_literals(tree)
    touches = touched(tree)
    if touches.user:  # the leader reckons as PostgreSQL does
        if not kept and len(selects := list(tree.find_all(exp.Select))) > 1:
            decorrelate(selects, _inner)
        divide(tree)
    qualify_intervals(tree)
    if shown:
        show_intervals(tree)
    return Translated(
        _behind(tree),
        has_columns=tree.find(exp.Column) is not None,
        has_subquery=len(list(tree.find_all(exp.Select))) > 1,
        is_select=isinstance(tree, exp.Query),
        has_limit=tree.args.get("limit") is not None,
        on_leader=isinstance(tree, exp.Query) and not (touches.user or touches.system),
        reads=touches.reads,
    )


def _inner(query: exp.Expr) -> str:
    """PostgreSQL's text of a query that is only asked about."""
    return _behind(query.copy())


def _behind(tree: exp.Expr) -> str:
    """PostgreSQL's text of a statement whose names are folded."""
    touches = touched(tree)
    qualify_intervals(tree)
    size_casts(tree)
    for select in list(tree.find_all(exp.Select)):
        _conditions(select)
    shorten_constants(tree)
    redirect_relations(tree)
    redirect_functions(tree, touches)
    try:
        return generate(tree)
    except UnsupportedError as error:
        raise not_emulated(str(error).strip().splitlines()[0].rstrip(".")) from error


def _syntax_error(error: Exception) -> str:
    details = getattr(error, "errors", None)
    near = details[0].get("highlight") if details else ""
    return f'syntax error at or near "{near}"' if near else "syntax error at end of input"


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
