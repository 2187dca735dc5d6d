"""Start, stop and ask the embedded Redshift from outside its process."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from warehouse.errors import LocalServerError
from warehouse.local.place import EPHEMERAL, LONG_NAMES, PORT, POSTGRES, S3, SLICES, Options
from warehouse.local.postgres import Postgres
from warehouse.settings import SERVER_FILE, STATE_FOLDER, child_environment

# A first start makes a database; on a slow laptop that takes a while.
START_SECONDS = 90
STOP_SECONDS = 30


def start(home: Path, *, port: int = PORT, ephemeral: bool = False, slices: int = SLICES) -> dict[str, Any]:
    """Start the server of the project in `home`, or find it running; returns its description (see Server).

    `description["started"]` tells whether this call started it. Raises LocalServerError.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    running = status(home)
    if running is not None:
        return {**running, "started": False}
    options = Options(home.resolve(), port, ephemeral, slices)
    try:
        options.state.mkdir(parents=True, exist_ok=True)
        log = (options.state / "server.log").open("ab")
    except OSError as error:
        raise LocalServerError(
            f"The folder {options.state} cannot be written: {error.strerror}.",
            next_step="Give yourself write permission, or point WAREHOUSE_HOME at another folder.",
        ) from error
    command = [
        sys.executable,
        "-m",
        "warehouse.local",
        str(options.home),
        str(port),
        *(["--ephemeral"] if ephemeral else []),
        "--slices",
        str(slices),
    ]
    reading, writing = os.pipe()
    with log, os.fdopen(reading, encoding="utf-8") as report:
        process = subprocess.Popen(
            [*command, "--report", str(writing)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writing,),
            start_new_session=True,
            env=child_environment(PYTHONPATH=os.pathsep.join(p for p in sys.path if p)),
        )
        os.close(writing)
        ready, _, _ = select.select([report], [], [], START_SECONDS)
        if not ready:
            process.kill()
        line = report.readline()
    if not line:
        process.wait()
        raise LocalServerError(
            f"The embedded Redshift ended while starting (exit code {process.returncode}).",
            next_step=f"Read {options.state / 'server.log'}.",
        )
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        process.wait()
        raise LocalServerError(answer["error"], next_step=answer["next_step"])
    _children.append(process)
    return {**answer, "started": True}


# Popen objects of servers that this process started: kept, so that they are reaped and nobody warns of them.
_children: list[subprocess.Popen[bytes]] = []


def status(home: Path) -> dict[str, Any] | None:
    """The description of the running server of `home`, or None."""
    try:
        description: dict[str, Any] = json.loads((home / STATE_FOLDER / SERVER_FILE).read_text(encoding="utf-8"))
        process = psutil.Process(int(description["pid"]))
        alive = process.status() != psutil.STATUS_ZOMBIE and any(
            "warehouse.local" in word for word in process.cmdline()
        )
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    if not alive:
        return None
    try:
        socket.create_connection((description["host"], description["port"]), timeout=5).close()
    except OSError:
        return None
    return description


def stop(home: Path) -> bool:
    """Stop the server of `home`; False when none ran. Committed work is on disk when this returns."""
    description = status(home)
    if description is None:
        return False
    pid = int(description["pid"])
    process = psutil.Process(pid)
    process.send_signal(signal.SIGTERM)
    for child in list(_children):
        if child.pid == pid:
            _children.remove(child)
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            return True
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
    return True


def reset(home: Path) -> None:
    """Stop the server of `home` and remove all that it kept."""
    stop(home)
    _children[:] = [child for child in _children if child.poll() is None]
    state = home / STATE_FOLDER
    Postgres(state / POSTGRES).end_leftover()
    Postgres(state / EPHEMERAL / POSTGRES).end_leftover()
    for name in (
        POSTGRES,
        EPHEMERAL,
        S3,
        LONG_NAMES,
        "password",
        "server.key",
        "server.crt",
        "postgres.log",
        "server.log",
        SERVER_FILE,
    ):
        path = state / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
