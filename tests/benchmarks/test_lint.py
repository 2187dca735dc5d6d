"""The rules stay quick enough to run on every save."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("lint.py")


def test_a_thousand_models_take_less_than_a_second() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.search(r"rules: ([\d.]+) s, pace ([\d.]+)", done.stdout)
    assert found
    seconds, pace = map(float, found.groups())
    # On a machine that is busy, or slow, as long as it makes of a second.
    assert seconds < max(1.0, pace)
