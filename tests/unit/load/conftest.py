"""A table of the tests' own on the embedded Redshift, and what loads into it need."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from warehouse.db.engine import connect
from warehouse.local import cloning
from warehouse.models import Customer, LoadAudit, LoadQuarantine
from warehouse.objectstore import ObjectStore
from warehouse.schema import Base, column, compound, key
from warehouse.schema.types import DECIMAL, INTEGER, TIMESTAMP, VARCHAR
from warehouse.settings import Settings


@pytest.fixture(scope="session")
def sale() -> sa.Table:
    """A table of the tests' own, with what loads stumble over: bytes, decimals, times, a DISTKEY beside the key."""
    metadata = sa.MetaData()

    class Own(Base):
        __abstract__ = True

    Own.metadata = metadata

    class Sale(Own, dist=key("region"), sort=compound("at"), comment="Sales."):
        __tablename__ = "sale"
        id = column(INTEGER, primary_key=True, autoincrement=False, encode="az64", comment="Number.")
        region = column(VARCHAR(8), encode="zstd", comment="Region.")
        name = column(VARCHAR(6), encode="zstd", comment="Name.")
        price = column(DECIMAL(8, 2), encode="az64", comment="Price.")
        at = column(TIMESTAMP, encode="raw", comment="Time.")

    table: sa.Table = Sale.__table__
    return table


@pytest.fixture(scope="session")
def template(local_server: dict[str, Any], sale: sa.Table, settings_of: Callable[[str], Settings]) -> str:
    """A database with the tables that loads need, made once."""
    name = "prepared_for_loads"
    cloning.clone(local_server, "template1", name)
    engine = connect(settings_of(name), poolclass=NullPool)
    with engine.begin() as connection:
        for table in (sale, LoadAudit.__table__, LoadQuarantine.__table__, Customer.__table__):
            table.create(connection)
    engine.dispose()
    return name


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    engine = connect(settings, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def own(engine: sa.Engine, settings: Settings) -> dict[str, Any]:
    return {"engine": engine, "settings": settings}


@pytest.fixture
def rows(engine: sa.Engine, sale: sa.Table) -> Callable[[], list[tuple[Any, ...]]]:
    def read() -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.select(sale).order_by(sale.c.id))]

    return read


@pytest.fixture
def stores(settings: Settings) -> Iterator[ObjectStore]:
    with contextlib.closing(ObjectStore.from_settings(settings)) as store:
        yield store
