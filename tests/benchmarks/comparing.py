"""One comparison of models with a database, in a process of its own: `comparing.py JOB` prints its figures as JSON.

    warehouse    our comparison, over redshift_connector
    alembic      Alembic's own with sqlalchemy-redshift, over redshift_connector
    postgresql   Alembic's own with its postgresql dialect, over psycopg2, of a PostgreSQL that holds the same tables

The clock runs from the connection to the differences; imports and the making of the models are over before. Nothing of
the library is imported for the other two: it would take their dialect over.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from many_models import models
from resident import Memory
from sqlalchemy.pool import NullPool


def main() -> None:
    job = json.loads(sys.argv[1])
    # The other two warn at what they cannot read.
    warnings.simplefilter("ignore")
    options: dict[str, Any] = {}
    if job["who"] == "warehouse":
        from warehouse.db.engine import connect
        from warehouse.migrate import plugin
        from warehouse.settings import Settings

        plugin.register()
        options["autogenerate_plugins"] = plugin.PLUGINS
        engine = connect(Settings(url=job["url"]), poolclass=NullPool)
    else:
        if job["who"] == "alembic":
            import sqlalchemy_redshift.dialect  # noqa: F401  (claims Alembic's dialect "redshift")
        engine = sa.create_engine(job["url"], connect_args=job["arguments"], poolclass=NullPool)
    engine.dialect.import_dbapi()
    metadata = models(job["tables"], job["columns"])
    asked = 0

    def count(*_: Any) -> None:
        nonlocal asked
        asked += 1

    sa.event.listen(engine, "before_cursor_execute", count)
    memory = Memory()
    memory.forget()
    baseline = memory.now()
    began = time.perf_counter()
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    seconds = time.perf_counter() - began
    figures = {"seconds": seconds, "queries": asked, "differences": len(found)}
    print(json.dumps({**figures, "memory": memory.peak() - baseline}))


if __name__ == "__main__":
    main()
