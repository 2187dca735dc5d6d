"""What a session and the mover of COPY and UNLOAD agree on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from warehouse.local.translate import Copy, Unload
from warehouse.local.wire import messages as m
from warehouse.local.wire.upstream import Upstream


class Failed(Exception):
    """A plan of ours failed.

    `.notice` goes to the client; `.afterwards` is SQL to run once the transaction is rolled back.
    """

    def __init__(self, notice: m.Notice, *, afterwards: str = "") -> None:
        super().__init__(notice.text)
        self.notice = notice
        self.afterwards = afterwards


class Mover(Protocol):
    """Executes COPY and UNLOAD over the session's connection.

    Returns the command tag and the notices for the client.
    """

    def __call__(self, plan: Copy | Unload, upstream: Upstream) -> tuple[str, Sequence[str]]: ...
