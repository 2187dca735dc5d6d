"""A connection that ends, at each byte of what the server says, is one recognised error."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from warehouse.db.broken import BrokenConnection, guard
from warehouse.db.engine import connect
from warehouse.errors import ConnectionFailed
from warehouse.settings import Settings

READY = b"Z\0\0\0\x05I"
LOGIN = b"R\0\0\0\x08\0\0\0\0" + READY
FATAL = b"E\0\0\0\x2bSFATAL\0C57P01\0Mterminating connection\0\0"
Serve = Callable[[bytes], sa.Engine]


@pytest.fixture
def server() -> Iterator[Serve]:
    """Makes an engine of a server that lets everybody in, answers the first statement with some bytes, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(answer: bytes) -> sa.Engine:
        def talk() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(1 << 16)
                client.sendall(LOGIN)
                client.recv(1 << 16)
                client.sendall(answer)

        threads.append(threading.Thread(target=talk))
        threads[-1].start()
        url = f"redshift+redshift_connector://u:p@127.0.0.1:{listener.getsockname()[1]}/d?ssl=false"
        return connect(Settings(url=url), poolclass=sa.pool.NullPool)

    yield serve
    for thread in threads:
        thread.join()
    listener.close()


@pytest.mark.parametrize("cut", range(len(FATAL) + 1))
def test_an_answer_that_ends_anywhere(server: Serve, cut: int) -> None:
    # The engine's first statement is its own; whatever the driver makes of half an answer, it is one error.
    with pytest.raises((BrokenConnection, sa.exc.InterfaceError, ConnectionFailed)) as caught:
        server(FATAL[:cut]).connect()
    cause = getattr(caught.value, "orig", None) or caught.value
    assert isinstance(cause, BrokenConnection)
    if cut == len(FATAL):
        assert str(cause) == "terminating connection"


def test_the_engine_knows_the_end() -> None:
    dialect = connect(Settings(url="redshift+redshift_connector://u:p@127.0.0.1/d?ssl=false")).dialect
    broken: Any = BrokenConnection("gone")
    assert dialect.is_disconnect(broken, None, None)
    assert not dialect.is_disconnect(dialect.loaded_dbapi.ProgrammingError("syntax"), None, None)  # type: ignore[union-attr]


class Socket:
    def __init__(self, error: OSError | None = None, data: bytes = b"") -> None:
        self.error, self.data = error, data
        self._read, self._write, self._flush = self.answer, self.answer, self.answer

    def answer(self, *_: Any) -> bytes:
        if self.error:
            raise self.error
        return self.data


@pytest.mark.parametrize("name", ["_read", "_write", "_flush"])
def test_the_sockets_own_errors(name: str) -> None:
    guarded = guard(Socket(ConnectionResetError(104, "Connection reset by peer")))
    with pytest.raises(BrokenConnection, match="reset by peer"):
        getattr(guarded, name)(5)


def test_what_is_whole_passes() -> None:
    guarded = guard(Socket(data=b"12345"))
    assert (guarded._read(5), guarded._write(b"x"), guarded._flush()) == (b"12345", b"12345", b"12345")
