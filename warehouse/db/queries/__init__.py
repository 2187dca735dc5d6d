"""Named SQL: one file per query, whose first line says its purpose."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import sqlalchemy as sa


@cache
def query(name: str) -> sa.TextClause:
    """The query in `<name>.sql`; bound parameters are written :name."""
    return sa.text(files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8").strip().rstrip(";"))
