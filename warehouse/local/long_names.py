"""Names of 64 to 127 bytes, which Redshift has and PostgreSQL has not: behind us each has a short one of 63.

A short name follows from the long one: its first 42 bytes and a hash. So a statement needs no look-up to be translated;
the way back is a table of all long names that this server has met, kept in a file beside its data (`open_file`), since
tables outlive the process. What clients read is put back on its way out: names of columns, errors, and the values that
statements over the catalogs return. Those statements have their long constants shortened on the way in.

Source: AWS r_names.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from pathlib import Path
from typing import BinaryIO

# Names of Redshift end here (r_names): what is longer is cut, not refused. PostgreSQL's end earlier.
LONGEST, LONGEST_BEHIND = 127, 63
_PREFIX, _MARK, _DIGITS = 42, b"_zq", 18
# A constant that may be a name, or names with dots between them.
_RUN = re.compile(r"[^\s.\"']{16,127}")
# More than anybody has; a client that invents names does not fill the memory.
_MOST = 50_000

_known: dict[bytes, bytes] = {}
_lock = threading.Lock()
_file: BinaryIO | None = None


class TooManyNames(Exception):
    """Somebody makes up names: what is kept of them has an end."""


def known() -> bool:
    """True when any long name has been met: else there is nothing to put back."""
    return bool(_known)


def open_file(path: Path) -> None:
    """Read the long names that tables have, and keep new ones there, as JSON a line. Raises OSError."""
    global _file
    close_file()
    with _lock:
        _file = path.open("a+b", buffering=0)
        _file.seek(0)
        *lines, cut = _file.read().split(b"\n")
        _file.truncate(_file.tell() - len(cut))  # what a crash has cut names nothing that was made
        for line in lines:
            long = json.loads(line).encode("utf-8")
            _known[_shortened(long)] = long


def close_file() -> None:
    """Keep no more names."""
    global _file
    with _lock:
        if _file is not None:
            _file.close()
        _file = None


def behind(name: str) -> str:
    """The name that PostgreSQL has for `name`, which is folded. Raises TooManyNames."""
    if len(name) <= 15 or len(encoded := name.encode("utf-8")) <= LONGEST_BEHIND:
        return name
    long = encoded[:LONGEST].decode("utf-8", "ignore").encode("utf-8")
    short = _shortened(long)
    if short not in _known:
        with _lock:
            if len(_known) >= _MOST:
                raise TooManyNames(f"more than {_MOST} names of more than {LONGEST_BEHIND} bytes")
            if _file is not None:
                _file.write(json.dumps(long.decode("utf-8")).encode("ascii") + b"\n")
            _known[short] = long
    return short.decode("utf-8")


def _shortened(long: bytes) -> bytes:
    if len(long) <= LONGEST_BEHIND:
        return long
    prefix = long[:_PREFIX].decode("utf-8", "ignore").encode("utf-8").ljust(_PREFIX, b"_")
    return prefix + _MARK + hashlib.sha256(long).hexdigest()[:_DIGITS].encode("ascii")


def constant(value: str, *, known_only: bool = False) -> str:
    """A constant of a statement over the catalogs, with the names in it as PostgreSQL has them. Raises TooManyNames."""

    def one(found: re.Match[str]) -> str:
        size = len(found[0].encode("utf-8"))
        if not LONGEST_BEHIND < size <= LONGEST:
            return found[0]
        if known_only:
            short = _shortened(found[0].encode("utf-8"))
            return short.decode("utf-8") if short in _known else found[0]
        return behind(found[0])

    return _RUN.sub(one, value)


def shown(text: str) -> str:
    """A text of PostgreSQL's with the long names in it as Redshift has them."""
    if not _known or _MARK.decode() not in text:
        return text
    return shown_bytes(text.encode("utf-8")).decode("utf-8")


def shown_bytes(text: bytes) -> bytes:
    """The same for bytes. Blanks that fill a value up to its width give way."""
    at = text.find(_MARK)
    while at >= 0:
        start, end = at - _PREFIX, at + len(_MARK) + _DIGITS
        long = _known.get(text[start:end]) if start >= 0 else None
        if long is not None:
            rest = text[end:]
            blanks = min(len(rest) - len(rest.rstrip(b" ")), len(long) - (end - start))
            text = text[:start] + long + rest[: len(rest) - blanks]
            end = start + len(long)
        at = text.find(_MARK, end if long is not None else at + 1)
    return text
