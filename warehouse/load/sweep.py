"""Remove what killed or failed runs left in the staging area.

A run that succeeds removes its parts, one that fails keeps them for whoever looks into it, one that is killed leaves
what it had sent. Runs have folders of their own (`<stage>/<run id>/`), so that an old folder is a run that is over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warehouse.errors import LoadError
from warehouse.objectstore import ObjectStore
from warehouse.settings import Settings, load_settings

# What `audit.start` names runs: a UUID. Nothing else under the stage is touched.
_RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# No load takes longer; a younger folder may belong to one that runs.
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Leftover:
    """The staged objects of one run that is over."""

    run_id: str
    objects: int
    bytes: int
    newest: datetime


def sweep(older_than: timedelta = WEEK, *, settings: Settings | None = None, dry: bool = False) -> tuple[Leftover, ...]:
    """Delete the staged parts of runs whose newest part is older than that; what was (or with `dry` would be) deleted.

    Raises LoadError when no stage is set, ObjectStoreError when it cannot be listed.
    """
    chosen = settings or load_settings()
    if not chosen.stage:
        raise LoadError("No stage is set, so there is nothing to sweep.", next_step="Set WAREHOUSE_STAGE.")
    prefix = f"{chosen.stage.rstrip('/')}/"
    store = ObjectStore.from_settings(chosen)
    now = datetime.now(UTC)
    try:
        found: dict[str, list[tuple[str, int, datetime]]] = {}
        for info in store.list(prefix):
            run_id = info.uri.removeprefix(prefix).partition("/")[0]
            if _RUN.fullmatch(run_id):
                found.setdefault(run_id, []).append((info.uri, info.size, info.written or now))
        old = {run_id: parts for run_id, parts in found.items() if now - max(part[2] for part in parts) >= older_than}
        if not dry:
            store.delete([uri for parts in old.values() for uri, _, _ in parts])
    finally:
        store.close()
    return tuple(
        Leftover(run_id, len(parts), sum(part[1] for part in parts), max(part[2] for part in parts))
        for run_id, parts in sorted(old.items(), key=lambda one: max(part[2] for part in one[1]))
    )
