"""An object that is sent while it is written: what is written here, a thread of its own reads and puts into the store.

Small objects need no thread. A few megabytes wait between the two at most; who writes faster than S3 takes is held up.
"""

from __future__ import annotations

import contextlib
import io
import queue
import threading
from typing import Any, cast

from warehouse.objectstore import ObjectStore

# An object up to this size is sent when it is whole.
_SMALL = 1 << 20
# What is written is handed over in pieces of about this size, of which so many may wait.
_PIECE = 1 << 18
_WAITING = 8


class Abandoned(Exception):
    """The object is not to be written after all."""


class Upload(io.RawIOBase):
    """A file that can be written and told; `end()` and `wait()` finish it, `abandon()` leaves nothing of it."""

    def __init__(self, store: ObjectStore, uri: str, kms_key: str) -> None:
        self.uri = uri
        self._store, self._key = store, kms_key
        self._buffer = bytearray()
        self._written = 0
        self._thread: threading.Thread | None = None
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._failure: BaseException | None = None
        self._abandoned = False

    # --- who writes ---------------------------------------------------------------------------------------------

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        """Take `data`. Raises what went wrong with the upload, as soon as it is known."""
        size = len(data) if isinstance(data, bytes) else memoryview(data).nbytes
        self._buffer += data
        self._written += size
        if len(self._buffer) >= (_PIECE if self._thread else _SMALL):
            self._hand_over()
        return size

    def end(self) -> None:
        """Nothing more is written: what is left is sent."""
        if self._thread is not None:
            self._hand_over()
            self._pieces.put(None)

    def wait(self) -> int:
        """Wait for the store to have all of an ended object; its size. Raises ObjectStoreError."""
        if self._thread is None:
            self._store.put(self.uri, bytes(self._buffer), kms_key=self._key)
        else:
            self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._written

    def abandon(self) -> None:
        """Stop: the store keeps nothing of the object."""
        if self._thread is not None:
            self._abandoned = True
            if self._thread.is_alive():
                self._pieces.put(None)
            self._thread.join()

    def _hand_over(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._send, name=f"upload {self.uri}", daemon=True)
            self._thread.start()
        self._pieces.put(bytes(self._buffer))
        self._buffer.clear()
        if self._failure is not None:
            raise self._failure

    # --- who sends ----------------------------------------------------------------------------------------------

    def _send(self) -> None:
        source = _Pieces(self)
        try:
            self._store.put(self.uri, cast("Any", source), kms_key=self._key)
        except BaseException as failure:  # noqa: BLE001 - raised where the object is written
            self._failure = failure
        with contextlib.suppress(Abandoned):
            while not source.ended:  # nobody waits for a reader that is gone
                source.read(_PIECE)

    def next_piece(self) -> bytes | None:
        """The next piece, None behind the last one. Raises Abandoned."""
        piece = self._pieces.get()
        if piece is None and self._abandoned:
            raise Abandoned
        return piece


class _Pieces:
    """The reading end."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._rest = b""
        self.ended = False

    def read(self, size: int) -> bytes:
        while not self._rest and not self.ended:
            try:
                piece = self._upload.next_piece()
            except Abandoned:
                self.ended = True
                raise
            self.ended = piece is None
            self._rest = piece or b""
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken
