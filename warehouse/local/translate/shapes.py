"""Small pieces of sqlglot's tree that several modules build or look through."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from warehouse.local import catalog

# Marks a call that stands for an operator: its column has no name.
OPERATOR = "operator"

_WRAPPERS = (exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Window, exp.Filter)


def ours(name: str, arguments: Sequence[exp.Expr]) -> exp.Expr:
    """A call of a function in schema pg_redshift."""
    return exp.Dot(
        this=exp.to_identifier(catalog.SCHEMA), expression=exp.Anonymous(this=name, expressions=list(arguments))
    )


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a function of PostgreSQL."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def outermost(node: exp.Expr) -> exp.Expr:
    """`node` with what stands behind its parentheses: WITHIN GROUP, IGNORE NULLS, OVER."""
    while isinstance(node.parent, _WRAPPERS) and node.arg_key == "this":
        node = node.parent
    return node


def window(node: exp.Expr) -> exp.Window | None:
    """The OVER clause of a call, if it has one."""
    found = outermost(node)
    return found if isinstance(found, exp.Window) else None


def within_group(node: exp.Expr) -> exp.Order | None:
    """The ORDER BY of a call's WITHIN GROUP, if it has one."""
    if isinstance(node.parent, exp.WithinGroup):
        found = node.parent.expression
        return found if isinstance(found, exp.Order) else None
    return None


def text(value: str) -> exp.Literal:
    """A string constant."""
    return exp.Literal.string(value)
