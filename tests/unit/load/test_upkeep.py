"""What a run advises to do with its table, and that it does so when it is told."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from warehouse.errors import Cancelled
from warehouse.load import Guards, LoadReport, load, upsert, waits
from warehouse.load.upkeep import needed
from warehouse.schema import TableDesign

HEADER = "id,region,name,price,at\n"


def after(rows: int, **counts: int) -> LoadReport:
    return LoadReport("r", "sale", "upsert", table_rows=rows, **counts)


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (after(1000, inserted=1000), []),  # COPY sorts and counts what it brings into an empty table
        (after(1000, inserted=50), []),
        (after(1000, inserted=51), ["VACUUM sale"]),
        (after(1000, inserted=101), ["VACUUM sale", "ANALYZE sale"]),
        (after(1000, updated=50), []),
        (after(1000, updated=51), ["VACUUM sale"]),
        (after(1000, deleted=101), ["VACUUM sale", "ANALYZE sale"]),
        (after(1000, inserted=1000, deleted=900), ["VACUUM sale", "ANALYZE sale"]),
        (after(1000, unchanged=1000), []),
        (after(0, deleted=5), []),
        (LoadReport("r", "sale", "load", inserted=10), []),
    ],
)
def test_advice_follows_the_limits_of_redshift(report: LoadReport, wanted: list[str], sale: sa.Table) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_ANALYZE.html, r_VACUUM_command.html: 10 percent, 95 percent."""
    assert [one.statement for one in needed(TableDesign.from_table(sale), report)] == wanted


def deliver(tmp_path: Path, count: int) -> Path:
    path = tmp_path / "delivery.csv"
    path.write_text(HEADER + "".join(f"{number},n,a,1,2013-01-01\n" for number in range(count)))
    return path


def test_a_run_advises_and_does_it_when_told(
    sale: sa.Table, own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(sale, deliver(tmp_path, 20), **own).advice == ()
    report = upsert(sale, deliver(tmp_path, 10), **own)
    assert report.table_rows == 20
    assert [str(one) for one in report.advice] == [
        "VACUUM sale: 10 rows are dead, 50% of those that live; up to 10 rows lie unsorted, 50% of the table",
        "ANALYZE sale: 10 rows have changed, 50% of the table",
    ]
    assert report.summary().endswith("advised: VACUUM sale, ANALYZE sale")

    def commands() -> int:
        """How often the cluster, whatever the database, was told to tidy up a table of this name."""
        with own["engine"].connect() as connection:
            return int(
                connection.exec_driver_sql(
                    "SELECT COUNT(*) FROM stl_utilitytext WHERE TRIM(text) IN ('VACUUM sale', 'ANALYZE sale')"
                ).scalar_one()
            )

    before = commands()
    done = upsert(sale, deliver(tmp_path, 10), upkeep=True, **own)
    assert done.advice == () and "upkeep" in done.seconds
    assert commands() == before + 2


def test_upkeep_that_fails_is_told_and_no_error(
    sale: sa.Table, own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    load(sale, deliver(tmp_path, 20), **own)
    with own["engine"].connect() as connection:
        connection.exec_driver_sql("SET warehouse.fault TO 'disk full on VACUUM'")
    report = upsert(sale, deliver(tmp_path, 10), upkeep=True, **own)
    assert [one.statement for one in report.advice] == ["VACUUM sale"]
    assert "VACUUM sale failed" in caplog.text


def test_a_run_that_waits_says_on_whom(
    sale: sa.Table, own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(waits, "PATIENCE", 0.01)
    told = threading.Event()
    said: list[str] = []

    def hear(phase: str, done: int, total: int | None) -> None:
        if phase.startswith("lock: "):
            said.append(phase)
            told.set()

    with own["engine"].connect() as holder:
        pid = holder.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        holder.exec_driver_sql("LOCK TABLE sale")
        reports: list[LoadReport] = []
        thread = threading.Thread(target=lambda: reports.append(load(sale, deliver(tmp_path, 3), progress=hear, **own)))
        with caplog.at_level(logging.WARNING):
            thread.start()
            assert told.wait(60)
            holder.rollback()
            thread.join()
    assert said[0].startswith(f"lock: session {pid} of user ")
    assert f"sale: waiting for session {pid} of user " in caplog.text
    assert reports[0].inserted == 3


def test_a_wait_that_is_cut_short_says_who_held_the_table(sale: sa.Table, own: dict[str, Any], tmp_path: Path) -> None:
    began = time.monotonic()
    with own["engine"].connect() as holder:
        pid = holder.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        holder.exec_driver_sql("LOCK TABLE sale")
        with pytest.raises(Cancelled, match=rf"sale is held by session {pid} of user .*, whose transaction began at"):
            load(sale, deliver(tmp_path, 3), guards=Guards(statement_timeout=0.2), **own)
    assert time.monotonic() - began < 60
