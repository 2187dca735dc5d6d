"""The benchmark of loads runs: few rows, once. Its figures are not judged here; that the tables are right is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("loading.py")


def test_the_benchmark_runs() -> None:
    few = ["--rows", "2000", "--runs", "1", "--who", "raw", "warehouse", "--actions", "upsert", "--markdown"]
    done = subprocess.run([sys.executable, str(SCRIPT), *few], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if line[:2] == "| "]
    titles, raw, warehouse = found
    assert (raw[0], warehouse[0]) == ("raw", "warehouse")
    for row in (raw, warehouse):
        assert row[titles.index("table")] == "right", row
    assert warehouse[titles.index("commits")] == "1"
