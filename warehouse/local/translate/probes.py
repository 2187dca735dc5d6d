"""Queries about a query: which columns its FROM has. Only the catalog knows (questions.py)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from sqlglot import exp

from warehouse.local.translate.questions import answer
from warehouse.local.translate.tokens import literal

# Makes PostgreSQL's text of a query whose names are folded.
Translate = Callable[[exp.Expr], str]


def probe(select: exp.Expr, items: Sequence[exp.Expr], sources: Sequence[exp.Expr] = ()) -> exp.Select:
    """SELECT `items` from what `select` reads, or from `sources`, with the WITH clauses that are in force there."""
    found = exp.Select(expressions=list(items))
    if sources:
        found.set("from_", exp.From(this=sources[0].copy()))
    else:
        for clause in ("from_", "from", "joins"):
            if part := select.args.get(clause):
                found.set(clause, [one.copy() for one in part] if isinstance(part, list) else part.copy())
    holders = [w for holder in (select, *_outer(select)) if (w := holder.args.get("with_") or holder.args.get("with"))]
    ctes = [cte.copy() for one in reversed(holders) for cte in one.expressions if not _inside(select, cte)]
    if ctes:
        recursive = any(one.args.get("recursive") for one in holders)
        found.set("with_", exp.With(expressions=ctes, recursive=recursive))
    return found


def columns(queries: Sequence[exp.Select], translate: Translate) -> list[list[str]]:
    """The names of each query's columns. Raises questions.Unsure."""
    return [list(found) for found in typed_columns(queries, translate)]


def typed_columns(queries: Sequence[exp.Select], translate: Translate) -> list[dict[str, str]]:
    """The columns of each query: name, and type as PostgreSQL spells it. Raises questions.Unsure."""
    asked = [f"pg_redshift.columns_of({literal(translate(query))})" for query in queries]
    known = answer(asked)
    return [dict(json.loads(known[one] or "[]")) for one in asked]


def _outer(node: exp.Expr) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    parent = node.parent
    while parent is not None:
        if isinstance(parent, exp.Query | exp.DML):
            found.append(parent)
        parent = parent.parent
    return found


def _inside(node: exp.Expr, other: exp.Expr) -> bool:
    parent: exp.Expr | None = node
    while parent is not None:
        if parent is other:
            return True
        parent = parent.parent
    return False
