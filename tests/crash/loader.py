"""The process that the crash tests kill: does one kind of work (ways.py), and says on stdout how far it is.

    ready                          everything is imported; a line with the job (JSON) is awaited on stdin
    phase NAME                     a phase of the run begins
    done COUNTS | failed ERROR     how it ended, as JSON

`sabotage` breaks the transaction on purpose: it commits after the first DELETE, so that the tests can show that they
would notice. With "commit and wait" the process then says `sabotaged` and waits to be killed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.crash.ways import work
from warehouse.errors import WarehouseError
from warehouse.load import apply
from warehouse.settings import load_settings


def main() -> int:
    say("ready")
    job = json.loads(sys.stdin.readline())
    settings = load_settings({}, home=Path(job["home"]))
    if job["sabotage"]:
        commit_after_delete(wait=job["sabotage"] == "commit and wait")
    try:
        report = work(job["kind"], job["where"], settings=settings, actor=job["actor"], progress=Phases())
    except WarehouseError as error:
        say("failed", {"type": type(error).__name__, "message": str(error)})
        return 3
    counts = {name: getattr(report, name) for name in ("inserted", "updated", "rows_read", "attempts")}
    say("done", {**counts, "seconds": dict(report.seconds)})
    return 0


def say(word: str, details: Any = None) -> None:
    print(word if details is None else f"{word} {json.dumps(details)}", flush=True)


class Phases:
    """Progress that tells only which phase begins."""

    last = ""

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if phase != self.last:
            self.last = phase
            print(f"phase {phase}", flush=True)


def commit_after_delete(*, wait: bool) -> None:
    whole = apply.execute

    def broken(connection: sa.Connection, statement: str) -> sa.CursorResult[Any]:
        result = whole(connection, statement)
        if statement.startswith("DELETE FROM flight USING"):
            connection.commit()
            if wait:
                say("sabotaged")
                sys.stdin.readline()
        return result

    apply.execute = broken


if __name__ == "__main__":
    sys.exit(main())
