"""A way for rows through S3: UNLOAD and COPY … EXPLICIT_IDS, the only one that keeps the numbers of an IDENTITY column.

Text with an escape for everything special, and a mark for nulls that no value can be taken for.
https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-conversion.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from warehouse.db.sql import literal
from warehouse.objectstore import ObjectStore
from warehouse.settings import Settings


@dataclass(frozen=True)
class Stage:
    """A prefix of S3 that the warehouse may write to and read from."""

    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> Stage | None:
        """The stage of these settings, when they name one."""
        return cls(settings) if settings.stage.startswith("s3://") and settings.iam_role else None

    @contextmanager
    def at(self, name: str) -> Iterator[tuple[Callable[[str], str], Callable[[str, str], str]]]:
        """UNLOAD of a query, and COPY into a table's columns, through a prefix that is empty afterwards."""
        prefix = f"{self.settings.stage}/migrations/{name}/"
        role = literal(self.settings.iam_role)
        region = f" REGION {literal(self.settings.region)}" if self.settings.region else ""

        def unload(query: str) -> str:
            return f"UNLOAD ({literal(query)}) TO {literal(prefix)} IAM_ROLE {role}{region} {_FORMAT} ALLOWOVERWRITE"

        def copy(table: str, columns: str) -> str:
            return (
                f"COPY {table} ({columns}) FROM {literal(prefix)} IAM_ROLE {role}{region} {_FORMAT} "
                "EXPLICIT_IDS COMPUPDATE OFF STATUPDATE OFF"
            )

        store = ObjectStore.from_settings(self.settings)
        try:
            _empty(store, prefix)
            yield unload, copy
            _empty(store, prefix)
        finally:
            store.close()


def _empty(store: ObjectStore, prefix: str) -> None:
    store.delete([found.uri for found in store.list(prefix)])


_FORMAT = r"DELIMITER '|' ESCAPE NULL AS '\\N'"
