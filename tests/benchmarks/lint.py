"""How long the rules take over a large warehouse: 1,000 models of 20 columns, each with keys, encodings and comments.

python tests/benchmarks/lint.py [TABLES COLUMNS]
"""

from __future__ import annotations

import sys
import time

from many_models import models

from warehouse.discipline import all_rules, lint


def measure(tables: int = 1000, columns: int = 20, *, times: int = 3) -> float:
    """The shortest of some runs, in seconds of this process's time."""
    metadata = models(tables, columns)
    all_rules()
    taken = []
    for _ in range(times):
        start = time.process_time()
        findings = lint(metadata)
        taken.append(time.process_time() - start)
        assert findings == []
    return min(taken)


def pace() -> float:
    """How many times slower than a quiet core of 2024 this machine runs Python at the moment: 1.0 there."""
    start = time.process_time()
    total = 0
    for number in range(2_000_000):
        total += number
    return (time.process_time() - start) / 0.085


if __name__ == "__main__":
    many, wide = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) == 3 else (1000, 20)
    taken = measure(many, wide)
    print(f"{many:,} models of {wide} columns, {len(all_rules())} rules: {taken:.3f} s, pace {pace():.2f}")
