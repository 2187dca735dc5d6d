"""Mutated conversations of real clients: the server answers or hangs up, serves the next client, and keeps nothing.

    pytest tests/local/test_wire_fuzz.py --fuzz-messages 100000 -s      the long form (default: 3,000 messages)
    pytest tests/local/test_wire_fuzz.py --fuzz-seed 12345              the same messages again, as a failure names them

What psycopg, psycopg2 and redshift_connector say is recorded first, through a proxy. Then messages of these
conversations are changed, mixed, cut and repeated, some before the login, most behind it.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import struct
import threading
import time
from pathlib import Path

import psutil
import psycopg
import psycopg2
import pytest
import redshift_connector

from warehouse.local import control
from warehouse.local.wire import messages as m

# Nothing takes as long as this; what does is a hang.
LIMIT = 60
# Messages between two looks at the server.
BATCH = 500
# How much the server may have grown between the first look and the last (bytes). Its caches have limits.
GROWTH = 48 << 20

# --- what real clients say --------------------------------------------------------------------------------------------


class Tape:
    """A proxy that keeps what clients say: one list of messages a connection."""

    def __init__(self, server):
        self._server = server
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._said = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                server = socket.create_connection((self._server["host"], self._server["port"]))
                said = bytearray()
                self._said.append(said)
                for one, other, kept in ((client, server, said), (server, client, None)):
                    self._threads.append(threading.Thread(target=self._pump, args=(one, other, kept)))
                    self._threads[-1].start()

    @staticmethod
    def _pump(one, other, kept):
        with contextlib.suppress(OSError), one:
            while data := one.recv(1 << 16):
                if kept is not None:
                    kept += data
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def conversations(self):
        """(first packet, messages behind the password) of each connection."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(LIMIT)
        found = []
        for said in self._said:
            size = int.from_bytes(said[:4], "big")
            reader = m.Reader()
            reader.feed(bytes(said[size:]))
            password, *rest = [m.message(*one) for one in reader]
            assert password[:1] == b"p"
            found.append((bytes(said[:size]), rest))
        return found


def speak(server, port, copy):
    """Have each driver say what it says in its ways of working."""
    given = {"host": "127.0.0.1", "port": port, "user": server["user"], "password": server["password"]}
    with psycopg.connect(**given, dbname="dev", sslmode="disable", gssencmode="disable", autocommit=True) as one:
        one.execute("CREATE TABLE t (a INT, b VARCHAR(20) ENCODE zstd) DISTKEY(a)")
        one.execute("INSERT INTO t VALUES (%s, %s)", [1, "x"])
        one.cursor().executemany("INSERT INTO t VALUES (%s, %s)", [(n, f"é{n}") for n in range(5)])
        one.execute("SELECT a, b FROM t WHERE a > %s", [2], prepare=True)
        one.cursor(binary=True).execute("SELECT a FROM t")
        with one.transaction():
            one.execute("UPDATE t SET b = 'y' WHERE a = 1")
            one.execute("SET query_group TO 'fuzz'")
        with contextlib.suppress(psycopg.Error), one.pipeline():
            one.execute("INSERT INTO t VALUES (9, 'z')")
            one.execute("CREATE TABLE u (c INT) SORTKEY(c)")
            one.execute("SELECT 1 / 0")
        with one.pipeline():
            one.execute("SELECT 1")
            one.execute("CREATE TABLE v (c INT)")
            one.execute("DROP TABLE v")
        for bad in (copy, "CREATE INDEX i ON t(a)", "SELECT FROM WHERE", "SAVEPOINT s", "COPY t FROM STDIN"):
            with contextlib.suppress(psycopg.Error):
                one.execute(bad)
    with contextlib.closing(psycopg2.connect(**given, dbname="dev", sslmode="disable", gssencmode="disable")) as two:
        cursor = two.cursor()
        cursor.execute("SELECT a, b FROM t WHERE b = %s", ["it's"])
        cursor.execute("DECLARE c CURSOR FOR SELECT a FROM t")
        cursor.execute("FETCH 2 FROM c")
        two.rollback()
        cursor.execute("SELECT 1; SELECT 2; CREATE TEMP TABLE w (a INT)")
        two.commit()
    with redshift_connector.connect(**given, database="dev", ssl=False) as three:
        cursor = three.cursor()
        cursor.execute("SELECT a FROM t WHERE a = %s", (1,))
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(1, "p"), (2, None)])
        three.commit()
        cursor.execute("SELECT * FROM svv_table_info")
        cursor.fetchall()
        cursor.execute("DROP TABLE t")
        three.rollback()


# --- what becomes of it -----------------------------------------------------------------------------------------------


class Mutator:
    """Changes messages, reproducibly."""

    def __init__(self, seed, conversations):
        self.chance = random.Random(seed)
        self.starts = [first for first, _ in conversations]
        self.conversations = [rest for _, rest in conversations]
        self.all = [message for rest in self.conversations for message in rest]

    def conversation(self):
        """Some messages in a row, most as they were said."""
        rest = self.chance.choice(self.conversations)
        begin = self.chance.randrange(len(rest))
        run = rest[begin : begin + self.chance.randint(1, 30)]
        return [part for one in run for part in self._changed(one)]

    def _changed(self, message):
        kind = self.chance.random()
        if kind < 0.6:
            return [message]
        if kind < 0.65:
            return []
        if kind < 0.7:
            return [message, message]
        if kind < 0.75:
            return [message, self.chance.choice(self.all)]
        return [self.broken(message)]

    def broken(self, message):
        """A message with some fault; never one that lasts for ever."""
        raw = bytearray(message)
        kind = self.chance.randrange(8)
        if kind == 0:  # another type
            raw[0] = self.chance.randrange(256)
        elif kind == 1:  # a length that lies
            raw[1:5] = struct.pack("!i", self.chance.choice([-1, 0, 3, 4, 5, len(raw), 1 << 16, 1 << 26, 2**31 - 1]))
        elif kind == 2:  # cut, with a length that is right
            raw = bytearray(m.message(bytes(raw[:1]), bytes(raw[5 : self.chance.randint(5, len(raw))])))
        elif kind == 3:  # cut, with a length that is not
            del raw[self.chance.randint(1, len(raw)) :]
        elif kind == 4 and len(raw) > 5:  # other bits
            for _ in range(self.chance.randint(1, 4)):
                raw[self.chance.randrange(5, len(raw))] ^= 1 << self.chance.randrange(8)
        elif kind == 5 and len(raw) > 5:  # numbers inside that lie
            at = self.chance.randrange(5, len(raw))
            raw[at : at + 4] = struct.pack("!i", self.chance.choice([-1, -2, 0, 1, 65535, 2**31 - 1]))
            raw[1:5] = struct.pack("!i", len(raw) - 1)
        elif kind == 6:  # more at the end
            more = self.chance.randbytes(self.chance.randint(1, 300))
            raw = bytearray(m.message(bytes(raw[:1]), bytes(raw[5:]) + more))
        else:
            raw = bytearray(self.chance.randbytes(self.chance.randint(1, 60)))
        return bytes(raw)

    def start(self):
        """A first packet, and perhaps what comes behind it."""
        raw = bytearray(self.chance.choice(self.starts))
        kind = self.chance.randrange(5)
        if kind == 0:
            raw[self.chance.randrange(len(raw))] ^= 1 << self.chance.randrange(8)
        elif kind == 1:
            del raw[self.chance.randint(1, len(raw)) :]
        elif kind == 2:
            code = self.chance.choice([m.SSL_REQUEST, m.GSS_REQUEST, m.CANCEL_REQUEST, 0, 2 << 16, 3 << 16 | 99])
            raw = bytearray(struct.pack("!ii", 8, code)) + self.chance.randbytes(self.chance.randint(0, 20))
        elif kind == 3:
            raw += self.broken(m.message(b"p", b"md5" + b"0" * 32 + b"\0"))
        else:
            raw = bytearray(self.chance.randbytes(self.chance.randint(1, 40)))
        return bytes(raw)


class Victim:
    """The server, and what is looked at."""

    def __init__(self, server, dial):
        self.server = server
        self._dial = dial
        self.process = psutil.Process(server["pid"])

    def log_in(self):
        client = self._dial(self.server)
        try:
            assert client.log_in()[-1] == (b"Z", b"I")
        except BaseException:
            client.socket.close()
            raise
        return client.socket

    def hear_out(self, client):
        """Read until the server hangs up, which it must."""
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):  # not TimeoutError, which is a hang
            while more := client.recv(1 << 16):
                assert b"internal error" not in more, more

    def leftovers(self):
        """Threads, descriptors, and sessions behind the server, that a look at an idle server finds."""
        with psycopg.connect(
            host=str(Path(self.server["postgres"]).parent), user="rdsdb", dbname="postgres", autocommit=True
        ) as behind:
            others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
            (backends,) = behind.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others}").fetchone()
        return self.process.num_threads(), self.process.num_fds(), backends

    def settle(self, wanted):
        """Wait until nothing is left of the last clients."""
        deadline = time.monotonic() + LIMIT
        while (found := self.leftovers()) != wanted:
            assert time.monotonic() < deadline, f"threads, descriptors, backends: {found}, at the beginning {wanted}"
        with psycopg.connect(self.server["psql"], connect_timeout=LIMIT, autocommit=True) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    @property
    def memory(self):
        return self.process.memory_info().rss


@pytest.fixture
def victim(tmp_path, dial):
    yield Victim(control.start(tmp_path, port=0, ephemeral=True), dial)
    log = (tmp_path / ".warehouse" / "server.log").read_text(errors="replace")
    control.stop(tmp_path)
    assert re.findall(r"Traceback|internal error|ERROR", log) == [], log


def test_no_message_breaks_the_server(victim, dial, request):
    total = request.config.getoption("--fuzz-messages")
    seed = request.config.getoption("--fuzz-seed")
    seed = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    server = victim.server
    missing = f"COPY t FROM 's3://{server['s3']['bucket']}/nothing' IAM_ROLE '{server['iam_role']}' CSV"
    tape = Tape(server)
    speak(server, tape.port, missing)
    mutator = Mutator(seed, tape.conversations())
    assert len(mutator.all) > 100
    deadline = time.monotonic() + LIMIT
    while (before := victim.leftovers())[2] > 1:  # the server's own connection stays
        assert time.monotonic() < deadline
    sent = said = connections = 0
    sizes = []
    try:
        while sent < total:
            connections += 1
            if mutator.chance.random() < 0.1:
                client = dial(server).socket
                words = [mutator.start()]
            else:
                client, words = victim.log_in(), mutator.conversation()
            sent += len(words)
            with client:
                with contextlib.suppress(ConnectionError):
                    for word in words:
                        client.sendall(word)
                if mutator.chance.random() < 0.8:  # others leave without a word
                    victim.hear_out(client)
            if sent // BATCH > said:
                said = sent // BATCH
                victim.settle(before)
                sizes.append(victim.memory)
        victim.settle(before)
    except BaseException as error:
        error.add_note(f"connection {connections}, message {sent}; --fuzz-seed {seed}")
        raise
    sizes.append(victim.memory)
    early = max(sizes[: max(len(sizes) // 5, 1)])
    print(
        f"\n{sent} messages on {connections} connections (--fuzz-seed {seed}); memory {early / 1e6:.0f} MB after the "
        f"first fifth, {sizes[-1] / 1e6:.0f} MB at the end, {max(sizes) / 1e6:.0f} MB at most"
    )
    assert max(sizes) - early < GROWTH
