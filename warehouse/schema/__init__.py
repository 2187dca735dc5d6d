"""How a schema declares: the declarative base, the words for the physical design, and the design as frozen values."""

from warehouse.schema.base import NAMING, Base
from warehouse.schema.checks import check_column, check_table
from warehouse.schema.design import ColumnDesign, Distribution, ForeignKeyDesign, SortKey, TableDesign
from warehouse.schema.options import (
    all_,
    auto,
    auto_sort,
    column,
    compound,
    even,
    interleaved,
    key,
    table_options,
    unsorted,
)

__all__ = [
    "NAMING",
    "Base",
    "ColumnDesign",
    "Distribution",
    "ForeignKeyDesign",
    "SortKey",
    "TableDesign",
    "all_",
    "auto",
    "auto_sort",
    "check_column",
    "check_table",
    "column",
    "compound",
    "even",
    "interleaved",
    "key",
    "table_options",
    "unsorted",
]
