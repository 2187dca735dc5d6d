"""Where a model stands: the file and the line of its class, or of one of its columns.

Asked for findings only, because Python reads the file again to answer. A Core table has no place: it was made by a
call that nothing remembers.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from weakref import WeakKeyDictionary

import sqlalchemy as sa

# Which class made a table or a view.
owners: WeakKeyDictionary[sa.Table, type] = WeakKeyDictionary()


def lines_of(table: sa.Table, column: str = "") -> tuple[str, int] | None:
    """The file, relative to the working directory where it lies in it, and the line; None when nobody knows."""
    owner = owners.get(table)
    try:
        file = inspect.getsourcefile(owner) if owner is not None else None
        lines, first = inspect.getsourcelines(owner) if owner is not None else ([], 0)
    except (OSError, TypeError):
        return None
    if file is None:
        return None
    declares = re.compile(rf"\s+{re.escape(column)}\s*[:=]")
    within = next((number for number, line in enumerate(lines) if column and declares.match(line)), 0)
    path = Path(file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return str(shown), first + within
