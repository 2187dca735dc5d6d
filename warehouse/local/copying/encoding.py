"""ENCODING: a stream in another encoding as UTF-8, piece by piece.

Source: AWS copy-parameters-data-conversion, ENCODING. UTF16 needs a byte order mark; UTF16LE and UTF16BE may have one.
"""

from __future__ import annotations

import codecs
from typing import IO

from warehouse.local.copying import failure as f
from warehouse.local.copying.failure import Rejected

_PIECE = 1 << 18
_CODECS = {"UTF16LE": "utf-16-le", "UTF16BE": "utf-16-be", "ISO88591": "latin-1"}


class Transcoded:
    """A file's bytes in UTF-8. Raises Rejected when the file is in another encoding: COPY skips it then."""

    def __init__(self, inner: IO[bytes], encoding: str) -> None:
        self._inner, self._encoding = inner, encoding
        self._decoder: codecs.IncrementalDecoder | None = None
        self._ready = b""
        self._done = False

    def read(self, size: int) -> bytes:
        while len(self._ready) < size and not self._done:
            piece = self._inner.read(_PIECE)
            self._done = not piece
            if self._decoder is None:
                while len(piece) < 2 and (more := self._inner.read(2)):
                    piece += more
                piece = self._begin(piece)
            assert self._decoder is not None
            # A surrogate without its other half becomes bytes that are no UTF-8, as the converter expects them.
            self._ready += self._decoder.decode(piece, self._done).encode("utf-8", "surrogatepass")
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken

    def _begin(self, head: bytes) -> bytes:
        name = _CODECS.get(self._encoding, "")
        for mark, marked in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if head.startswith(mark) and self._encoding != "ISO88591":
                if name not in ("", marked):
                    raise _mismatch()
                name, head = marked, head[2:]
        if not name:
            if head:
                raise _mismatch()
            name = "utf-16-le"
        self._decoder = codecs.getincrementaldecoder(name)("surrogatepass" if "16" in name else "strict")
        return head

    def close(self) -> None:
        self._inner.close()


def _mismatch() -> Rejected:
    return Rejected(f.WRONG_ENCODING, "File encoding does not match the ENCODING parameter", 0)
