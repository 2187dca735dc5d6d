"""Databases for tests: a copy of a prepared one costs a fraction of preparing it again.

Redshift has no CREATE DATABASE … TEMPLATE, so this goes to the PostgreSQL behind the embedded server, past the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.errors import LocalServerError
from warehouse.local.postgres import SUPERUSER
from warehouse.local.translate.tokens import literal, quote
from warehouse.local.wire.upstream import Upstream, UpstreamError, UpstreamGone

# What a database keeps to when nothing is said (AWS CREATE DATABASE), and the other level.
SERIALIZABLE = "SERIALIZABLE"
ISOLATIONS = (SERIALIZABLE, "SNAPSHOT")


def clone(server: dict[str, Any], template: str, name: str, *, isolation: str = SERIALIZABLE) -> None:
    """Make the database `name` as a copy of `template`, to which nobody may be connected. Raises LocalServerError.

    `isolation` is SERIALIZABLE or SNAPSHOT: a copy does not take it over from its template.
    """
    if isolation not in ISOLATIONS:
        raise ValueError(f"isolation is one of {', '.join(ISOLATIONS)}, not {isolation!r}")
    # Copying files beats writing every page to the log; the checkpoint that it needs is cheap on an ephemeral server.
    strategy = "FILE_COPY" if server["ephemeral"] else "WAL_LOG"
    owner = quote(server["user"])
    _run(server, f"CREATE DATABASE {quote(name)} TEMPLATE {quote(template)} OWNER {owner} STRATEGY {strategy}")
    if isolation != SERIALIZABLE:
        _run(server, f"ALTER DATABASE {quote(name)} SET redshift.isolation_level = {literal(isolation)}")


def drop(server: dict[str, Any], name: str) -> None:
    """Drop the database `name`, whoever is connected to it. Raises LocalServerError."""
    _run(server, f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)")


def _run(server: dict[str, Any], sql: str) -> None:
    with _behind(server) as connection:
        try:
            connection.run(sql)
        except UpstreamError as error:
            raise LocalServerError(f"The embedded Redshift could not do this: {error.notice.text}.") from error


@contextmanager
def _behind(server: dict[str, Any]) -> Iterator[Upstream]:
    try:
        connection = Upstream(Path(server["postgres"]), {"user": SUPERUSER, "database": "postgres"})
    except (UpstreamError, UpstreamGone) as error:
        raise LocalServerError(
            "The embedded Redshift does not answer.", next_step='See "warehouse local status".'
        ) from error
    try:
        yield connection
    finally:
        connection.close()
