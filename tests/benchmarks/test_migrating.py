"""The benchmark of migrations runs: few tables, once. Its seconds are not judged here; what everybody found is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("migrating.py")


def test_the_benchmark_runs() -> None:
    few = ["--tables", "2", "6", "--columns", "6", "--runs", "1", "--markdown"]
    done = subprocess.run([sys.executable, str(SCRIPT), *few], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if line[:2] == "| "]
    titles, *compared = rows[:7]
    names = ["warehouse", "Alembic + sqlalchemy-redshift", "Alembic, postgresql"]
    assert [row[0] for row in compared] == names * 2
    assert {row[titles.index("differences")] for row in compared} == {"0"}
    queries = [row[titles.index("queries")] for row in compared]
    # The catalog is read at once, however many tables there are; nobody else's dialect for Redshift does that.
    assert queries[0] == queries[3] and queries[1] != queries[4]
    assert [row[0] for row in rows[8:]] == ["import", "alembic current"]
