"""Asks PostgreSQL how it reads a date, while the session's own connection is fed with rows."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from warehouse.local.translate.tokens import literal
from warehouse.local.wire.upstream import Upstream


class Recogniser:
    """(type, text) -> the value as PostgreSQL writes it, or None. Under the session's date style and time zone."""

    def __init__(self, session: Upstream, connect: Callable[[], Upstream]) -> None:
        self._settings = session.rows("SELECT current_setting('datestyle'), current_setting('timezone')")[0]
        self._connect = connect
        self._connection: Upstream | None = None

    def __enter__(self) -> Recogniser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def __call__(self, type_: str, text: str) -> str | None:
        if "\0" in text or not _is_utf8(text):
            return None
        if self._connection is None:
            self._connection = self._connect()
            style, zone = (literal(value or "") for value in self._settings)
            self._connection.run(f"SET datestyle = {style}; SET timezone = {zone}")
        (answer,) = self._connection.rows(
            f"SELECT CASE WHEN pg_input_is_valid(v, '{type_}') THEN v::{type_}::text END "
            f"FROM (SELECT {literal(text)}::text AS v OFFSET 0) AS said"
        )
        return answer[0]


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
