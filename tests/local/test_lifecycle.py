"""The embedded Redshift's life: it starts, stops, keeps what was committed, and cleans up after being killed.

A start costs seconds, so a test here follows one server through a chapter of its life, and all begin with a copy of the
same stopped server.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
from click.testing import CliRunner

from warehouse.cli import main
from warehouse.errors import LocalServerError
from warehouse.local import control
from warehouse.local.postgres import SUPERUSER
from warehouse.local.wire.upstream import Upstream
from warehouse.objectstore import ObjectStore

ROOT = Path(__file__).parents[2]
# Nothing here takes as long as this; a test that does has found a server that hangs.
LIMIT = 60
ALONE = {**os.environ, "PYTHONPATH": str(ROOT)}


def server_process(home, **how):
    """The server started as nobody should start it: by itself."""
    command = [sys.executable, "-m", "warehouse.local", str(home), "0"]
    return subprocess.Popen(command, env=ALONE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **how)


def execute(server, statement, *parameters):
    with psycopg.connect(server["psql"], autocommit=True) as connection:
        cursor = connection.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def parts(server):
    """The processes that make up the server: its own, its PostgreSQL with all backends, its S3 endpoint."""
    process = psutil.Process(server["pid"])
    return [process, *process.children(recursive=True)]


def part(server, word):
    (found,) = (p for p in psutil.Process(server["pid"]).children() if word in " ".join(p.cmdline()))
    return found


def assert_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=LIMIT)
    assert [str(p) for p in alive] == []


def kill(server):
    process = psutil.Process(server["pid"])
    process.kill()
    process.wait(LIMIT)


def quiet_port():
    """A free port that no client's connection is given meanwhile: systems take those from 32768 on."""
    while True:
        port = random.randrange(20_000, 30_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def left_in(home):
    return {path.name for path in (home / ".warehouse").iterdir()}


def store(server):
    s3 = server["s3"]
    return ObjectStore(endpoint_url=s3["endpoint_url"], region=s3["region"], keys=(s3["access_key"], s3["secret_key"]))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The home of a stopped server that holds one table and one object.

    Its first two starts were killed, each at a moment when something existed and what comes after it did not.
    """
    home = tmp_path_factory.mktemp("lifecycle") / "template"
    state = home / ".warehouse"
    state.mkdir(parents=True)
    for seen in (state / "postgres.making" / "PG_VERSION", state / "postgres" / "postmaster.pid"):
        # On a busy machine the moment may be missed; then the next start is the first one again.
        while True:
            with server_process(home) as first:
                while not seen.exists() and first.poll() is None:
                    pass
                first.kill()
                assert "error" not in (told := first.stdout.read()), told
            if not (state / "server.json").exists():
                break
            control.reset(home)
    server = control.start(home, port=quiet_port())
    execute(server, "CREATE TABLE kept (a INTEGER ENCODE zstd, b VARCHAR(9)) DISTKEY(a) INTERLEAVED SORTKEY(b, a)")
    execute(server, "INSERT INTO kept VALUES (1, 'x')")
    store(server).put("s3://warehouse/kept/é 1.csv", b"2,y\n")
    running = parts(server)
    assert control.stop(home)
    assert_gone(running)
    return home, server


@pytest.fixture
def home(template, tmp_path):
    """A copy of the template's home. What runs there is ended afterwards, however the test ended."""
    made = tmp_path / "home"
    subprocess.run(["cp", "-a", str(template[0]), str(made)], check=True)
    yield made
    control.reset(made)


def test_a_first_start_that_was_killed_leaves_no_half_made_state(template):
    home, server = template
    assert server["started"]
    assert left_in(home) == {
        "lock",
        "long_names",
        "password",
        "postgres",
        "s3",
        "server.crt",
        "server.key",
        "postgres.log",
        "server.log",
    }


def test_what_a_first_start_makes_is_kept_for_the_next_project(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    kept = tmp_path / "caches" / "warehouse" / "postgres"

    def first_start(name):
        """The password of a new project's server, and which PostgreSQL its data began with."""
        server = control.start(tmp_path / name, port=0, ephemeral=True)
        try:
            execute(server, "CREATE TABLE t (a INT) DISTKEY (a)")
            with closing(Upstream(Path(server["postgres"]), {"user": SUPERUSER, "database": "postgres"})) as behind:
                identifier = behind.rows("SELECT system_identifier FROM pg_control_system()")[0][0]
        finally:
            control.stop(tmp_path / name)
        return server["password"], identifier

    password, identifier = first_start("one")
    (image,) = kept.iterdir()
    assert image.stat().st_mode & 0o077 == kept.stat().st_mode & 0o077 == 0
    again = first_start("two")
    assert again[0] != password
    assert again[1] == identifier
    # One that does not start is made anew, and a place where nothing can be kept is done without.
    (image / "global" / "pg_control").write_bytes(b"")
    assert first_start("three")[1] != identifier
    assert (image / "global" / "pg_control").stat().st_size
    shutil.rmtree(tmp_path / "caches")
    (tmp_path / "caches").write_text("mine")
    first_start("four")
    assert (tmp_path / "caches").read_text() == "mine"


def command(home, *arguments):
    return CliRunner().invoke(main, ["local", *arguments], env={"WAREHOUSE_HOME": str(home), "COLUMNS": "200"})


def test_the_command_line_from_start_to_reset(home, template):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        started = command(home, "start", "--port", str(port))
    assert started.exit_code == 0, started.output
    server = control.status(home)
    assert server["port"] != port
    assert f"Port {port} was taken, so it listens on {server['port']}" in started.output
    assert server["password"] == template[1]["password"]

    # State survives the restart: rows, the design, the object.
    copy = f"COPY kept FROM 's3://warehouse/kept/' IAM_ROLE '{server['iam_role']}' CSV"
    execute(server, copy)
    assert execute(server, "SELECT * FROM kept ORDER BY a") == [(1, "x"), (2, "y")]
    design = "SELECT \"column\", trim(encoding), distkey, sortkey FROM pg_table_def WHERE tablename = 'kept'"
    assert execute(server, design) == [("a", "zstd", True, 2), ("b", "none", False, -1)]

    # Starting again finds it; somebody who does not ask first meets the lock, not the data.
    again = command(home, "start")
    assert again.exit_code == 0 and "already runs" in again.output
    assert control.start(home, port=0) == {**server, "started": False}
    with server_process(home) as second:
        assert "already runs" in json.loads(second.stdout.read())["error"]
        assert second.wait(LIMIT) == 1
    assert execute(server, "SELECT 1") == [(1,)]

    status = command(home, "status")
    assert status.exit_code == 0
    assert f"127.0.0.1:{server['port']}" in status.output
    assert server["password"] not in status.output
    assert command(home, "url").stdout.splitlines()[-1] == server["url"]
    for name in ("server.json", "password"):
        assert (home / ".warehouse" / name).stat().st_mode & 0o777 == 0o600

    running = parts(server)
    assert command(home, "stop").exit_code == 0
    assert_gone(running)
    for word in ("status", "url"):
        answer = command(home, word)
        assert answer.exit_code == 3
        assert "warehouse local start" in answer.output
    assert "No embedded Redshift runs" in command(home, "stop").output
    assert command(home, "reset", "--yes").exit_code == 0
    assert left_in(home) == {"lock"}


def test_a_restarted_server_has_its_old_url_and_sigterm_stops_it_with_clients_at_work(home, template):
    server = control.start(home, port=template[1]["port"])
    assert server["url"] == template[1]["url"]
    idle, busy = psycopg.connect(server["psql"], autocommit=True), psycopg.connect(server["psql"])
    with closing(idle), closing(busy):
        idle.execute("INSERT INTO kept VALUES (3, 'committed')")
        busy.execute("INSERT INTO kept VALUES (4, 'not')")
        busy.pgconn.send_query(b"SELECT count(*) FROM pg_type a, pg_type b, pg_type c, pg_type d, pg_type e")
        running = parts(server)
        os.kill(server["pid"], signal.SIGTERM)
        assert_gone(running)
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")
    assert not (home / ".warehouse" / "server.json").exists()
    assert control.status(home) is None

    # A clean stop needs no recovery; and after a kill recovery finds all that was committed.
    server = control.start(home, port=0)
    assert "not properly shut down" not in (home / ".warehouse" / "postgres.log").read_text()
    done, open_ = psycopg.connect(server["psql"], autocommit=True), psycopg.connect(server["psql"])
    with closing(done), closing(open_):
        done.execute("INSERT INTO kept VALUES (5, 'more')")
        open_.execute("INSERT INTO kept VALUES (6, 'not')")
        leftover = parts(server)
        kill(server)
        again = control.start(home, port=0)
    assert again["started"] and again["password"] == server["password"]
    assert_gone(leftover)
    assert execute(again, "SELECT a FROM kept ORDER BY a") == [(1,), (3,), (5,)]
    execute(again, "DROP TABLE kept")  # nothing of the killed server holds a lock
    assert control.stop(home)


def test_ephemeral_keeps_nothing_touches_nothing_and_is_cleaned_up_after_sigkill(home):
    fleeting = control.start(home, port=0, ephemeral=True)
    assert execute(fleeting, "SELECT count(*) FROM pg_table_def WHERE tablename = 'kept'") == [(0,)]
    assert store(fleeting).list("s3://warehouse/kept/") == []
    execute(fleeting, "CREATE TABLE fleeting (a INTEGER)")
    control.stop(home)
    assert "ephemeral" not in left_in(home)

    killed = control.start(home, port=0, ephemeral=True)
    leftover = parts(killed)
    kill(killed)
    kept = control.start(home, port=0)
    assert_gone(leftover)
    assert "ephemeral" not in left_in(home)
    assert execute(kept, "SELECT tablename FROM pg_table_def WHERE schemaname = 'public'") == [("kept",), ("kept",)]

    # Reset, too, ends what a kill left behind.
    leftover = parts(kept)
    kill(kept)
    control.reset(home)
    assert_gone(leftover)
    assert left_in(home) == {"lock"}


def test_parts_that_die(home):
    server = control.start(home, port=0)
    with psycopg.connect(server["psql"], autocommit=True) as connection:
        (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    # PostgreSQL ends all its sessions then, and recovers; a client that comes meanwhile is told to come again.
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            assert execute(server, "SELECT count(*) FROM kept") == [(1,)]
            break
        except psycopg.OperationalError as error:
            told = ("not available", "starting up", "recovery", "stopped", "not yet accepting", "shutting down")
            assert any(word in str(error) for word in told)
            assert time.monotonic() < deadline, "the server did not recover"

    # Without PostgreSQL or the S3 endpoint the server would only seem to run.
    for word in ("postgres -D", "warehouse.local.s3"):
        server = control.start(home, port=0)
        assert execute(server, "SELECT count(*) FROM kept") == [(1,)]
        running = parts(server)
        part(server, word).kill()
        assert_gone(running)
        assert control.status(home) is None


def test_stopping_what_does_not_run_is_no_fault(tmp_path):
    assert control.stop(tmp_path) is False
    assert control.status(tmp_path) is None
    control.reset(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_file_of_another_process_is_not_believed(tmp_path):
    state = tmp_path / ".warehouse"
    state.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as other:
        told = {"pid": os.getpid(), "host": "127.0.0.1", "port": other.getsockname()[1]}
        (state / "server.json").write_text(json.dumps(told))
        assert control.status(tmp_path) is None
        assert control.stop(tmp_path) is False


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    obstacle = tmp_path / "file"
    obstacle.write_text("in the way")
    for home in (obstacle, obstacle / "below"):
        with pytest.raises(LocalServerError) as caught:
            control.start(home, port=0)
        assert str(home / ".warehouse") in str(caught.value)
        assert "WAREHOUSE_HOME" in caught.value.next_step
        assert isinstance(caught.value.__cause__, OSError)
    answer = command(obstacle, "start")
    assert answer.exit_code == 1
    assert "WAREHOUSE_HOME" in answer.output and "Traceback" not in answer.output
    assert obstacle.read_text() == "in the way"


@pytest.mark.parametrize("name", ["postgres", "s3", "lock"])
def test_something_else_in_the_place_of_its_state_is_left_alone(tmp_path, name):
    obstacle = tmp_path / ".warehouse" / name
    obstacle.parent.mkdir()
    if name == "lock":
        obstacle.mkdir()
    else:
        obstacle.write_text("mine")
    with pytest.raises(LocalServerError) as caught:
        control.start(tmp_path, port=0)
    assert str(tmp_path / ".warehouse") in str(caught.value)
    assert caught.value.next_step
    assert obstacle.is_dir() if name == "lock" else obstacle.read_text() == "mine"
    assert control.status(tmp_path) is None
