"""The wire: messages to bytes and back, passwords, and a server that no sequence of bytes brings down."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from warehouse.local import passwords
from warehouse.local.wire import auth
from warehouse.local.wire import messages as m

# A server that hangs is found by this, not by waiting for the whole run's end.
LIMIT = 30
no_nul = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)

# --- messages, without a server ---------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from([b"Q", b"P", b"D", b"Z"]), st.binary(max_size=40)), max_size=6), st.data())
def test_messages_survive_any_cutting(sent, data):
    raw = b"".join(m.message(kind, body) for kind, body in sent)
    reader, found = m.Reader(), []
    while raw:
        size = data.draw(st.integers(1, len(raw)))
        reader.feed(raw[:size])
        raw = raw[size:]
        found += list(reader)
    assert found == sent
    assert len(reader) == 0


@given(st.binary(max_size=60))
def test_garbage_is_a_protocol_error_or_an_unfinished_message(raw):
    reader = m.Reader(limit=1000)
    reader.feed(raw)
    for parse in (lambda body: body, m.parse_startup, m.parse_parse, m.parse_bind, m.take_text):
        with contextlib.suppress(m.ProtocolError):
            parse(raw)
    with contextlib.suppress(m.ProtocolError):
        for kind, body in reader:
            assert len(kind) == 1 and len(body) <= 1000


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 3, 1001, 2**31 - 1])
def test_a_length_that_cannot_be_is_refused_at_once(length):
    reader = m.Reader(limit=1000)
    reader.feed(b"Q" + struct.pack("!i", length))
    with pytest.raises(m.ProtocolError):
        reader.take()


@given(st.dictionaries(no_nul.filter(bool), no_nul, max_size=4))
def test_start_up_packets(parameters):
    raw = m.startup(parameters)
    assert int.from_bytes(raw[:4], "big") == len(raw)
    assert m.parse_startup(raw[4:]) == m.Startup(m.PROTOCOL_3, parameters)


@given(no_nul, no_nul, st.binary(max_size=9))
def test_parse_messages(name, query, types):
    parse = m.Parse(name, query, types)
    assert m.parse_parse(parse.encode()[5:]) == parse


@given(st.lists(st.none() | no_nul, max_size=5))
def test_rows(values):
    raw = m.data_row(values)
    assert [v if v is None else bytes(v).decode() for v in m.parse_data_row(raw[5:])] == values


@given(st.dictionaries(st.sampled_from("SVCMDH"), no_nul, max_size=6))
def test_notices(fields):
    assert m.parse_notice(m.Notice(fields).encode(b"E")[5:]).fields == fields


# --- passwords --------------------------------------------------------------------------------------------------------


def test_the_answer_to_a_salt_is_the_documented_one():
    # PostgreSQL documentation, "Password Authentication": md5(md5(password + user) + salt), in hex.
    inner = hashlib.md5(b"Abcdefg1awsuser").hexdigest()
    assert passwords.md5("Abcdefg1", "awsuser") == "md5" + inner
    asked = auth.challenge("md5" + inner)
    assert asked.question[:4] == struct.pack("!i", 5)
    wanted = b"md5" + hashlib.md5(inner.encode() + asked.question[4:]).hexdigest().encode()
    assert asked.accepts(wanted + b"\0")
    assert not auth.challenge("md5" + inner).accepts(wanted + b"\0")  # another salt
    assert not asked.accepts(b"")
    assert not asked.accepts(wanted[:-1] + b"\0")


def test_nobody_answers_for_a_user_without_a_password():
    for stored in (None, "", "SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5"):
        asked = auth.challenge(stored)
        salt = asked.question[4:]
        for hash in ("0" * 32, "", hashlib.md5(b"").hexdigest()):
            assert not asked.accepts(auth.md5_answer(hash, salt) + b"\0")


@given(st.binary(max_size=80))
def test_no_garbage_answers_a_digest(answer):
    assert not auth.challenge(passwords.digest(b"d" * 32, b"s" * 32)).accepts(answer)


# --- a server ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(dial, local_server):
    made = dial(local_server)
    with contextlib.closing(made.socket):
        yield made


@pytest.fixture
def session(client):
    assert client.log_in()[-1] == (b"Z", b"I")
    return client


def errors(messages):
    return [m.parse_notice(body).sqlstate for kind, body in messages if kind == b"E"]


def kinds(messages):
    return b"".join(kind for kind, _ in messages)


def assert_served(server):
    """The next client is served, whatever the last one did."""
    with psycopg.connect(server["psql"], connect_timeout=LIMIT, autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def parse(query, name=""):
    return m.Parse(name, query, b"\0\0").encode()


def bind(portal="", statement="", *values):
    packed = b"".join(struct.pack("!i", len(value)) + value for value in values)
    head = m.text(portal) + m.text(statement) + struct.pack("!hh", 0, len(values))
    return m.message(b"B", head + packed + struct.pack("!h", 0))


EXECUTE = m.message(b"E", b"\0" + struct.pack("!i", 0))


first_packets = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=30).map(lambda body: struct.pack("!i", len(body) + 4) + body),
    st.tuples(st.integers(-(2**31), 2**31 - 1), st.binary(max_size=30)).map(
        lambda x: struct.pack("!ii", len(x[1]) + 8, x[0]) + x[1]
    ),
    st.dictionaries(no_nul.filter(bool), no_nul, max_size=3).map(m.startup),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packets=st.lists(first_packets, min_size=1, max_size=3))
@example(packets=[struct.pack("!ii", 8, m.GSS_REQUEST), struct.pack("!ii", 8, m.GSS_REQUEST)])
@example(packets=[struct.pack("!ii", 16, m.CANCEL_REQUEST) + b"\0" * 8])
@example(packets=[m.startup({"user": "a'b\\", "database": "x"}), m.message(b"p", b"\0")])
@example(packets=[m.startup({"user": "awsuser"}), m.message(b"Q", b"SELECT 1\0")])
@example(packets=[m.startup({"user": "rdsdb", "database": "dev"}), m.message(b"p", b"md5\0")])
def test_garbage_before_the_login_ends_only_that_connection(dial, local_server, packets):
    client = dial(local_server)
    with contextlib.closing(client.socket):
        with contextlib.suppress(OSError):  # the server may hang up before all is said
            client.send(*packets)
            client.socket.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while more := client.socket.recv(1 << 16):
                answer += more
        assert b"internal error" not in answer
        assert m.message(b"R", bytes(4)) not in answer


def test_after_garbage_the_next_client_is_served(local_server):
    assert_served(local_server)


messages = st.one_of(
    st.tuples(st.sampled_from([bytes([c]) for c in b"QPBEDCHSFdcfpX\x00Z~"]), st.binary(max_size=20)).map(
        lambda x: m.message(*x)
    ),
    st.sampled_from([parse("SELECT 1"), parse("SAVEPOINT a"), parse("SELECT $1::INT"), bind(), EXECUTE, m.SYNC]),
    st.sampled_from([m.query("SELECT 1"), m.query("BEGIN"), m.query("SELECT 1/0"), m.query("CREATE INDEX i ON t(a)")]),
    st.sampled_from(
        [m.message(b"D", b"S\0"), m.message(b"C", b"P\0"), m.message(b"H"), m.query("SET query_group TO a")]
    ),
    st.binary(min_size=1, max_size=12),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(messages, max_size=8))
@example(sent=[parse("SAVEPOINT a"), m.query("SET query_group TO a"), m.SYNC])
@example(sent=[parse("nonsense"), m.query("SELECT 1"), m.query("SET query_group TO a")])
@example(sent=[parse("SET query_group TO a"), EXECUTE, bind(), EXECUTE, EXECUTE])
@example(sent=[m.message(b"B", b"")])
def test_garbage_after_the_login_ends_only_that_connection(dial, local_server, sent):
    client = dial(local_server)
    with contextlib.closing(client.socket):
        client.log_in()
        with contextlib.suppress(OSError):
            client.send(*sent)
            client.socket.shutdown(socket.SHUT_WR)
        for kind, body in client.until(b""):
            assert kind != b"E" or "internal error" not in m.parse_notice(body).text
    assert_served(local_server)


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 4, 7, 10_001, 2**31 - 1])
def test_a_start_up_packet_of_impossible_length_is_refused_at_once(client, length):
    client.send(struct.pack("!i", length))
    answer = client.until(b"")
    assert errors(answer) == ["08P01"]


@pytest.mark.parametrize("length", [-1, 0, 3, 2**31 - 1, 2**30])
def test_a_message_of_impossible_length_ends_the_session_at_once(session, length):
    session.send(b"Q" + struct.pack("!i", length))
    assert errors(session.until(b"")) == ["08P01"]


def test_a_wrong_password_and_an_unknown_user_are_told_the_same(dial, local_server):
    told = []
    for password, more in (("wrong", {}), ("", {}), (None, {"user": "nobody"}), (None, {"user": "rdsdb"})):
        client = dial(local_server)
        with contextlib.closing(client.socket):
            answer = client.log_in(password, **more)
        assert kinds(answer) == b"E"
        assert errors(answer) == ["28000"]
        told.append(m.parse_notice(answer[0][1]).text.replace(more.get("user", "awsuser"), "USER"))
    assert set(told) == {'password authentication failed for user "USER"'}


def test_what_is_announced(client):
    told = {}
    for kind, body in client.log_in():
        if kind == b"S":
            name, at = m.take_text(body)
            told[name] = m.take_text(body, at)[0]
    assert told["server_version"] == "8.0.2"
    assert told["client_encoding"] == "UTF8"
    # A driver that hears of one of these would speak to a newer PostgreSQL, or to Redshift's binary protocol.
    assert not {"standard_conforming_strings", "server_protocol_version", "in_hot_standby"} & set(told)


def test_a_database_that_is_not_there(client):
    assert errors(client.log_in(database="nowhere")) == ["3D000"]


def test_half_open_connections_leave_room_for_clients(dial, local_server):
    with contextlib.ExitStack() as stack:
        for number in range(150):
            silent = dial(local_server)
            stack.callback(silent.socket.close)
            # Some say nothing, some stop in the middle of the first packet, some before the password.
            silent.send((b"", b"\0\0", m.startup({"user": "awsuser"}))[number % 3])
        assert_served(local_server)
    assert_served(local_server)


def test_a_batch_that_failed_is_skipped_until_sync(session):
    session.send(parse("SELECT nonsense"), bind(), EXECUTE, parse("SELECT 1"), bind(), EXECUTE, m.SYNC)
    answer = session.until(b"Z")
    assert kinds(answer) == b"EZ"
    session.send(parse("SAVEPOINT a"), bind(), EXECUTE, parse("SET query_group TO a"), bind(), EXECUTE, m.SYNC)
    answer = session.until(b"Z")
    assert (kinds(answer), errors(answer)) == (b"EZ", ["0A000"])
    # Also when the error was read before the rest was sent.
    session.send(parse("SELECT nonsense"), m.message(b"H"))
    assert kinds([session.next()]) == b"E"
    session.send(parse("SET query_group TO b"), bind(), EXECUTE, m.query("SET query_group TO c"), m.SYNC)
    assert kinds(session.until(b"Z")) == b"Z"
    session.send(m.query("SHOW query_group"))
    rows = [m.parse_data_row(body) for kind, body in session.until(b"Z") if kind == b"D"]
    assert [bytes(value) for row in rows for value in row if value is not None] == [b"unset"]


def test_names_that_do_not_exist(session):
    for message, state in (
        (bind("", "nowhere"), "26000"),
        (m.message(b"E", b"nowhere\0\0\0\0\0"), "34000"),
        (m.message(b"D", b"Snowhere\0"), "26000"),
        (m.message(b"D", b"Pnowhere\0"), "34000"),
    ):
        session.send(message, m.SYNC)
        answer = session.until(b"Z")
        assert (kinds(answer), errors(answer)) == (b"EZ", [state])
    session.send(m.message(b"C", b"Snowhere\0"), m.SYNC)
    assert kinds(session.until(b"Z")) == b"3Z"


def test_messages_out_of_their_order(session):
    session.send(m.SYNC, m.SYNC, m.message(b"H"), EXECUTE, m.SYNC)
    assert kinds(session.until(b"Z")) == b"Z"
    assert kinds(session.until(b"Z")) == b"Z"
    assert kinds(session.until(b"Z")) == b"EZ"
    # Copy data that nobody asked for is dropped, as PostgreSQL does.
    session.send(m.message(b"d", b"x"), m.message(b"c"), m.message(b"f", b"x\0"), m.query("SELECT 1"))
    assert kinds(session.until(b"Z")) == b"TDCZ"
    session.send(m.message(b"F", b"\0\0\0\1"))
    answer = session.until(b"Z")
    assert (kinds(answer), errors(answer)) == (b"EZ", ["0A000"])
    session.send(m.message(b"~"))
    assert errors(session.until(b"")) == ["08P01"]


def test_a_statement_of_ours_among_those_that_pass(session):
    session.send(
        parse("SELECT 1", "one"), parse("SET query_group TO 'a'", "ours"), bind("p", "one"), bind("q", "ours"),
        m.message(b"D", b"Pq\0"), m.message(b"E", b"q\0\0\0\0\0"), m.SYNC,
        m.query("SHOW query_group"),
    )  # fmt: skip
    answer = session.until(b"Z")
    assert kinds(answer) == b"1122nCZ"
    assert dict(answer)[b"C"] == b"SET\0"
    rows = [m.parse_data_row(body) for kind, body in session.until(b"Z") if kind == b"D"]
    assert [[bytes(value or b"") for value in row] for row in rows] == [[b"a"]]


def test_two_statements_in_one_prepared_statement(session):
    session.send(parse("SELECT 1; SELECT 2"), m.SYNC)
    answer = session.until(b"Z")
    assert (kinds(answer), errors(answer)) == (b"EZ", ["42601"])


def test_several_statements_in_one_query_are_one_transaction(session):
    session.send(
        m.query("CREATE TEMP TABLE t (a INT); INSERT INTO t VALUES (1); SELECT a FROM t; CREATE INDEX i ON t(a)")
    )
    answer = session.until(b"Z")
    assert kinds(answer) == b"CCTDCEZ"
    session.send(m.query("SELECT a FROM t"))
    assert errors(session.until(b"Z")) == ["42P01"]
    session.send(m.query(""))
    assert kinds(session.until(b"Z")) == b"IZ"


def test_nul_in_a_value_is_refused(session):
    session.send(parse("SELECT $1::VARCHAR"), bind("", "", b"a\0b"), EXECUTE, m.SYNC)
    assert errors(session.until(b"Z")) == ["22021"]
    session.send(parse("SELECT $1::VARCHAR"), bind("", "", b"\xff"), EXECUTE, m.SYNC)
    assert errors(session.until(b"Z")) == ["22021"]


def test_a_cancel_with_the_wrong_key_cancels_nothing(dial, local_server, session):
    session.send(m.query("SELECT pg_backend_pid()"))
    (row,) = [m.parse_data_row(body) for kind, body in session.until(b"Z") if kind == b"D"]
    canceller = dial(local_server)
    with contextlib.closing(canceller.socket):
        canceller.send(struct.pack("!iii", 16, m.CANCEL_REQUEST, int(bytes(row[0] or b""))) + b"\0\0\0\0")
        assert canceller.until(b"") == []
    session.send(m.query("SELECT 1"))
    assert kinds(session.until(b"Z")) == b"TDCZ"


READS_NOTHING = [
    "SELECT * EXCLUDE a FROM not_there",
    "SELECT * FROM (SELECT a, b FROM not_there) PIVOT (count(b) FOR a IN (1, 2))",
    "SELECT * FROM not_there UNPIVOT (n FOR name IN (a, b))",
]


@pytest.mark.parametrize("statement", READS_NOTHING)
def test_what_must_be_known_first_and_is_not_there_is_the_statements_error(pg, statement):
    """These ask the catalog for the columns of what they read, before they are translated."""
    for prepare in (False, True):
        with pytest.raises(psycopg.errors.UndefinedTable, match='relation "not_there" does not exist'):
            pg.execute(statement, prepare=prepare)
        with pytest.raises(psycopg.errors.UndefinedTable), pg.transaction():
            pg.execute(statement, prepare=prepare)
        pg.execute("BEGIN")
        with pytest.raises(psycopg.errors.UndefinedTable):
            pg.execute(statement, prepare=prepare)
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            pg.execute("SELECT 1")
        pg.execute("ROLLBACK")
    assert pg.execute("SELECT 1").fetchone() == (1,)


def test_cancel_ends_the_query_of_a_session(pg):
    with pytest.raises(psycopg.errors.QueryCanceled, match="canceled on user's request"):
        pg.execute(f"CANCEL {pg.info.backend_pid}")
    assert pg.execute("SELECT 1").fetchone() == (1,)
