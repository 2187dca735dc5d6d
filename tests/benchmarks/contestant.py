"""One measured action in a process of its own: `contestant.py JOB` prints its seconds and its peak memory as JSON.

    warehouse load, upsert     what users call
    raw load, upsert           the same result by the shortest way to the same engine: psycopg's COPY straight into
                               PostgreSQL over its private socket, past our wire server, without any check

Both start and stop the clock around everything from connecting to the commit; imports are over before. Memory is the
resident set's peak during the action; the baseline is what the process holds after its imports.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resident import Memory

KEYS = ("carrier", "flight", "time_hour")


def warehouse_action(job: dict[str, Any]) -> Callable[[], int]:
    # What the action would import anyway, so that it counts as an import.
    import boto3  # noqa: F401
    import redshift_connector  # noqa: F401

    from warehouse.load import CopyOptions, load, upsert
    from warehouse.models import Flight
    from warehouse.settings import load_settings

    settings = load_settings({}, home=Path(job["home"]))
    work = {"load": load, "upsert": upsert}[job["action"]]

    def run() -> int:
        report = work(Flight, job["source"], settings=settings, options=CopyOptions(null_as="NA"))
        return int(report.bytes)

    return run


def raw_action(job: dict[str, Any]) -> Callable[[], int]:
    import psycopg

    matched = " AND ".join(f"flight.{key} = delivery.{key}" for key in KEYS)

    def copy(connection: psycopg.Connection[Any], table: str) -> int:
        sent = 0
        command = f"COPY {table} FROM STDIN (FORMAT csv, HEADER, NULL 'NA')"
        with connection.cursor().copy(command) as target, Path(job["source"]).open("rb") as source:
            while block := source.read(1 << 20):
                target.write(block)
                sent += len(block)
        return sent

    def run() -> int:
        with psycopg.connect(host=job["socket"], user=job["superuser"], dbname="dev") as connection:
            if job["action"] == "load":
                return copy(connection, "flight")
            connection.execute("CREATE TEMP TABLE delivery (LIKE flight)")
            sent = copy(connection, "delivery")
            connection.execute(f"DELETE FROM flight USING delivery WHERE {matched}")
            connection.execute("INSERT INTO flight SELECT DISTINCT * FROM delivery")
            connection.execute("DROP TABLE delivery")
            return sent

    return run


def main() -> None:
    job = json.loads(sys.argv[1])
    run = {"warehouse": warehouse_action, "raw": raw_action}[job["who"]](job)
    memory = Memory()
    memory.forget()
    baseline = memory.now()
    began = time.perf_counter()
    moved = run()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "bytes": moved, "baseline": baseline, "peak": memory.peak()}))


if __name__ == "__main__":
    main()
