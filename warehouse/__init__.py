"""Model, migrate, load and trust an Amazon Redshift warehouse.

The front door. Importing it loads no botocore, airflow, pandas or pyarrow: names resolve when they are first used.
`load`, `upsert` and `unload` are in `warehouse.load`: a name cannot be both a package and a function of this one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from warehouse.db.engine import connect
    from warehouse.quality import check
    from warehouse.schema import Base

__all__ = ["Base", "WarehouseError", "check", "connect"]

_HOMES = {
    "Base": "warehouse.schema",
    "check": "warehouse.quality",
    "connect": "warehouse.db.engine",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'warehouse' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
