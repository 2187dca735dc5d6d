from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import registry

from warehouse.schema import NAMING, Base


@pytest.fixture
def base() -> type[Base]:
    """A base with tables and class names of its own: nothing stays in the warehouse's metadata."""
    tables = sa.MetaData(naming_convention=NAMING)

    class Fresh(Base):
        __abstract__ = True
        metadata = tables
        registry = _sa_registry = registry(metadata=tables)

    return Fresh
