"""`warehouse demo` as a newcomer meets it: one run, a second run, a mended one; and everything it refuses."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from warehouse.cli import main
from warehouse.demo.files import FLIGHTS, data_file

ROOT = Path(__file__).parents[3]
ROWS = {"airline": 16, "airport": 1_458, "plane": 3_322, "weather": 26_115, "flight": 336_776, "customer": 1_123}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project with migrations; no server runs for it."""
    for name in ("WAREHOUSE_URL", "WAREHOUSE_STAGE", "WAREHOUSE_IAM_ROLE", "WAREHOUSE_S3_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    (tmp_path / "migrations").symlink_to(ROOT / "migrations")
    return tmp_path


@pytest.fixture
def served(home, server_file, settings):
    """The same, with the embedded server running, on a database and a staging area of its own."""
    state = home / ".warehouse"
    state.mkdir()
    described = server_file | {"url": settings.url, "s3": server_file["s3"] | {"stage": settings.stage}}
    (state / "server.json").write_text(json.dumps(described))
    return home


def run(*arguments):
    return CliRunner().invoke(main, ["demo", *arguments])


def proof(output):
    """The last table: table -> (rows in the source, rows in the warehouse, mark)."""
    lines = [line.split() for line in output.partition("7/7")[2].splitlines()]
    return {line[0]: tuple(line[1:]) for line in lines if line and line[0] in ROWS}


def paragraph(result):
    """The one paragraph of a refusal."""
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    said = result.stderr.strip()
    assert said.startswith("error: ")
    assert "\n" not in said
    return said


def sums_of_the_source():
    """What the original file adds up to, counted without any of our readers."""
    with zipfile.ZipFile(data_file(FLIGHTS)) as archive, archive.open("flights.csv") as raw:
        rows = list(csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8")))
    found = [len(rows)]
    for name in MEASURES:
        values = [int(row[name]) for row in rows if row[name] != "NA"]
        found += [len(values), sum(values)]
    return found


MEASURES = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "distance")
SUMS = f"SELECT COUNT(*), {', '.join(f'COUNT({name}), SUM({name})' for name in MEASURES)} FROM flight"


def test_the_demo_twice_and_mended(served, sql, settings, monkeypatch):
    first = run()
    assert first.exit_code == 0, first.output
    assert proof(first.output) == {table: (f"{rows:,}", f"{rows:,}", "✓") for table, rows in ROWS.items()}
    assert "\x1b" not in first.output and "\r" not in first.output
    # All but the URL, which cannot be broken.
    assert max(len(line) for line in first.output.splitlines() if line != settings.url) < 100
    assert "psql 'postgresql://" in first.output and settings.url in first.output
    assert "50,094" in first.output and "warning" in first.output
    # The values are the original's, not the preliminary ones of the first delivery.
    assert [int(value) for value in sql(SUMS)[0]] == sums_of_the_source()
    # COPY made sense of the customers: quotes are gone, and None, nothing and blanks are NULL.
    homes = dict(sql("SELECT RTRIM(customer_home_base), COUNT(*) FROM customer GROUP BY 1"))
    assert set(homes) == {"Newark Liberty Intl", "John F Kennedy Intl", "La Guardia", None}
    unknown = sum(not line % 11 or not line % 13 or not line % 17 for line in range(1, ROWS["customer"] + 1))
    assert homes[None] == unknown
    state = "SELECT COUNT(*), COUNT(DISTINCT customer_uuid), MIN(customer_key), MAX(customer_key) FROM customer"
    customers = sql(state)

    # Again, by way of a WAREHOUSE_URL that names the very server that runs here.
    monkeypatch.setenv("WAREHOUSE_URL", settings.url)
    second = run()
    assert second.exit_code == 0, second.output
    assert proof(second.output) == proof(first.output)
    assert second.output.count("skipped: its rows are there") == len(ROWS)
    assert "an upsert may be repeated" in second.output
    assert [int(value) for value in sql(SUMS)[0]] == sums_of_the_source()
    assert sql(state) == customers
    monkeypatch.delenv("WAREHOUSE_URL")

    # What somebody deleted comes back; nothing doubles, and the customers that stayed keep their numbers.
    sql("DELETE FROM plane WHERE year = 2004", "DELETE FROM customer WHERE customer_key > 1000")
    mended = run()
    assert mended.exit_code == 0, mended.output
    assert proof(mended.output) == proof(first.output)
    assert mended.output.count("upsert: it held other rows") == 2
    assert sql(state)[0][:3] == customers[0][:3]

    # What somebody added stays, and is told.
    sql("INSERT INTO airline (carrier, name) VALUES ('ZZ', 'Ours')")
    more = run()
    assert proof(more.output)["airline"] == ("16", "17", "✗")
    assert "warehouse local reset" in paragraph(more)
    assert "Look around" not in more.output


def test_another_warehouse_is_refused_before_anything_happens(home, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", "redshift+redshift_connector://me:S3cret@cluster.example.com:5439/dev")
    said = paragraph(run())
    assert "embedded Redshift only" in said and "env -u WAREHOUSE_URL" in said
    assert "S3cret" not in said
    assert not (home / ".warehouse").exists()


def test_another_warehouse_is_refused_while_a_server_runs_here(served, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", "redshift+redshift_connector://me:S3cret@127.0.0.1:1/dev")
    assert "embedded Redshift only" in paragraph(run())


def test_a_malformed_url_is_refused_without_showing_it(home, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", "nonsense S3cret")
    assert "S3cret" not in paragraph(run())


def test_a_folder_without_migrations_is_told_before_a_server_starts(home):
    (home / "alembic.ini").unlink()
    assert "WAREHOUSE_HOME" in paragraph(run())
    assert not (home / ".warehouse").exists()


def test_a_state_folder_that_cannot_be_written_is_told(home):
    (home / ".warehouse").write_text("a file where the folder should be")
    assert "cannot be" in paragraph(run())


def test_without_the_server_s_packages_the_extra_is_named(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "warehouse.local", None)
    assert 'pip install "warehouse[demo]"' in paragraph(run())


def test_debug_shows_the_traceback(home, monkeypatch):
    (home / "alembic.ini").unlink()
    result = CliRunner().invoke(main, ["--debug", "demo"])
    assert type(result.exception).__name__ == "MigrationError"
