"""What a warehouse tells of its views, as values (warehouse/db/catalog.py)."""

from __future__ import annotations

import pytest

from warehouse.db.catalog import CatalogView


@pytest.mark.parametrize(
    ("text", "late", "query"),
    [
        (" SELECT a,\n    b\n   FROM t;", False, "SELECT a,\n    b\n   FROM t"),
        (
            "CREATE OR REPLACE VIEW told (a) AS\nWITH x AS (SELECT 1) SELECT a FROM public.x\nWITH NO SCHEMA BINDING;",
            True,
            "WITH x AS (SELECT 1) SELECT a FROM public.x",
        ),
        ("create view v as select a as b from s.t with no schema binding", True, "select a as b from s.t"),
    ],
)
def test_the_query_of_a_view(text: str, late: bool, query: str) -> None:
    view = CatalogView(1, None, "v", text, "me", None)
    assert (view.is_late_binding, view.query) == (late, query)
