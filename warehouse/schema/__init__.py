"""How a schema declares: the declarative base, the words for the physical design, and the design as frozen values.

base.py      the declarative base and the words of its class line
options.py   those words as arguments of `sqlalchemy.Table` and `Column`
shapes.py    mixins: Dimension, Fact, History, Staging, Log
views.py     views, late-binding and materialized views
grants.py    who may do what
types.py     the types of columns
design.py    the design as frozen values      reading.py  from SQLAlchemy to them
checks.py    is this design possible?         statements.py  their SQL
places.py    where a model stands             facts.py       what a live warehouse knows of a table
"""

from warehouse.schema.base import NAMING, Base
from warehouse.schema.checks import check_column, check_table
from warehouse.schema.design import ColumnDesign, Distribution, ForeignKeyDesign, SortKey, TableDesign, ViewDesign
from warehouse.schema.grants import Grant
from warehouse.schema.options import (
    all_,
    auto,
    auto_sort,
    column,
    column_options,
    compound,
    even,
    interleaved,
    key,
    table_options,
    unsorted,
)
from warehouse.schema.shapes import Dimension, Fact, History, Log, Staging
from warehouse.schema.views import MaterializedView, View, materialized_view, view, view_designs, views_of

__all__ = [
    "NAMING",
    "Base",
    "ColumnDesign",
    "Dimension",
    "Distribution",
    "Fact",
    "ForeignKeyDesign",
    "Grant",
    "History",
    "Log",
    "MaterializedView",
    "SortKey",
    "Staging",
    "TableDesign",
    "View",
    "ViewDesign",
    "all_",
    "auto",
    "auto_sort",
    "check_column",
    "check_table",
    "column",
    "column_options",
    "compound",
    "even",
    "interleaved",
    "key",
    "materialized_view",
    "table_options",
    "unsorted",
    "view",
    "view_designs",
    "views_of",
]
