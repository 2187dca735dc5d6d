"""Broken connections: one error for all the ways in which redshift_connector meets the end of its socket.

The driver reads on where the server has hung up. A message that was cut short ends in whatever its parser stumbles
over (KeyError, struct.error), and the server's last words in it are lost; a reset arrives as an OSError, which is no
error of the DB API; and the dialect recognises none of them as the end, so that a dead connection would go back to its
pool and its rollback would raise once more. `guard` watches the reads and writes of one connection instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from redshift_connector.error import InterfaceError

# The text of an ErrorResponse; its fields end in NUL and begin with a letter.
_TEXT = re.compile(rb"\0M([^\0]+)")


class BrokenConnection(InterfaceError, OSError):
    """The connection to the warehouse ended. An OSError too, because the driver's close() expects one."""


def guard(connection: Any) -> Any:
    """Let every read and write of a redshift_connector connection raise BrokenConnection at its end; returns it."""
    connection._read = _whole(connection)
    connection._write = _told(connection._write)
    connection._flush = _told(connection._flush)
    return connection


def _whole(connection: Any) -> Callable[[int], bytes]:
    """A read that answers with all that was asked for, or raises."""
    read = connection._read

    def reading(size: int) -> bytes:
        try:
            data: bytes = read(size)
        except OSError as error:
            raise BrokenConnection(str(error)) from error
        if len(data) < size:
            raise BrokenConnection(_last_words(connection, data))
        return data

    return reading


def _last_words(connection: Any, data: bytes) -> str:
    """What the server said before it hung up: in the message that was cut short, or in the one before."""
    if said := _TEXT.search(data):
        return said[1].decode(errors="replace")
    told = getattr(connection, "error", None)
    fields = told.args[0] if told is not None and told.args and isinstance(told.args[0], dict) else {}
    return str(fields.get("M", "the server closed the connection"))


def _told(write: Callable[..., Any]) -> Callable[..., Any]:
    def writing(*data: Any) -> Any:
        try:
            return write(*data)
        except OSError as error:
            raise BrokenConnection(str(error)) from error

    return writing
