"""Makes the next pieces while the last one is used: what reads and checks a file works while PostgreSQL eats."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Pieces that wait. A piece is a block of some MB at most.
_DEPTH = 2


class Ahead(Generic[Item]):
    """Iterates over `source` from a thread of its own. An error of `source` is raised at its place.

    Leave the `with` block before anything else is done with what `source` uses: the thread has ended then.
    """

    def __init__(self, source: Iterable[Item]) -> None:
        self._source = source
        self._ready: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(_DEPTH)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._work, name="copy-ahead", daemon=True)

    def _work(self) -> None:
        try:
            for item in self._source:
                if not self._put((item,)):
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised where the items are used
            self._put(error)

    def _put(self, one: tuple[Item] | BaseException | None) -> bool:
        """Wait for a place; False when nobody waits for more."""
        while not self._left.is_set():
            try:
                self._ready.put(one, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __enter__(self) -> Ahead[Item]:
        self._thread.start()
        return self

    def __iter__(self) -> Iterator[Item]:
        while (one := self._ready.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one[0]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._thread.join()
