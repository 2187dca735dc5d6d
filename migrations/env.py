"""Alembic's way in. Everything is in warehouse/migrate/env.py."""

from warehouse.migrate import env
from warehouse.models import metadata

env.run(metadata)
