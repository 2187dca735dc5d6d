"""Expressions that stand outside queries: defaults of columns."""

from __future__ import annotations

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.query import translate_query


def default_expression(text: str) -> str:
    """A DEFAULT expression as PostgreSQL takes it. It must be free of columns and subqueries (r_CREATE_TABLE_NEW)."""
    selected = translate_query(f"SELECT {text}")
    if selected.has_columns:
        raise Refused("cannot use column references in default expression", "42P10")
    if selected.has_subquery:
        raise Refused("cannot use subquery in default expression", "0A000")
    return selected.sql.removeprefix("SELECT ")
