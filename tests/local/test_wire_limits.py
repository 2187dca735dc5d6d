"""Who may hold a place at the server, and for how long: those who do not log in cannot keep out those who do."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import struct
import threading
import time

import psycopg
import pytest

from warehouse.local import control
from warehouse.local.wire import auth, login
from warehouse.local.wire import messages as m
from warehouse.local.wire.faults import Faults
from warehouse.local.wire.history import History
from warehouse.local.wire.listener import MAX_STRANGERS, Listener

LIMIT = 30


def connect(port):
    return contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=LIMIT))


def heard(client):
    """All that the server says until it hangs up."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while more := client.recv(1 << 16):
            said += more
    return said


@pytest.fixture
def history():
    return History()


@pytest.fixture
def listener(tmp_path, monkeypatch, history):
    """A listener that knows nobody, has nothing behind it, and little patience."""
    monkeypatch.setattr(login, "LOGIN_SECONDS", 0.3)
    made = Listener(
        "127.0.0.1", 0, tmp_path / "nothing", lambda user: None, lambda database, user: None, history,
        Faults(lambda fault: None),
    )  # fmt: skip
    serving = threading.Thread(target=made.serve)
    serving.start()
    yield made
    made.close()
    serving.join(LIMIT)
    assert not serving.is_alive()


@pytest.mark.parametrize(
    "words",
    [b"", b"\0\0", m.startup({"user": "awsuser"}), m.startup({"user": "awsuser"}) + b"p\0\0", struct.pack("!i", 9_000)],
)
def test_who_does_not_go_on_is_hung_up_on(listener, words):
    with connect(listener.port) as client:
        client.sendall(words)
        began = time.monotonic()
        heard(client)
        assert time.monotonic() - began < LIMIT


def test_a_byte_now_and_then_buys_no_time(listener):
    packet = m.startup({"user": "x" * 1000})
    with connect(listener.port) as client, contextlib.suppress(ConnectionError):
        began = time.monotonic()
        for at in range(len(packet)):
            client.sendall(packet[at : at + 1])
            client.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                assert client.recv(1) == b""
                break
        else:
            pytest.fail("all of the packet was awaited")
    assert time.monotonic() - began < LIMIT


def test_the_eldest_stranger_makes_room(local_server):
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(connect(local_server["port"])) for _ in range(MAX_STRANGERS + 20)]
        with psycopg.connect(local_server["psql"], connect_timeout=LIMIT) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert heard(crowd[0]) == b""


def test_a_server_that_runs_out_of_descriptors_goes_on(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        server = control.start(tmp_path, port=0, ephemeral=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(150):
                stack.enter_context(connect(server["port"]))
            with psycopg.connect(server["psql"], connect_timeout=LIMIT) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        with psycopg.connect(server["psql"], connect_timeout=LIMIT) as connection:
            assert connection.execute("SELECT 2").fetchone() == (2,)
        assert "Traceback" not in (tmp_path / ".warehouse" / "server.log").read_text()
    finally:
        control.stop(tmp_path)


def test_a_client_that_leaves_with_its_wrong_password_is_still_logged(listener, history, monkeypatch):
    with connect(listener.port) as client:
        port = str(client.getsockname()[1])
        client.sendall(m.startup({"user": "awsuser"}))
        assert client.recv(1) == b"R"

        def leave(hash, salt):
            """The password is compared when nobody is there any more."""
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            return b""

        monkeypatch.setattr(auth, "md5_answer", leave)
        client.sendall(m.message(b"p", b"wrong\0"))
        deadline = time.monotonic() + LIMIT
        while not (logged := json.loads(history.connections())):
            assert time.monotonic() < deadline
    assert [(one["event"], one["port"]) for one in logged] == [("authentication failure", port)]
