"""Expressions that stand outside queries: defaults of columns."""

from __future__ import annotations

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.query import translate_query

_BEFORE, _AFTER = "SELECT 1 WHERE ", " IS NULL"


def default_expression(text: str) -> str:
    """A DEFAULT expression as PostgreSQL takes it. It must be free of columns and subqueries (r_CREATE_TABLE_NEW)."""
    # Not in a select list, where some expressions are given a name.
    selected = translate_query(f"{_BEFORE}({text}){_AFTER}")
    if selected.has_columns:
        raise Refused("cannot use column references in default expression", "42P10")
    if selected.has_subquery:
        raise Refused("cannot use subquery in default expression", "0A000")
    return selected.sql.removeprefix(_BEFORE).removesuffix(_AFTER)
