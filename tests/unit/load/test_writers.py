"""Many writers on one table: what they leave is what the same deliveries leave one after the other.

pytest tests/unit/load/test_writers.py --writer-seconds 300 -s       how long they write (default: 6)
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from warehouse.db.engine import connect
from warehouse.load import LoadReport, Retry, load, upsert
from warehouse.models import LoadAudit, LoadQuarantine
from warehouse.schema import Base, column, compound, even
from warehouse.schema.types import INTEGER, VARCHAR
from warehouse.settings import load_settings

WRITERS, KEYS = 8, 40


@pytest.fixture(scope="module")
def counter() -> sa.Table:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Entry(Own, dist=even(), sort=compound("id"), comment="Entries."):
        __tablename__ = "entry"
        id = column(INTEGER, primary_key=True, autoincrement=False, encode="raw", comment="Key.")
        writer = column(VARCHAR(16), encode="zstd", comment="Who wrote it last.")

    table: sa.Table = Entry.__table__
    return table


@pytest.fixture(params=["SERIALIZABLE", "SNAPSHOT"])
def own(request: pytest.FixtureRequest, local_server: dict[str, Any], counter: sa.Table) -> Iterator[dict[str, Any]]:
    """A database of that isolation level."""
    found = load_settings({}, home=local_server["home"])
    name = f"writers_{request.param.lower()}"
    admin = connect(found, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} ISOLATION LEVEL {request.param}")
    settings = replace(found, url=found.url.replace("/dev?", f"/{name}?"), stage=f"{found.stage}/{name}")
    engine = connect(settings, poolclass=NullPool)
    with engine.begin() as connection:
        for table in (counter, LoadAudit.__table__, LoadQuarantine.__table__):
            table.create(connection)
    yield {"engine": engine, "settings": settings}
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} FORCE")
    admin.dispose()


def test_writers_leave_what_some_order_explains(
    counter: sa.Table, own: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    deadline = time.monotonic() + request.config.getoption("--writer-seconds")
    deliveries: dict[str, dict[int, str]] = {}
    reports: dict[str, LoadReport] = {}
    failures: list[BaseException] = []

    def write(number: int) -> None:
        chance = random.Random(number)
        turn = 0
        try:
            while time.monotonic() < deadline or not turn:
                turn += 1
                keys = chance.sample(range(KEYS), chance.randint(1, 12))
                rows = dict.fromkeys(keys, f"{number}.{turn}")
                source = [{"id": key, "writer": writer} for key, writer in rows.items()]
                report = upsert(counter, source, retry=Retry(attempts=50, first_wait=0.05), **own)
                deliveries[report.run_id], reports[report.run_id] = rows, report
        except BaseException as error:  # noqa: BLE001 - told by the test, not by a thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    log = LoadAudit.__table__
    with own["engine"].connect() as connection:
        # Written before the commit, while the run holds the table: the order of these moments is that of the commits.
        order = connection.execute(sa.select(log.c.run_id).order_by(log.c.ended_at, log.c.run_id)).scalars().all()
        found = {row.id: row.writer for row in connection.execute(sa.select(counter))}
        rows = connection.execute(sa.select(sa.func.count()).select_from(counter)).scalar_one()
    assert sorted(order) == sorted(deliveries)
    state: dict[int, str] = {}
    for run_id in order:
        known = len(state.keys() & deliveries[run_id].keys())
        assert (reports[run_id].updated, reports[run_id].inserted) == (known, len(deliveries[run_id]) - known)
        state.update(deliveries[run_id])
    assert found == state
    assert rows == len(state)
    tries = Counter(report.attempts for report in reports.values())
    print(f"\n{len(order)} upserts of {WRITERS} writers, tries: {dict(sorted(tries.items()))}")


def test_appends_queue_rather_than_fail(counter: sa.Table, own: dict[str, Any]) -> None:
    """Each load proves that the keys of the whole table are unique, so each reads what the others write."""
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            load(counter, [{"id": number * 10 + one, "writer": str(number)} for one in range(10)], **own)
        except BaseException as error:  # noqa: BLE001 - told by the test, not by a thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with own["engine"].connect() as connection:
        found = connection.execute(sa.select(counter.c.id).order_by(counter.c.id)).scalars().all()
    assert found == list(range(WRITERS * 10))
