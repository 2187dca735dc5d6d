"""The process that migrates, and whose children are stopped at one point of their way, counted from 1.

A point lies before and after each statement on any connection, and before each commit. What happens there:

    kill     SIGKILL
    soon     the process is ended some milliseconds later, wherever it is then: also while a statement runs
    drop     the server ends every session of the database, and the process sees what comes of it

Python and its imports are loaded once. A line of JSON on stdin {"home", "url", "revision", "deploys": [{"wait", "at",
"way", "after"}, …]} is so many deploys at once, each in a child of its own; one alone that nothing happens to runs
here, so that its children find everything imported. The answer is a line of JSON, one object for each deploy:

    {"end": "stopped"}
    {"end": "done", "points": 257, "ran": true}           `ran`: it was this one that ran a revision
    {"end": "failed", "error": "MigrationError: …", "ran": false}
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redshift_connector
import sqlalchemy as sa
from sqlalchemy import event

import warehouse.models  # noqa: F401 - what migrations/env.py imports
from warehouse import migrate
from warehouse.settings import Settings

EVENTS = ("before_cursor_execute", "after_cursor_execute", "commit")


class Points:
    """Counts the points; at the chosen one something happens."""

    def __init__(self, at: int, happens: Callable[[], None]) -> None:
        self.at = at
        self.happens = happens
        self.passed = 0

    def __call__(self, *_: Any) -> None:
        self.passed += 1
        if self.passed == self.at:
            self.happens()


class Ran(logging.Filter):
    """Did Alembic say that it runs a revision?"""

    def __init__(self) -> None:
        super().__init__()
        self.said = False

    def filter(self, record: logging.LogRecord) -> bool:
        self.said = self.said or record.getMessage().startswith("Running upgrade")
        return True


def drop_sessions(url: str) -> None:
    """End every session of the database but this one."""
    parts = sa.make_url(url)
    connection = redshift_connector.connect(
        host=str(parts.host), port=parts.port or 5439, database=str(parts.database), user=str(parts.username),
        password=str(parts.password), ssl=False,
    )  # fmt: skip
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SELECT process FROM stv_sessions WHERE trim(db_name) = current_database()")
    sessions = [row[0] for row in cursor.fetchall()]
    cursor.execute("SELECT pg_backend_pid()")
    ((own,),) = cursor.fetchall()
    for session in sessions:
        if session != own:
            cursor.execute(f"SELECT pg_terminate_backend({int(session)})")
    connection.close()


def work(job: dict[str, Any], deploy: dict[str, Any]) -> dict[str, Any]:
    """One deploy."""
    ways: dict[str, Callable[[], Any]] = {
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        # Nobody handles SIGALRM, so it ends the process as it is.
        "soon": lambda: signal.setitimer(signal.ITIMER_REAL, deploy["after"]),
        "drop": lambda: drop_sessions(job["url"]),
    }
    points, ran, log = Points(deploy["at"], ways[deploy["way"]]), Ran(), logging.getLogger("alembic.runtime.migration")
    for name in EVENTS:
        event.listen(sa.Engine, name, points)
    log.addFilter(ran)
    settings = Settings(url=job["url"], home=Path(job["home"]), migration_wait=deploy["wait"])
    try:
        migrate.upgrade(settings, job["revision"])
    except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
        return {"end": "failed", "error": f"{type(error).__name__}: {error}", "ran": ran.said}
    else:
        return {"end": "done", "points": points.passed, "ran": ran.said}
    finally:
        log.removeFilter(ran)
        for name in EVENTS:
            event.remove(sa.Engine, name, points)


def in_child(job: dict[str, Any], deploy: dict[str, Any]) -> tuple[int, int]:
    """The process and where its answer can be read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(work(job, deploy)).encode())
        os._exit(0)
    os.close(writing)
    return child, reading


def answer_of(child: int, reading: int) -> dict[str, Any]:
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(text) if text else {"end": "stopped"}
    return found


def main() -> None:
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    for line in sys.stdin:
        job = json.loads(line)
        deploys = job["deploys"]
        if len(deploys) == 1 and not deploys[0]["at"]:
            answers = [work(job, deploys[0])]
        else:
            answers = [answer_of(*child) for child in [in_child(job, deploy) for deploy in deploys]]
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
