"""The benchmark runs: a small table, once. Its figures are not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("flights.py")


def test_the_benchmark_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--rows", "2000", "--runs", "1", "--markdown"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = {line.split("|")[1].strip(): line for line in done.stdout.splitlines() if line.startswith("| ")}
    assert lines.keys() >= {"raw load", "warehouse load", "raw upsert", "warehouse upsert"}
    # A tenth new, a tenth changed, and 40 of these 400 rows twice.
    assert "2,000" in lines["warehouse load"] and "440" in lines["warehouse upsert"]
