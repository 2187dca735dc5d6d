"""The server's process: `python -m warehouse.local HOME PORT [--ephemeral] [--slices N] [--report FD]`.

People use `warehouse local start`.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from warehouse.local.place import SLICES, Options
from warehouse.local.server import main


class NoPandas:
    """Hides pandas from this process: pyarrow imports it for its first scalar, to know pandas' NaT, and a first COPY
    would wait half a second for 50 MB that nothing here uses."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not used by the server", name=name)


sys.meta_path.insert(0, NoPandas)

parser = argparse.ArgumentParser(prog="python -m warehouse.local")
parser.add_argument("home", type=Path)
parser.add_argument("port", type=int)
parser.add_argument("--ephemeral", action="store_true")
parser.add_argument("--slices", type=int, default=SLICES)
parser.add_argument("--report", type=int)
arguments = parser.parse_args()
logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
with os.fdopen(arguments.report, "w", encoding="utf-8") if arguments.report is not None else sys.stdout as report:
    code = main(Options(arguments.home, arguments.port, arguments.ephemeral, arguments.slices), report)
sys.exit(code)
