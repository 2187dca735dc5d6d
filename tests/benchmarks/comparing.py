"""One comparison of models with a database, in a process of its own: `comparing.py JOB` prints its figures as JSON.

    warehouse    our comparison, over redshift_connector
    alembic      Alembic's own with sqlalchemy-redshift, over redshift_connector
    postgresql   Alembic's own with its postgresql dialect, over psycopg2, of a PostgreSQL that holds the same tables

The clock runs from the connection to the differences; imports and the making of the models are over before. Nothing of
ours is imported for the other two: it would take their dialect over.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.pool import NullPool

# Type and encoding, repeated over the columns.
KINDS: tuple[tuple[sa.types.TypeEngine[Any], str], ...] = (
    (sa.Integer(), "az64"),
    (sa.String(80), "zstd"),
    (sa.DateTime(), "az64"),
    (sa.Numeric(12, 2), "az64"),
    (sa.Boolean(), "raw"),
)


def models(tables: int, columns: int) -> sa.MetaData:
    """Tables in the words of sqlalchemy-redshift, each but the first with a foreign key to the one before."""
    metadata = sa.MetaData()
    for number in range(tables):
        before = [sa.ForeignKey(f"table_{number - 1}.id", name=f"table_{number}_fkey")] if number else []
        first = sa.Column("id", sa.BigInteger, *before, autoincrement=False, redshift_encode="raw", comment="Key.")
        rest = [
            sa.Column(f"value_{at}", kind, redshift_encode=encode, comment="A value.")
            for at, (kind, encode) in ((at, KINDS[at % len(KINDS)]) for at in range(columns - 1))
        ]
        key = sa.PrimaryKeyConstraint("id", name=f"table_{number}_pkey")
        design = {"redshift_diststyle": "KEY", "redshift_distkey": "id", "redshift_sortkey": "id"}
        sa.Table(f"table_{number}", metadata, first, *rest, key, comment="One row per thing.", **design)
    return metadata


def memory(name: str) -> int:
    """A line of /proc/self/status in bytes: VmRSS is the resident set now, VmHWM its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) << 10


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
    # Forget the peak of the imports (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    baseline = memory("VmRSS")
    began = time.perf_counter()
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    seconds = time.perf_counter() - began
    figures = {"seconds": seconds, "queries": asked, "differences": len(found)}
    print(json.dumps({**figures, "memory": memory("VmHWM") - baseline}))


if __name__ == "__main__":
    main()
