"""The benchmark of the wire server runs: few rows, once. Its figures are not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("wire.py")


def test_the_benchmark_runs() -> None:
    few = ["--runs", "1", "--rows", "700", "--queries", "3", "--clients", "2", "--markdown"]
    done = subprocess.run([sys.executable, str(SCRIPT), *few], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = {line.split("|")[1].strip(): line for line in done.stdout.splitlines() if line.startswith("| ")}
    kinds = ["point query", "fetch"]
    drivers = ["psycopg2", "psycopg 3", "redshift_connector"]
    assert lines.keys() >= {
        "first start",
        "restart",
        "clone",
        "2 clients, psycopg2",
        "point query, psycopg 3, bytes only",
    }
    assert lines.keys() >= {f"{kind}, {driver}" for kind in kinds for driver in drivers}
    assert "700" in lines["fetch, psycopg2"]
